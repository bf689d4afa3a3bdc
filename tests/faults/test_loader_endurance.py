"""Loaders that run for long: memory stays the same, and no number of starts and stops hangs."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

import simdprep as sp
from tests.real_data import ROOT
from tests.small_dataset import small_events, small_schema

#: Epochs, how many of them come before the first look at the memory, and how much it may grow from then on: the pages
#: of the pieces that are used again and again (8 MB each) are touched little by little, which ends by epoch 50.
EPOCHS = [
    pytest.param(25, 10, 16 << 20, id="25"),
    pytest.param(100, 60, 4 << 20, id="100", marks=pytest.mark.long),
]
CYCLES = [pytest.param(400, id="400"), pytest.param(10_000, id="10000", marks=pytest.mark.long)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "rows.h5"
    with sp.Writer(path, small_schema()) as writer:
        writer.fill(small_events(20_000))
    return str(path)


MEMORY = """
import gc, sys
import simdprep as sp
loader = sp.Loader(sp.open(sys.argv[1]), inputs={"Jet": ["pt", "eta"], "hits": ["charge"]}, labels="events.number",
                   batch_size=256, threads=2, **eval(sys.argv[3]))
def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * 4096
for epoch in range(int(sys.argv[2])):
    for batch in loader:
        pass
    if epoch == int(sys.argv[4]) - 1:
        before = resident()
print(resident() - before)
"""


@pytest.mark.parametrize(("epochs", "first", "most"), EPOCHS)
@pytest.mark.parametrize("options", ["{'memory': 300_000}", "{'shuffle': 'full'}", "{'bucket': 'Jet'}"])
def test_memory_is_flat(path, epochs, first, most, options):
    command = [sys.executable, "-c", MEMORY, path, str(epochs), options, str(first)]
    # One arena of glibc: others come and go with the threads and would be counted.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    grown = int(done.stdout)
    assert grown < most, f"{grown} bytes in {epochs - first} epochs"


@pytest.mark.parametrize("cycles", CYCLES)
def test_starts_and_stops(path, cycles):
    dataset = sp.open(path)
    loader = sp.Loader(dataset, inputs={"Jet": ["pt"]}, batch_size=64, memory=100_000, threads=2)
    files = len(list(Path("/proc/self/fd").iterdir()))
    for cycle in range(cycles):
        batches = iter(loader)
        for _ in range(cycle % 4):
            next(batches)
        if cycle % 3:
            batches.close()
        del batches
        if cycle % 100 == 0:
            gc.collect()
    assert len(list(loader)) == 312
    assert len(list(Path("/proc/self/fd").iterdir())) <= files + 3
