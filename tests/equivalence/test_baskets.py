"""Baskets read by the core hold what uproot reads, byte by byte; what only uproot can read is left to it."""

import awkward as ak
import numpy as np
import pytest
import uproot

from simdprep.readers import open_source
from simdprep.readers.basket_reader import BasketReader
from tests.real_data import folder, reason

RNG = np.random.default_rng(5)

#: Files of the collection, and how many of their branches the core reads.
REAL = {
    "uproot-Zmumu.root": 15,
    "uproot-HZZ.root": 50,
    "nano_dy.root": 1400,
    "PHYSLITE_example.root": 700,
    "pduneana.root": 300,
}


def same_bytes(found, expected):
    assert str(found.type) == str(expected.type)
    one, other = (ak.to_buffers(ak.to_packed(array))[2] for array in (found, expected))
    assert len(one) == len(other)
    for left, right in zip(one.values(), other.values(), strict=True):
        assert np.asarray(left).tobytes() == np.asarray(right).tobytes()


def compare(path, tree, ranges, threads=1):
    """All branches over some ranges; returns how many the core read."""
    reader, seen = BasketReader(str(path), threads), set()
    with uproot.open({path: tree}) as branches:
        named = {branch.name: branch for branch in branches.itervalues(recursive=True) if branch.num_entries}
        for start, stop in ranges(branches.num_entries):
            found = reader.read(named, start, stop)
            seen.update(found)
            for name, layout in found.items():
                same_bytes(ak.Array(layout), named[name].array(entry_start=start, entry_stop=stop, library="ak"))
    reader.close()
    return len(seen)


def some_ranges(count):
    cuts = sorted({0, 1, count // 3, count // 2, count - 1, count} & set(range(count + 1)))
    return [(start, stop) for start in cuts for stop in cuts if start < stop]


@pytest.mark.parametrize(
    "compression", [None, uproot.ZLIB(1), uproot.ZLIB(9), uproot.ZSTD(3), uproot.LZ4(1), uproot.LZMA(1)]
)
def test_every_dtype_alone_and_in_lists(compression, tmp_path):
    count, path = 1000, tmp_path / "events.root"
    counts = RNG.integers(0, 5, count)
    dtypes = ["bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)), "float32", "float64"]
    columns = {}
    for dtype in dtypes:
        flat = RNG.integers(0, 2 if dtype == "bool" else 100, counts.sum()).astype(dtype)
        columns[f"list_{dtype}"] = ak.unflatten(flat, counts)
        columns[f"one_{dtype}"] = RNG.integers(0, 2 if dtype == "bool" else 100, count).astype(dtype)
    columns["vector"] = RNG.normal(size=(count, 3)).astype("float32")
    with uproot.recreate(path, compression=compression) as file:
        tree = file.mktree(
            "t",
            {
                name: array.dtype
                if isinstance(array, np.ndarray) and array.ndim == 1
                else np.dtype(("float32", (3,)))
                if name == "vector"
                else array.type.content
                for name, array in columns.items()
            },
        )
        for start in range(0, count, 170):
            tree.extend({name: array[start : start + 170] for name, array in columns.items()})
    core_reads = compare(path, "t", some_ranges)
    assert core_reads == (0 if isinstance(compression, uproot.LZ4 | uproot.LZMA) else len(columns) + len(dtypes))
    assert compare(path, "t", lambda count: [(0, count)], threads=3) == core_reads


@pytest.mark.skipif(not folder().is_dir(), reason=reason())
@pytest.mark.parametrize("name", REAL)
def test_real_files(name):
    path = folder() / name
    with open_source(str(path), threads=1) as source:
        tree = source.tree
    assert compare(path, tree, lambda count: [(count // 3, min(count // 3 + 50, count))]) >= REAL[name]


def test_a_damaged_basket_is_told_by_uproot(tmp_path):
    """The core refuses it; what the source says is what it said without the core."""
    path = tmp_path / "events.root"
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        file.mktree("t", {"x": "float64"}).extend({"x": RNG.normal(size=5000)})
    with uproot.open({path: "t"}) as tree:
        place = int(tree["x"].member("fBasketSeek")[0])
    content = bytearray(path.read_bytes())
    content[place + 300 : place + 400] = bytes(100)
    path.write_bytes(content)
    with open_source(str(path), threads=1) as source, pytest.raises(Exception, match="basket") as raised:
        source.read(["x"])
    assert type(raised.value).__name__ == "InputError"
