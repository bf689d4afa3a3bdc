"""Loaders in other processes, and passes that are left early."""

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError, SimdprepError

INPUTS = {"Jet": ["pt"], "tracks": ["d0"]}
LITTLE = 50_000


def loader_of(data, **options):
    return sp.Loader(data.open(), **{"inputs": INPUTS, "batch_size": 500, "memory": LITTLE, **options})


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("simdprep")]


def wait_for_no_threads(seconds=20):
    end = time.monotonic() + seconds
    while threads():
        assert time.monotonic() < end, threads()
        time.sleep(0.001)


def rows_of(loader):
    return [batch.index.tolist() for batch in loader]


def put_rows(loader, queue):
    queue.put(rows_of(loader))


@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("memory", [None, LITTLE])
def test_another_process_gets_the_same_batches(stored, way, used, memory):
    loader = loader_of(stored["columns"], memory=memory)
    if used:
        list(loader)
        loader.set_epoch(0)
    context = multiprocessing.get_context(way)
    queue = context.Queue()
    child = context.Process(target=put_rows, args=(loader, queue))
    child.start()
    rows = queue.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    assert rows == rows_of(loader)


def test_a_fork_while_a_pass_is_under_way(stored):
    loader = loader_of(stored["columns"])
    batches = iter(loader)
    next(batches)
    child = os.fork()
    if child == 0:
        status = 3
        try:
            next(batches)
        except SimdprepError:
            loader.set_epoch(0)
            status = 0 if len(rows_of(loader)) == len(loader) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(batches)) == len(loader) - 1


def test_a_pickled_loader_goes_on(stored):
    loader = loader_of(stored["columns"], memory=None, labels="events.label")
    expected = rows_of(loader)[3:]
    loader.set_epoch(0)
    batches = iter(loader)
    for _ in range(3):
        next(batches)
    text = pickle.dumps(loader)
    assert len(text) < 20_000
    copy = pickle.loads(text)
    copy.load_state_dict(loader.state_dict())
    assert rows_of(copy) == expected


def test_making_a_loader_starts_no_thread(stored):
    before = set(threading.enumerate())
    loader_of(stored["columns"])
    assert set(threading.enumerate()) <= before  # those of passes before may be ending


@pytest.mark.parametrize("taken", [0, 1, 3])
@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
def test_many_passes_left_early(stored, taken, shuffle):
    loader = loader_of(stored["columns"], shuffle=shuffle)
    for _ in range(30):
        batches = iter(loader)
        for _ in range(taken):
            next(batches)
        batches.close()
        assert threads() == []
        assert list(batches) == []
    assert loader.epoch == 29


def test_a_pass_that_nobody_holds_stops(stored):
    for batch in loader_of(stored["columns"]):
        assert batch.num_rows == 500
        break
    del batch
    gc.collect()
    wait_for_no_threads()


def test_a_damaged_chunk_reaches_the_caller(stored, tmp_path):
    original = stored["columns"].paths[2]
    copy = tmp_path / "damaged.h5"
    with h5py.File(original) as file:
        address = file["Jet/pt"].id.get_chunk_info(1).byte_offset
    data = bytearray(Path(original).read_bytes())
    data[address + 20] ^= 1
    copy.write_bytes(data)
    loader = sp.Loader(sp.open(copy), inputs=INPUTS, batch_size=500)
    with pytest.raises(DatasetError, match="checksum"):
        list(loader)
    wait_for_no_threads()


def test_memory_is_bounded_by_two_pools(stored):
    loader = loader_of(stored["columns"], batch_size=10)
    alive, most = 0, 0
    load = loader._load

    class Watched:
        def __init__(self, pool):
            nonlocal alive, most
            self.stop, self.take = pool.stop, pool.take
            alive += 1
            most = max(most, alive)

        def __del__(self):
            nonlocal alive
            alive -= 1

    loader._load = lambda *task: Watched(load(*task))
    assert loader.order.num_pools >= 4
    assert len(list(loader)) == 400
    assert most <= 2


def test_rows_that_fit_are_decoded_once(stored):
    loader = loader_of(stored["columns"], memory=None)
    first = [batch["Jet"] for batch in loader]
    loader.dataset.close()
    loader.set_epoch(0)
    for batch, values in zip(loader, first, strict=True):
        np.testing.assert_array_equal(batch["Jet"], values)


ENDLESS = """
import sys, time
import simdprep as sp
def slow(batch):
    time.sleep(0.05)
    return batch
loader = sp.Loader(sp.open(sys.argv[1:]), inputs={"Jet": ["pt"]}, batch_size=2, transforms=slow)
print("running", flush=True)
for batch in loader:
    pass
"""


def test_ctrl_c_is_quick(stored):
    command = [sys.executable, "-c", ENDLESS, *stored["columns"].paths]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "running\n"
    time.sleep(0.3)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - begun < 3
    assert said.splitlines()[-1] == "KeyboardInterrupt"
