"""Parquet and feather, which hold the same tables."""

import hashlib
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from simdprep.errors import InputError
from simdprep.readers import Counts, group, open_source, read_events

BIG = 2**62 + 1  # not a float64
COLUMNS = {
    "i": pa.array([BIG, None, 3, None, 5, 6], pa.int64()),
    "u": pa.array(range(6), pa.uint8()),
    "h": pa.array(np.arange(6, dtype=np.float16)),
    "flag": pa.array([True, None, False, True, True, False]),
    "word": pa.array(["a", None, "", "b", "a", "c"]),
    "kind": pa.array(["x", "y", None, "x", "x", "y"]).dictionary_encode(),
    "kinds": pa.array([["x", None], [], None, ["y"], ["x", "z"], []], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "v": pa.array([[1.5, None], None, [], [2.5], [3.5, 4.5], []], pa.list_(pa.float32())),
    "vv": pa.array([[[1], None, [2, 3]], [], None, [[4]], [[], []], [[5]]], pa.list_(pa.list_(pa.int32()))),
    "fixed": pa.array([[1, 2], [3, 4], [5, None], [7, 8], [9, 10], [11, 12]], pa.list_(pa.int32(), 2)),
    "r": pa.array([{"a": 1, "b": 0.5}, None, *({"a": entry, "b": None} for entry in range(4))]),
    "jets": pa.array(
        [[{"pt": 1.5, "hits": [7, 8]}, {"pt": 2.5, "hits": []}], [], None, [{"pt": 3.5, "hits": [9]}], [], []],
        pa.list_(pa.struct([("pt", pa.float64()), ("hits", pa.list_(pa.int16()))])),
    ),
    "when": pa.array([0] * 6, pa.timestamp("us")),
    "money": pa.array([1] * 6, pa.decimal128(10, 2)),
    "blob": pa.array([b"a"] * 6),
    "map": pa.array([[("a", 1)]] * 6, pa.map_(pa.string(), pa.int32())),
    "nothing": pa.nulls(6),
}
REPEATS = 4
ENTRIES = 6 * REPEATS
NUMBERS = {
    "i": "?int64",
    "u": "?uint8",
    "h": "?float16",
    "flag": "?bool",
    "word": "?string",
    "kind": "?string",
    "kinds": "var * ?string",
    "v": "var * ?float32",
    "vv": "var * var * ?int32",
    "fixed": "2 * ?int32",
    "r.a": "?int64",
    "r.b": "?float64",
    "jets.pt": "var * ?float64",
    "jets.hits": "var * var * ?int16",
}
MISSING_LISTS = {"kinds": REPEATS, "v": REPEATS, "vv": 2 * REPEATS, "jets.pt": REPEATS, "jets.hits": REPEATS}


def table():
    return pa.concat_tables([pa.table(COLUMNS)] * REPEATS).combine_chunks()


@pytest.fixture(params=["parquet", "feather", "feather-plain"])
def source(tmp_path, request):
    kind, _, plain = request.param.partition("-")
    path = tmp_path / f"made.{kind}"
    if kind == "parquet":
        pq.write_table(table(), path, row_group_size=7)
    else:
        pyarrow.feather.write_feather(table(), path, chunksize=7, compression="uncompressed" if plain else "zstd")
    with open_source(str(path)) as opened:
        yield opened


def expected(name, start=0, stop=None):
    values = ak.from_arrow(table().select([name.partition(".")[0]])[0])
    if "." in name:
        values = values[name.partition(".")[2]]
    listed = ak.to_list(values)[start:stop]
    if name in MISSING_LISTS:
        listed = [[] if entry is None else entry for entry in listed]
    if name in ("vv", "jets.hits"):
        listed = [[[] if inner is None else inner for inner in entry] for entry in listed]
    return [[None, None] if entry is None and name == "fixed" else entry for entry in listed]


def test_what_is_presented(source):
    assert source.kind in ("parquet", "feather")
    assert (source.tree, source.num_entries) == ("", ENTRIES)
    types = {name: branch.type for name, branch in source.branches.items()}
    assert types == NUMBERS
    assert source.refused == {
        "when": "dates or times",
        "money": "decimal numbers",
        "blob": "bytes, not text",
        "map": "a map",
        "nothing": "no type: it holds no values",
    }


@pytest.mark.parametrize("name", NUMBERS)
def test_values(source, name):
    assert source.read([name])[name].to_list() == expected(name)


def test_missing_integers_do_not_become_floats(source):
    values = source.read(["i"])["i"]
    assert values[0] == BIG
    assert "int64" in str(values.type)


def test_missing_lists_are_counted(source):
    source.read(MISSING_LISTS)
    assert source.missing_lists == MISSING_LISTS


@pytest.mark.parametrize(("start", "stop"), [(0, 24), (6, 8), (7, 14), (3, 20), (23, 24), (24, 24), (10, 11)])
def test_entry_ranges(source, start, stop):
    arrays = source.read(source.branches, start, stop)
    for name in NUMBERS:
        assert arrays[name].to_list() == expected(name, start, stop), name


def test_any_order_of_ranges(source):
    for start, stop in [(0, 3), (3, 5), (9, 20), (20, 24), (1, 2), (2, 9), (2, 3), (15, 16)]:
        for names in (["u"], ["jets.pt", "i"]):
            arrays = source.read(names, start, stop)
            assert all(arrays[name].to_list() == expected(name, start, stop) for name in names)


def test_steps_end_at_row_groups(source):
    steps = source.steps(["u"], target_bytes=1)
    assert steps[0][0] == 0
    assert steps[-1][1] == ENTRIES
    halves = source.steps(["u"], target_bytes=10**9)
    assert halves == [(0, ENTRIES)]


def test_counts(source):
    assert source.counts("v").tolist() == [2, 0, 0, 1, 2, 0] * REPEATS
    assert source.counts("jets.hits", level=1).tolist() == [2, 0, 1] * REPEATS
    assert source.counts("vv", 0, 6, level=1).tolist() == [1, 0, 2, 1, 0, 0, 1]


def test_events(source):
    events = read_events(source, group(source.branches, Counts([source])))
    assert events.jets.pt.to_list() == expected("jets.pt")
    assert events.jets_hits.value.to_list() == expected("jets.hits")
    assert events.fixed_1.to_list() == [pair[1] for pair in expected("fixed")]


def test_identity_is_a_hash(source):
    data = Path(source.path).read_bytes()
    assert source.identity == {
        "name": source.path,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "tree": "",
    }


def test_arrays_outlive_the_file(source):
    arrays = source.read(["v", "word"])
    source.close()
    assert arrays["v"].to_list() == expected("v")


def test_there_are_no_trees(source):
    with pytest.raises(InputError, match="only ROOT files have trees"):
        open_source(source.path, "Events")


@pytest.mark.parametrize("size", [2, 5, 1000])
def test_tables_of_awkward(tmp_path, size):
    events = ak.Array({"x": np.arange(size), "Jet": [[{"pt": 1.0 * entry}] * (entry % 3) for entry in range(size)]})
    for name, write in (("a.parquet", ak.to_parquet), ("a.feather", ak.to_feather)):
        write(events, str(tmp_path / name))
        with open_source(str(tmp_path / name)) as source:
            assert source.read(["Jet.pt"])["Jet.pt"].to_list() == events.Jet.pt.to_list()
            assert not source.branches["x"].optional


def test_units_and_descriptions_of_fields(tmp_path):
    field = pa.field("pt", pa.float32(), metadata={"unit": "GeV", "description": "transverse momentum"})
    pq.write_table(pa.table({"pt": pa.array([1.0], pa.float32())}, schema=pa.schema([field])), tmp_path / "a.parquet")
    with open_source(str(tmp_path / "a.parquet")) as source:
        assert source.branches["pt"].unit == "GeV"
        assert source.branches["pt"].description == "transverse momentum"


def test_empty_tables(tmp_path):
    pq.write_table(table()[:0], tmp_path / "a.parquet")
    pyarrow.feather.write_feather(table()[:0], tmp_path / "a.feather")
    for name in ("a.parquet", "a.feather"):
        with open_source(str(tmp_path / name)) as source:
            assert source.num_entries == 0
            assert source.read(["jets.pt"])["jets.pt"].to_list() == []
            assert source.steps(["u"]) == []


@pytest.mark.parametrize("write", [pq.write_table, pyarrow.feather.write_feather])
def test_no_columns(tmp_path, write):
    write(pa.table({}), str(tmp_path / "a.parquet"))
    with pytest.raises(InputError, match="got 0 columns, expected at least one"):
        open_source(str(tmp_path / "a.parquet"))


def test_a_column_without_a_name_is_refused(tmp_path):
    pq.write_table(pa.table({"": [1], "a": [2]}), tmp_path / "a.parquet")
    with open_source(str(tmp_path / "a.parquet")) as source:
        assert source.refused == {"": "a column without a name"}


def test_columns_of_one_name_are_refused(tmp_path):
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "b"])
    pq.write_table(twice, tmp_path / "a.parquet")
    with open_source(str(tmp_path / "a.parquet")) as source:
        assert source.refused == {"a": "several columns of this name"}
        assert source.read(["b"])["b"].to_list() == [3]


def test_urls(tmp_path):
    import fsspec

    pq.write_table(table(), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    fsspec.filesystem("memory").pipe_file("/made/a.parquet", data)
    with open_source("memory://made/a.parquet") as source:
        assert source.read(["u"])["u"].to_list() == expected("u")
        assert source.identity["sha256"] == hashlib.sha256(data).hexdigest()
