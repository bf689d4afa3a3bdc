"""The examples run, and what they train learns."""

import os
import re
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

EXAMPLES = ROOT / "examples"

#: Runs a script as if torch were not installed.
BLOCKED = """
import runpy, sys
sys.modules["torch"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def losses(command, folder):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # torch's threads wait for each other on a busy machine
    done = subprocess.run(
        [sys.executable, *command, "muons.h5"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [float(value) for value in re.findall(r"^epoch \d+: loss (\S+)$", done.stdout, re.MULTILINE)]


def assert_falls(values, *, share):
    assert len(values) >= 5
    assert all(value == value for value in values)  # no NaN
    assert values[-1] < share * values[0]


def test_torch_trains_on_the_loader(tmp_path):
    pytest.importorskip("torch")
    assert_falls(losses([str(EXAMPLES / "train_torch.py")], tmp_path), share=0.95)


def test_numpy_trains_where_there_is_no_torch(tmp_path):
    assert_falls(losses(["-c", BLOCKED, str(EXAMPLES / "train_numpy.py")], tmp_path), share=0.9)


@pytest.mark.parametrize("name", ["train_torch.py", "train_numpy.py"])
def test_an_example_is_short(name):
    assert len((EXAMPLES / name).read_text().splitlines()) <= 30
