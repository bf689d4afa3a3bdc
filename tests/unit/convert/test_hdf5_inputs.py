"""HDF5 files as inputs: our own in every layout, and compound datasets of other programs."""

import pickle

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert import inspect
from simdprep.convert.opening import Opening
from simdprep.errors import InputError, SchemaError, SimdprepError
from simdprep.readers import expand_inputs, open_source
from simdprep.testing import toy_events
from tests.reference.link_files import write_nano

ENTRIES = 400
OBJECTS = {"events": {}, "Jet": {"pad": 5, "order": "-pt", "fields": ["pt", "eta", "jetId"]}, "Muon": {"pad": "max"}}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return str(write_nano(tmp_path_factory.mktemp("nano") / "nano.root", toy_events(ENTRIES)))


def _convert(source, target, **config):
    return sp.convert(str(source), target, config=config or None)


def _events(path):
    with sp.open(path) as dataset:
        return ak.materialize(dataset.events()).to_list()


@pytest.mark.parametrize("after", ["columns", "compound", "ragged"])
@pytest.mark.parametrize("before", ["columns", "compound", "ragged"])
def test_any_layout_becomes_any_other(root, tmp_path, before, after):
    objects = OBJECTS if before != "ragged" else {**OBJECTS, "Jet": {"fields": ["pt", "eta"]}, "Muon": {}}
    _convert(root, tmp_path / "a.h5", objects=objects, output={"layout": before})
    summary = sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5", layout=after, pad={"*": "max"})
    assert summary.entries_in == summary.num_events == ENTRIES
    assert not any(summary.num_truncated.values())
    assert _events(tmp_path / "b.h5") == _events(tmp_path / "a.h5")
    with sp.open(tmp_path / "b.h5") as dataset:
        assert dataset.schema.layout == after
        (source,) = dataset.provenance[0]["inputs"]
    assert source["name"] == str(tmp_path / "a.h5")
    assert source["size"] == (tmp_path / "a.h5").stat().st_size


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_rows_stay_what_they_are(root, tmp_path, layout):
    objects = {"events": {"fields": ["event", "MET_pt"]}, "Jet": {"fields": ["pt", "eta"], "select": "pt > 40"}}
    _convert(root, tmp_path / "a.h5", rows="Jet", objects=objects, output={"layout": layout})
    summary = sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5", layout="columns")
    with sp.open(tmp_path / "a.h5") as first, sp.open(tmp_path / "b.h5") as second:
        assert second.schema.rows == "Jet"
        assert second.num_rows == first.num_rows == summary.num_rows
        assert second["Jet"]["pt"][:].tolist() == first["Jet"]["pt"][:].tolist()
        assert second.num_events == first.num_events
    sp.convert(str(tmp_path / "a.h5"), tmp_path / "c.h5", rows="events", pad={"*": "max"})
    assert _events(tmp_path / "c.h5") == _events(tmp_path / "a.h5")
    with sp.open(tmp_path / "c.h5") as third:
        assert third.schema.rows == "events"


def test_select_and_pad_anew(root, tmp_path):
    _convert(root, tmp_path / "a.h5", objects=OBJECTS)
    objects = {
        "events": {"fields": ["event"]},
        "hard": {"from": "Jet_*", "select": "pt > 50", "pad": 2, "fields": ["pt"]},
    }
    summary = _convert(tmp_path / "a.h5", tmp_path / "b.h5", select="num(hard) >= 1", objects=objects)
    expected = []
    for entry in _events(tmp_path / "a.h5"):
        hard = [jet["pt"] for jet in entry["Jet"] if jet["pt"] > 50]
        if hard:
            expected.append((entry["event"], [{"pt": pt} for pt in hard[:2]]))
    assert [(entry["event"], entry["hard"]) for entry in _events(tmp_path / "b.h5")] == expected
    assert summary.entries_in == summary.num_events + summary.dropped["select"]


def test_any_entry_range_of_a_folder_of_parts(root, tmp_path):
    sp.convert(root, tmp_path / "parts", part_rows=128)
    assert expand_inputs(str(tmp_path / "par*")) == (str(tmp_path / "parts"),)
    whole = _events(tmp_path / "parts")
    opening = pickle.loads(pickle.dumps(Opening()))
    with opening.open(str(tmp_path / "parts")) as source:
        assert source.num_entries == ENTRIES
        names = ["events.event", "Jet.pt"]
        for start, stop in ((0, 1), (100, 300), (127, 129), (399, 400), (7, 7)):
            found = source.read(names, start, stop)
            assert found["events.event"].to_list() == [entry["event"] for entry in whole[start:stop]]
            assert found["Jet.pt"].to_list() == [[jet["pt"] for jet in entry["Jet"]] for entry in whole[start:stop]]
        steps = source.steps(names, target_bytes=10_000)
        assert steps[0][0] == 0
        assert steps[-1][1] == ENTRIES
        assert source.identity["size"] == sum(path.stat().st_size for path in (tmp_path / "parts").glob("part-*"))
    header = opening.header(str(tmp_path / "parts"))
    assert (header.num_entries, header.tree) == (ENTRIES, "")
    assert header.stamp.startswith("manifest ")
    (tmp_path / "other.h5").write_bytes((next((tmp_path / "parts").glob("part-*"))).read_bytes())
    assert opening.header(str(tmp_path / "other.h5")).stamp.startswith("changed ")
    for start, stop in ((0, 150), (150, 400)):
        sp.convert(str(tmp_path / "parts"), tmp_path / f"{start}.h5", entries=f"{start}:{stop}", pad={"*": "max"})
    assert _events(tmp_path / "0.h5") + _events(tmp_path / "150.h5") == whole


