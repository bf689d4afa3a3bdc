"""R8: no flipped bit is read without an error, in files of every layout, however they were written."""

import random
from functools import partial

import h5py
import pytest

import simdprep as sp
from simdprep import _core
from tests.faults.flipped import flips, metadata_bits, read_columns, read_everything, stored_chunks
from tests.small_dataset import VARIANTS, write_small

#: Flips of each file that run every time; with ``-m long``, 100,200 of all, and every bit outside of the chunks.
SHARE = 30
FLIPS = {"gzip": 6000, "none": 3000, "merged": 6000, "in runs": 1700}

every_layout = pytest.mark.parametrize(("layout", "rows"), VARIANTS)


def write(folder, layout, rows, way, monkeypatch):
    """A file of this layout, written in this way."""
    path = folder / "a.h5"
    if way in ("gzip", "none"):
        write_small(path, layout, rows, codec=way)
    elif way == "merged":
        parts = [folder / f"{number}.h5" for number in range(3)]
        for number, part in enumerate(parts):
            write_small(part, layout, rows, num_events=20 + number, seed=number)
        sp.merge(parts, path)
    else:
        with monkeypatch.context() as patched:
            patched.setattr(_core, "Encoder", partial(_core.Encoder, run_bytes=1))  # a run for every row of chunks
            write_small(path, layout, rows, num_events=4500, threads=2)
    return path


def check(path, bits, promise):
    done = flips(path, bits, read_columns if path.stat().st_size > 200_000 else read_everything)
    assert done.silent == ()
    assert done.found > 0
    promise("R8", faults=done.tried, found=done.found, changed_nothing=done.tried - done.found, silent=0)


def some_bits(path, number, seed):
    return random.Random(seed).sample(range(path.stat().st_size * 8), number)


@pytest.mark.parametrize("way", FLIPS)
@every_layout
def test_no_flip_of_many_is_silent(layout, rows, way, tmp_path, monkeypatch, promise):
    path = write(tmp_path, layout, rows, way, monkeypatch)
    share = SHARE // 3 if way == "in runs" else SHARE
    check(path, some_bits(path, share, f"{layout} {rows} {way}"), promise)


@pytest.mark.long
@pytest.mark.parametrize("way", FLIPS)
@every_layout
def test_no_flip_of_a_hundred_thousand_is_silent(layout, rows, way, tmp_path, monkeypatch, promise):
    path = write(tmp_path, layout, rows, way, monkeypatch)
    check(path, some_bits(path, FLIPS[way], f"long {layout} {rows} {way}"), promise)


@pytest.mark.long
@every_layout
def test_no_bit_of_metadata_is_silent(layout, rows, tmp_path, monkeypatch, promise):
    path = write(tmp_path, layout, rows, "gzip", monkeypatch)
    check(path, metadata_bits(path), promise)


def test_a_flip_that_is_silent_is_counted(tmp_path):
    """HDF5 alone does not notice those of values; so the counts above may be believed."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as stored:
        stored.create_dataset("x", data=range(100), chunks=(100,))

    def read(path):
        with h5py.File(path) as stored:
            return [stored["x"][:].tobytes()]

    ((_, start, _),) = stored_chunks(path)
    assert len(flips(path, range(8 * start, 8 * start + 20), read).silent) == 20
