"""The examples of frameworks and ragged forms run, and what they train learns."""

import importlib.util
import os
import subprocess
import sys

import pytest

import simdprep as sp
from tests.clients.test_examples import EXAMPLES, assert_falls, losses

NAMES = ("train_ddp.py", "train_lightning.py", "train_jax.py", "ragged_attention.py")


def run(command, folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short(name):
    assert len((EXAMPLES / name).read_text().splitlines()) < 40


def test_jax_trains_on_the_loader(tmp_path):
    pytest.importorskip("jax")
    assert_falls(losses([str(EXAMPLES / "train_jax.py")], tmp_path), share=0.9)


def test_two_processes_train_one_network(tmp_path):
    pytest.importorskip("torch")
    sp.convert(EXAMPLES / "toy_nano.root", tmp_path / "muons.h5")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    try:
        found = losses([*launcher, str(EXAMPLES / "train_ddp.py")], tmp_path)
    except AssertionError as error:
        # Seen once and never again: a process aborts at its end. Who is to blame is not known, so a second time fails.
        if "terminate called without an active exception" not in str(error):
            raise
        found = losses([*launcher, str(EXAMPLES / "train_ddp.py")], tmp_path)
    assert_falls(found, share=0.9)


@pytest.mark.skipif(importlib.util.find_spec("lightning") is None, reason="lightning is not installed")
def test_lightning_trains_on_the_loader(tmp_path):
    assert_falls(losses([str(EXAMPLES / "train_lightning.py")], tmp_path), share=0.95)


def test_attention_over_ragged_rows(tmp_path):
    torch = pytest.importorskip("torch")
    said = run([str(EXAMPLES / "ragged_attention.py")], tmp_path).splitlines()
    assert said[0] == "jagged attention equals a loop over rows"
    assert len(said) == (2 if torch.cuda.is_available() else 1)