def test_texts_units_fills_and_half_precision_come_along(tmp_path):
    events = ak.Array({
        "kind": ["a", "b", "a", "c"],
        "jet_pt": [[1.5], [], [2.5, 3.5], [4.5]],
        "jet_flag": [[True], [], [False, True], [False]],
    })  # fmt: skip
    ak.to_parquet(events, tmp_path / "a.parquet")
    fields = {"pt": {"dtype": "float16", "fill": -7, "unit": "GeV", "description": "momentum"}, "flag": {"fill": True}}
    _convert(tmp_path / "a.parquet", tmp_path / "a.h5", objects={"events": {}, "jet": {"pad": 3, "fields": fields}})
    sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5")
    assert _events(tmp_path / "b.h5") == _events(tmp_path / "a.h5")
    with sp.open(tmp_path / "a.h5") as first, sp.open(tmp_path / "b.h5") as second:
        assert second.schema == first.schema
        assert second["jet"]["pt"][:].tolist() == first["jet"]["pt"][:].tolist()
        assert second["jet"]["pt"][1].tolist() == [-7, -7, -7]


def test_nested_objects(root, tmp_path):
    link = {"of": "PFCands", "parent_index": "jetIdx"}
    objects = {
        "Jet": {"pad": "max", "fields": ["pt"]},
        "c": {"parent": "Jet", "link": link, "pad": "max", "fields": ["pt"]},
    }
    _convert(root, tmp_path / "a.h5", objects=objects)
    sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5", layout="ragged")
    sp.convert(str(tmp_path / "b.h5"), tmp_path / "c.h5", pad={"*": "max"})
    assert _events(tmp_path / "a.h5") == _events(tmp_path / "b.h5") == _events(tmp_path / "c.h5")
    with sp.open(tmp_path / "a.h5") as first, sp.open(tmp_path / "c.h5") as last:
        assert first.schema == last.schema
        for name in first:
            assert first[name]["pt"][:].tobytes() == last[name]["pt"][:].tobytes()
            assert first[name].count[:].tolist() == last[name].count[:].tolist()


def test_embedded_objects_are_found_in_their_parents(tmp_path):
    events = ak.Array(
        {"jets": [[{"pt": 1.0, "hits": [1, 2]}, {"pt": 2.0, "hits": []}], [], [{"pt": 3.0, "hits": [5]}]]}
    )
    schema = sp.Schema.from_awkward(events, pad={"jets": 3, "jets_hits": 2})
    with sp.Writer(tmp_path / "a.h5", schema) as writer:
        writer.fill(events)
    assert _events(tmp_path / "a.h5")[2] == {"jets": [{"pt": 3.0, "hits": [5]}]}
    sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5")
    with sp.open(tmp_path / "a.h5") as first, sp.open(tmp_path / "b.h5") as second:
        assert second["jets"]["pt"][:].tobytes() == first["jets"]["pt"][:].tobytes()
        assert second["jets_hits"]["value"][:].tolist() == first["jets_hits"]["value"][:].tolist()
        assert second["jets_hits"].valid[:].tolist() == first["jets_hits"].valid[:].tolist()


# --- files of other programs


def test_counts_that_are_fields_already_say_how_to_go_on(data_dir, tmp_path):
    with pytest.raises(SchemaError, match=r"(?s)got 'n_tracks' twice.*\n  try renaming .* or counts: false"):
        sp.convert(str(data_dir / "file1.h5"), tmp_path / "a.h5", layout="compound")


@pytest.mark.parametrize("file", ["hdf5utils_nano_tt_v12.h5", "file1.h5"])
def test_records_of_hdf5utils_come_out_as_they_are(data_dir, tmp_path, file):
    for layout in ("compound", "columns", "ragged"):
        # Else the counts that file1.h5 has as fields would be there twice.
        options = {"output": {"layout": layout, "counts": False}}
        summary = sp.convert(str(data_dir / file), tmp_path / f"{layout}.h5", config=options)
        with h5py.File(data_dir / file) as theirs, sp.open(tmp_path / f"{layout}.h5") as ours:
            assert summary.num_rows == ours.num_rows
            for name, table in theirs.items():
                records = table[:]
                mask = records["valid"] if records.ndim > 1 else np.ones(len(records), bool)
                for member in set(records.dtype.names) - {"valid"}:
                    column = ours[name][member][:]
                    if layout == "ragged" and records.ndim > 1:
                        column = ak.to_numpy(ak.flatten(column))
                    elif records.ndim > 1:  # those of file1.h5 have gaps between them, ours come first
                        column = column[ours[name].valid[:]]
                    assert column.dtype == records[member].dtype
                    np.testing.assert_array_equal(column, records[member][mask])


