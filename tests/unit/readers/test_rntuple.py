"""RNTuples, made for each test."""

import awkward as ak
import numpy as np
import pytest
import uproot

from simdprep.errors import InputError
from simdprep.readers import Counts, group, open_source, read_events

DATA = {
    "i": np.arange(4, dtype=np.int16),
    "flag": np.array([True, False, True, False]),
    "v": ak.values_astype(ak.Array([[1.5, 2.5], [], [3.5], [4.5]]), "float32"),
    "vv": ak.Array([[[1], [2, 3]], [], [[]], [[4]]]),
    "r": ak.Array([{"a": entry, "b": {"c": entry / 2}} for entry in range(4)]),
    "jets": ak.Array(
        [[{"pt": 1.5, "hits": [7, 8]}, {"pt": 2.5, "hits": []}], [], [{"pt": 3.5, "hits": [9]}], []],
    ),
    "word": ak.Array(["a", "bc", "", "d"]),
    "maybe": ak.Array([1, None, 3, None]),
    "pair": ak.Array([(entry, entry * 0.5, 10 * entry) for entry in range(4)]),
    "either": ak.Array([1, "a", 2, "b"]),
}
CLUSTERS = 3


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "made.root"
    with uproot.recreate(path) as file:
        ntuple = file.mkrntuple("ntpl", DATA)
        for _ in range(CLUSTERS - 1):
            ntuple.extend(DATA)
    with open_source(str(path)) as opened:
        yield opened


def test_what_is_presented(source):
    assert (source.kind, source.tree, source.num_entries) == ("rntuple", "ntpl", 4 * CLUSTERS)
    assert {name: branch.type for name, branch in source.branches.items()} == {
        "flag": "bool",
        "i": "int16",
        "jets.hits": "var * var * int64",
        "jets.pt": "var * float64",
        "maybe": "?int64",
        "pair.0": "int64",
        "pair.1": "float64",
        "pair.2": "int64",
        "r.a": "int64",
        "r.b.c": "float64",
        "v": "var * float32",
        "vv": "var * var * int64",
        "word": "string",
    }
    assert source.refused == {"either": "a variant of several types"}
    assert source.branches["jets.hits"].lists == ("jets", "jets.hits")


@pytest.mark.parametrize(("start", "stop"), [(0, 12), (0, 4), (3, 9), (5, 6), (11, 12), (12, 12)])
def test_entry_ranges(source, start, stop):
    arrays = source.read(source.branches, start, stop)
    for name, given in {**DATA, "jets.pt": DATA["jets"].pt, "jets.hits": DATA["jets"].hits}.items():
        if name in arrays:
            assert arrays[name].to_list() == (ak.to_list(given) * CLUSTERS)[start:stop], name
    assert arrays["r.b.c"].to_list() == [entry % 4 / 2 for entry in range(start, stop)]


@pytest.mark.parametrize("slot", [0, 1, 2])
def test_a_slot_of_a_tuple_alone_is_that_slot(source, slot):
    # uproot numbers anew the slots that are selected
    assert source.read([f"pair.{slot}"])[f"pair.{slot}"].to_list() == ak.to_list(DATA["pair"][str(slot)]) * CLUSTERS


def test_names_are_checked(source):
    # uproot gives back the names that exist, and says nothing
    with pytest.raises(InputError, match="got 'vvv'"):
        source.read(["v", "vvv"])
    with pytest.raises(InputError, match="got the struct 'jets', expected its members") as caught:
        source.read(["jets"])
    assert caught.value.hint == "jets.pt or jets.hits" or caught.value.hint == "jets.hits or jets.pt"
    with pytest.raises(InputError, match="'either': a variant"):
        source.read(["either"])


def test_counts(source):
    assert source.counts("jets.pt").tolist() == [2, 0, 1, 0] * CLUSTERS
    assert source.counts("jets.hits", level=1).tolist() == [2, 0, 1] * CLUSTERS


def test_steps_end_at_clusters(source):
    assert source.steps(["i"], target_bytes=5 * 2) == [(0, 4), (4, 8), (8, 12)]
    assert source.steps(source.branches) == [(0, 12)]


def test_events(source):
    grouping = group(source.branches, Counts([source]))
    assert {entry.name: (entry.parent, list(entry.members)) for entry in grouping.groups} == {
        "events": (None, ["flag", "i", "maybe", "pair_0", "pair_1", "pair_2", "r_a", "r_b_c", "word"]),
        "jets": (None, ["pt"]),
        "v": (None, ["value"]),
        "vv_list": (None, []),
        "jets_hits": ("jets", ["value"]),
        "vv": ("vv_list", ["value"]),
    }
    events = read_events(source, grouping, 4, 7)
    assert events.jets.pt.to_list() == [[1.5, 2.5], [], [3.5]]
    assert events.jets_hits.value.to_list() == [[[7, 8], []], [], [[9]]]
    assert events.maybe.to_list() == [1, None, 3]


def test_an_empty_one(tmp_path):
    path = tmp_path / "empty.root"
    with uproot.recreate(path) as file:
        file.mkrntuple("ntpl", {name: given[:0] for name, given in DATA.items() if name not in ("either", "maybe")})
    with open_source(str(path)) as source:
        assert source.num_entries == 0
        assert source.steps(source.branches) == []
        assert len(read_events(source, group(source.branches, Counts([source])))) == 0
