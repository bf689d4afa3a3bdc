"""Rows of foreign tables, decoded by the core, are those that HDF5 reads."""

import h5py
import numpy as np
import pytest

from simdprep.errors import DatasetError
from simdprep.storage.table_chunks import TableChunks
from simdprep.storage.tables import open_tables

ROWS = 1000
RECORD = np.dtype({
    "names": ["pt", "big", "valid", "cov", "name", "half"],
    "formats": ["<f4", ">i8", "?", ("<f8", (2, 2)), "S5", "<f2"],
    "offsets": [4, 8, 16, 24, 56, 62],
    "itemsize": 72,
})  # fmt: skip

#: What the core decodes, and what is left to HDF5.
OURS = [
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
    {"compression": "gzip", "compression_opts": 0, "fletcher32": True},
]
OTHERS = [{}, {"shuffle": True}, {"compression": "lzf"}, {"compression": "lzf", "shuffle": True}]


def records(*shape):
    rng = np.random.default_rng(1)
    made = np.zeros(shape, RECORD)
    made["pt"], made["big"] = rng.normal(size=shape), rng.integers(-(1 << 60), 1 << 60, shape)
    made["valid"], made["half"] = rng.random(shape) < 0.5, rng.normal(size=shape)
    made["cov"], made["name"] = rng.normal(size=(*shape, 2, 2)), b"abc"
    return made


def check(path, data, *, by_core):
    rng = np.random.default_rng(2)
    with open_tables(path) as tables:
        table = tables["x"]
        assert list(table.members) == ["pt", "big", "valid", "cov", "half"]
        for start, stop in [(0, ROWS), (0, 0), (ROWS - 1, ROWS), *np.sort(rng.integers(0, ROWS, (8, 2)), axis=1)]:
            found = table.read(list(table.members), int(start), int(stop))
            for name, values in found.items():
                np.testing.assert_array_equal(values, data[name][start:stop], err_msg=name, strict=True)
        assert isinstance(table._chunks, TableChunks) == by_core


@pytest.mark.parametrize("slots", [(), (3,), (2, 4)])
@pytest.mark.parametrize("options", OURS)
def test_by_the_core(tmp_path, options, slots):
    data = records(ROWS, *slots)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=data, chunks=(170, *slots), **options)
    check(tmp_path / "a.h5", data, by_core=True)


@pytest.mark.parametrize("options", OTHERS)
def test_by_hdf5(tmp_path, options):
    data = records(ROWS, 3)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=data, chunks=(170, 3), **options)
    check(tmp_path / "a.h5", data, by_core=False)


def test_slots_that_are_divided(tmp_path):
    data = records(ROWS, 4)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=data, chunks=(170, 2), compression="gzip")
    check(tmp_path / "a.h5", data, by_core=False)


def test_rows_that_were_never_written(tmp_path):
    data = records(ROWS)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset("x", (ROWS,), RECORD, chunks=(100,), compression="gzip", maxshape=(None,))
        made[:500] = data[:500]
    data[500:] = np.zeros((), RECORD)
    check(tmp_path / "a.h5", data, by_core=False)


def test_a_chunk_that_is_damaged(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=records(ROWS), chunks=(170,), compression="gzip", shuffle=True, fletcher32=True)
    with h5py.File(tmp_path / "a.h5") as file:
        place = file["x"].id.get_chunk_info(2).byte_offset + 9
    content = bytearray((tmp_path / "a.h5").read_bytes())
    content[place] ^= 1
    (tmp_path / "a.h5").write_bytes(content)
    with open_tables(tmp_path / "a.h5") as tables:
        tables["x"].read(["pt"], 0, 340)
        with pytest.raises(DatasetError, match=r"a\.h5/x, chunk 2"):
            tables["x"].read(["pt"], 0, ROWS)
