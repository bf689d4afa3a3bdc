"""Memory of batches is used again, and never while anybody can see it."""

import copy
import gc
import os
import pickle
import threading

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ResourceError
from simdprep.loader.buffers import ALIGNMENT, IDLE_PER_SIZE, SIZES, Buffers
from simdprep.loader.form import values_of

BIG = (1000, 40)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (7, 5), (1000, 40, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.bool_, np.uint16, np.int64])
def test_arrays_are_as_asked(shape, dtype):
    array = Buffers().array(shape, dtype)
    assert (array.shape, array.dtype, array.flags.c_contiguous, array.flags.writeable) == (shape, dtype, True, True)
    assert not array.size or array.ctypes.data % ALIGNMENT == 0


def address(buffers):
    return buffers.array(BIG, np.float32).ctypes.data


def test_memory_is_used_again():
    buffers = Buffers()
    assert address(buffers) == address(buffers)
    assert buffers.idle_bytes >= 4 * 1000 * 40


@pytest.mark.parametrize(
    "keep",
    [
        lambda array: array,
        lambda array: array[5:7, 3],
        lambda array: array.reshape(-1).view(np.uint8)[-1:],
        lambda array: memoryview(array),
        lambda array: pytest.importorskip("torch").from_numpy(array)[3],
        lambda array: pytest.importorskip("torch").from_dlpack(array).view(-1)[:2],
    ],
)
def test_not_while_anything_refers_to_it(keep):
    buffers = Buffers()
    first = buffers.array(BIG, np.float32)
    place = first.ctypes.data
    held = keep(first)
    del first
    gc.collect()
    assert address(buffers) != place
    del held
    gc.collect()
    assert place in {address(buffers), *(memory.ctypes.data for idle in buffers._idle.values() for memory in idle)}


def test_what_waits_is_bounded():
    buffers = Buffers()
    arrays = [buffers.array(BIG, np.float32) for _ in range(5 * IDLE_PER_SIZE)]
    del arrays
    assert sum(len(idle) for idle in buffers._idle.values()) == IDLE_PER_SIZE
    for size in range(1, 10 * SIZES):
        buffers.array((size, 1 << 16), np.uint8)
    assert len(buffers._idle) <= SIZES


def test_many_threads():
    buffers = Buffers()
    wrong = []

    def work(number):
        held = []
        for turn in range(300):
            array = buffers.array(BIG, np.int64)
            array[...] = number * 1000 + turn
            held.append((number * 1000 + turn, array))
            if len(held) > 3:
                value, oldest = held.pop(0)
                wrong.extend([value] * int((oldest != value).any()))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_another_process_has_its_own():
    buffers = Buffers()
    address(buffers)
    assert pickle.loads(pickle.dumps(buffers)).idle_bytes == 0
    assert copy.deepcopy(buffers).idle_bytes == 0
    child = os.fork()
    if child == 0:
        array = buffers.array(BIG, np.float32)
        array[...] = 1
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("form", ["padded", "batch_max", "jagged", "varlen", "graph"])
@pytest.mark.parametrize("to", [None, "torch"])
def test_batches_that_are_kept_stay_as_they_are(stored, form, to):
    if to:
        pytest.importorskip("torch")
    options = {"inputs": {"Jet": ["pt", "n"], "tracks": ["d0"]}, "batch_size": 250, "form": form, "to": to}
    loader = sp.Loader(stored["columns"].open(), **options)
    for _ in range(3):
        kept = []
        for number, batch in enumerate(loader):
            if number % 3:  # some go at once, so that their memory comes back
                values = [np.asarray(numbers(batch[name])) for name in batch]
                kept.append((values, [value.copy() for value in values]))
        for values, copies in kept:
            for value, original in zip(values, copies, strict=True):
                np.testing.assert_array_equal(value, original)


def numbers(value):
    if getattr(value, "is_nested", False):
        return value.values()
    return values_of(value)


def test_an_epoch_goes_through_few_pieces_of_memory(stored):
    loader = sp.Loader(stored["columns"].open(), inputs={"Jet": ["pt", "n"]}, batch_size=1000)
    places = {batch["Jet"].ctypes.data for _ in range(10) for batch in loader}
    assert len(places) <= 8


@pytest.mark.parametrize("size", [1 << 50, (1 << 63) - 1000])
def test_a_batch_beyond_all_memory_is_one_line(size):
    with pytest.raises(ResourceError, match=r"(?s)memory for a batch: got [\d,]+ bytes.*a smaller batch_size"):
        Buffers().array((size // 4,), np.float32)
