"""Ranks: arguments, then torch.distributed, then the environment."""

import subprocess
import sys

import pytest

from simdprep.errors import ConfigError
from simdprep.loader.ranks import VARIABLES, Ranks, find_ranks


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    for names in VARIABLES:
        for name in names:
            monkeypatch.delenv(name, raising=False)


def test_one_rank_by_default():
    assert find_ranks(None, None) == Ranks(0, 1, "default")


@pytest.mark.parametrize("names", VARIABLES)
def test_the_environment(monkeypatch, names):
    monkeypatch.setenv(names[0], "3")
    assert find_ranks(None, None).world_size == 1  # half a pair says nothing
    monkeypatch.setenv(names[1], "4")
    with pytest.warns(UserWarning, match=f"rank 3 of 4 taken from {' and '.join(names)}"):
        assert find_ranks(None, None) == Ranks(3, 4, " and ".join(names))
    assert find_ranks(0, 2) == Ranks(0, 2, "arguments")


def test_the_first_launcher_counts(monkeypatch):
    for number, names in enumerate(VARIABLES):
        monkeypatch.setenv(names[0], str(number))
        monkeypatch.setenv(names[1], "9")
    with pytest.warns(UserWarning, match="rank 0 of 9"):
        assert find_ranks(None, None).source == "RANK and WORLD_SIZE"


@pytest.mark.parametrize(("rank", "world_size"), [("x", "2"), ("", "2"), ("2", "2"), ("-1", "2"), ("0", "0")])
def test_an_environment_that_cannot_be(monkeypatch, rank, world_size):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setenv("WORLD_SIZE", world_size)
    with pytest.raises(ConfigError, match="RANK"):
        find_ranks(None, None)


@pytest.mark.parametrize(("rank", "world_size"), [(0, None), (None, 2), (2, 2), (-1, 2), (0, 0), (True, 2), (0.0, 2)])
def test_arguments_that_cannot_be(rank, world_size):
    with pytest.raises(ConfigError):
        find_ranks(rank, world_size)


PROCESS = """
import os, sys
os.environ.update(RANK="5", WORLD_SIZE="6")
from simdprep.loader.ranks import find_ranks
assert find_ranks(None, None).rank == 5 and "torch" not in sys.modules
import torch.distributed as dist
assert find_ranks(None, None).rank == 5
store = dist.HashStore()
dist.init_process_group("gloo", store=store, rank=0, world_size=1)
print(find_ranks(None, None), find_ranks(1, 2))
"""


def test_torch_is_asked_only_where_it_is_in_use():
    pytest.importorskip("torch")
    done = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, check=True)
    assert "Ranks(rank=0, world_size=1, source='torch.distributed') Ranks(rank=1, world_size=2" in done.stdout