def _write(path, **tables):
    with h5py.File(path, "w") as file:
        for name, records in tables.items():
            file[name] = records
    return str(path)


def _records(shape, seed, *, valid=True):
    rng = np.random.default_rng(seed)
    kinds = [("x", "f4"), ("v", "i2", (2,)), ("text", "S3")] + ([("valid", "?")] if valid else [])
    records = np.zeros(shape, kinds)
    records["x"], records["v"] = rng.random(shape), rng.integers(0, 99, (*shape, 2))
    if valid:
        records["valid"] = rng.random(shape) < 0.6
    return records


def test_entries_are_where_valid_is_true_also_behind_gaps(tmp_path):
    jets, hits, free = _records((20, 4), 1), _records((20, 4, 3), 2), _records((20, 5), 3, valid=False)
    path = _write(tmp_path / "a.h5", jets=jets, hits=hits, free=free, longer=_records((21,), 4), grid=np.ones((20, 2)))
    found = inspect(path)
    with Opening().open(path) as source:
        values = source.read(["jets.x", "jets.v", "hits.x", "free.x"])
        part = source.read(["hits.x"], 3, 11)["hits.x"]
        assert source.refused == {
            "longer": "21 rows, not 20 as the first dataset",
            "grid": "no compound dataset",
            **{f"{name}.text": "values of type |S3" for name in ("jets", "hits", "free", "longer")},
        }
    assert values["jets.x"].to_list() == [row["x"][row["valid"]].tolist() for row in jets]
    assert values["jets.v"].to_list() == [row["v"][row["valid"]].tolist() for row in jets]
    expected = [
        [own["x"][own["valid"]].tolist() for own, there in zip(inner, outer["valid"], strict=True) if there]
        for inner, outer in zip(hits, jets, strict=True)
    ]
    assert values["hits.x"].to_list() == expected
    assert part.to_list() == expected[3:11]
    assert values["free.x"].to_list() == free["x"].tolist()
    assert {entry.name: entry.parent for entry in found.objects}["hits"] == "jets"
    assert any("free has no member valid" in line for line in found.told)


def test_files_without_records_say_what_they_have(data_dir, tmp_path):
    with pytest.raises(InputError, match="particles: no compound dataset"):
        sp.convert(str(data_dir / "pylhe-testfile-hpcgen.hdf5"), tmp_path / "a.h5")
    with h5py.File(tmp_path / "links.h5", "w") as file:
        file["away"] = h5py.ExternalLink("other.h5", "/x")
        file["soft"] = h5py.SoftLink("/nowhere")
        file.create_virtual_dataset("virtual", h5py.VirtualLayout((2,), [("a", "f4")]))
    with pytest.raises(InputError, match=r"away: a soft or external link.*virtual: a dataset whose bytes lie in other"):
        sp.convert(str(tmp_path / "links.h5"), tmp_path / "b.h5")


def test_declared_sizes_are_not_believed(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("jets", (1 << 40,), [("a", "f4")], chunks=(1024,))
        file.create_dataset("wide", (2, 1 << 40), [("a", "f4")], chunks=(1, 1024))
    with pytest.raises(InputError, match="stored bytes cannot hold"):
        sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5")


def test_trees_and_addresses_are_refused(root, tmp_path):
    _convert(root, tmp_path / "a.h5")
    with pytest.raises(InputError, match="only ROOT files have trees"):
        sp.convert(str(tmp_path / "a.h5"), tmp_path / "b.h5", tree="Events")
    with pytest.raises(InputError, match="an HDF5 file"):
        open_source(str(tmp_path / "a.h5"))
    data = bytearray((tmp_path / "a.h5").read_bytes())
    (tmp_path / "short.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="HDF5 input, length of the HDF5 file: got a truncated file"):
        sp.convert(str(tmp_path / "short.h5"), tmp_path / "b.h5")


def test_damage_is_one_error_or_none(data_dir, tmp_path):
    """Bits, bytes of the header and lengths of a file of HDF5Utils; what no checksum covers may pass."""
    data = (data_dir / "hdf5utils_nano_tt_v12.h5").read_bytes()
    rng, ends = np.random.default_rng(11), {"error": 0, "read": 0}
    for trial in range(90):
        damaged = bytearray(data)
        if trial % 3 == 0:
            damaged = damaged[: rng.integers(len(data))]
        for _ in range(rng.integers(1, 8) if trial % 3 else 0):
            damaged[rng.integers(4000 if trial % 3 == 1 else len(data))] = rng.integers(256)
        path = tmp_path / "a.h5"  # the same file again: nothing may be left open of the one before
        path.write_bytes(damaged)
        try:
            with Opening().open(str(path)) as source:
                arrays = source.read(source.branches)
            assert {len(array) for array in arrays.values()} == {source.num_entries}
            ends["read"] += 1
        except SimdprepError:
            ends["error"] += 1
    print(ends)
    assert ends["error"] > 60
