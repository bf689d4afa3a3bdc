"""Every row is traced back to its file and entry."""

import base64
import itertools
import json

import awkward as ak
import h5py
import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.convert.provenance import Origin, Provenance


def kept_of(entry):
    """The entries of a range that are among the events, as any reader of the format would find them."""
    start, stop = entry["entries"]
    if entry["kept"] is None:
        return np.arange(start, stop)
    bits = np.unpackbits(np.frombuffer(base64.b64decode(entry["kept"]), np.uint8), bitorder="little")
    return start + np.flatnonzero(bits[: stop - start])


def sources_of(provenance):
    """(input name, entry) of every event, in order."""
    found = []
    for entry in provenance["ranges"]:
        name = provenance["inputs"][entry["input"]]["name"]
        kept = kept_of(entry)
        assert entry["events"] == [len(found), len(found) + len(kept)]
        found += [(name, int(number)) for number in kept]
    return found


@pytest.fixture
def inputs(tmp_path):
    """Two files with the number of the file in a thousand, and the entry."""
    paths = []
    for number, size in enumerate((700, 450)):
        path = tmp_path / f"in{number}.root"
        with uproot.recreate(path) as file:
            tree = file.mktree("Events", {"number": "int32", "Jet": "var * {pt: float32}"})
            for start in range(0, size, 100):
                entries = np.arange(start, min(start + 100, size))
                jets = ak.Array([[{"pt": float(entry)}] * (entry % 3) for entry in entries])
                tree.extend({"number": (1000 * number + entries).astype(np.int32), "Jet": ak.zip({"pt": jets.pt})})
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("select", [None, "number % 7 != 0", "number % 1000 > 600"])
def test_rows_of_events(inputs, tmp_path, select):
    config = {} if select is None else {"select": select}
    summary = sp.convert(inputs, tmp_path / "out.h5", config=config, entries="50:1100")
    with sp.open(tmp_path / "out.h5") as dataset:
        numbers = dataset["events"]["number"][:]
        (provenance,) = dataset.provenance
    found = sources_of(provenance)
    assert [1000 * inputs.index(name) + entry for name, entry in found] == numbers.tolist()
    assert summary.entries_in == 1050 == summary.num_events + sum(summary.dropped.values())


def test_rows_of_jets_in_several_parts(inputs, tmp_path):
    sp.convert(inputs, tmp_path / "out", rows="Jet", part_rows=300)
    seen = []
    for path in sorted((tmp_path / "out").glob("part-*.h5")):
        with h5py.File(path) as file:
            provenance = json.loads(file.attrs["simdprep_provenance"])
            offsets, numbers = file["events/offsets"][:], file["events/number"][:]
            assert provenance["ranges"][-1]["rows"][1] == offsets[-1] == len(file["Jet/pt"])
        found = sources_of(provenance)
        assert [1000 * inputs.index(name) + entry for name, entry in found] == numbers.tolist()
        seen += found
    assert seen == [(name, entry) for name, size in zip(inputs, (700, 450), strict=True) for entry in range(size)]


def test_inputs_are_told_apart(inputs, tmp_path):
    sp.convert(inputs, tmp_path / "out.h5")
    with sp.open(tmp_path / "out.h5") as dataset:
        (provenance,) = dataset.provenance
    for path, entry in zip(inputs, provenance["inputs"], strict=True):
        with uproot.open(path) as file:
            assert entry["uuid"] == str(file.file.uuid)
        assert (entry["name"], entry["tree"]) == (path, "Events")
    assert sp.Config().config_sha256 != provenance["config_sha256"] != ""


def test_ranges_that_continue_are_joined_whatever_the_steps():
    identity = {"name": "a.root", "tree": "t"}
    texts = []
    for steps in ([0, 100], [0, 10, 37, 100], list(range(101))):
        provenance = Provenance("config")
        row = 0
        for start, stop in itertools.pairwise(steps):
            kept = np.arange(start, stop) % 3 != 0
            origin = Origin(identity, start, stop, None if kept.all() else kept)
            size = int(kept.sum())
            provenance.add(origin, event_start=row, num_events=size, row_start=row, num_rows=size)
            row += size
        texts.append(provenance.take(event_start=0, num_events=row, row_start=0, num_rows=row))
    assert texts[0] == texts[1] == texts[2]


def test_a_part_takes_its_own_ranges_only():
    provenance = Provenance()
    provenance.add(Origin({"name": "a"}, 0, 10), event_start=0, num_events=10, row_start=0, num_rows=20)
    provenance.add(Origin({"name": "b"}, 5, 9), event_start=10, num_events=4, row_start=20, num_rows=8)
    first = json.loads(provenance.take(event_start=0, num_events=6, row_start=0, num_rows=12)[0])
    second = json.loads(provenance.take(event_start=6, num_events=8, row_start=12, num_rows=16)[0])
    assert [entry["entries"] for entry in first["ranges"]] == [[0, 6]]
    assert [entry["entries"] for entry in second["ranges"]] == [[6, 10], [5, 9]]
    assert [entry["rows"] for entry in second["ranges"]] == [[0, 8], [8, 16]]
    assert [entry["name"] for entry in second["inputs"]] == ["a", "b"]
