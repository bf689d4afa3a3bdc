import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdprep as sp
from simdprep.convert.inputs import EntryRange, Inputs
from simdprep.convert.multiplicity import Multiplicities, count_lost
from simdprep.convert.recipe import make_recipe
from tests.unit.convert.event_files import events, write

FIRST, SECOND = events(150, 1), events(90, 2)
BOTH = ak.concatenate([FIRST, SECOND])


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return (write(folder / "a.parquet", FIRST), write(folder / "b.parquet", SECOND))


def histogram(counts):
    return Multiplicities({"Jet": np.bincount(counts, minlength=1)})


class TestSlots:
    @given(st.lists(st.integers(0, 30), max_size=50), st.floats(0.1, 100))
    def test_the_least_number_that_a_share_does_not_exceed(self, counts, percent):
        slots = histogram(counts).slots("Jet", f"p{percent}")
        assert slots >= 1
        if not counts:
            assert slots == 1
            return
        needed = percent / 100 * len(counts) * (1 - 1e-9)
        assert sum(count <= slots for count in counts) >= needed
        if slots > 1:
            assert sum(count <= slots - 1 for count in counts) < needed * (1 + 1e-8)

    @given(st.lists(st.integers(0, 30), max_size=50))
    def test_max_and_all_of_a_hundred_percent(self, counts):
        found = histogram(counts)
        assert found.slots("Jet", "max") == found.slots("Jet", "p100") == max(1, *counts, 0)

    def test_a_share_that_floating_point_misses(self):
        assert 7 / 100 * 100 > 7
        assert histogram([1] * 7 + [9] * 93).slots("Jet", "p7") == 1

    @pytest.mark.parametrize(
        ("rule", "slots"), [("p50", 1), ("p90", 1), ("p99", 1), ("p99.5", 7), ("p100", 9), ("max", 9)]
    )
    def test_a_tail(self, rule, slots):
        assert histogram([1] * 990 + [7] * 9 + [9]).slots("Jet", rule) == slots


@pytest.mark.parametrize("entries", [EntryRange(), EntryRange(100, 200), EntryRange(5, 5)])
@pytest.mark.parametrize("limit", [None, 30, 170, 1000])
@pytest.mark.parametrize("config", [{}, {"select": "met > 30", "objects": {
    "events": {}, "Jet": {"select": "pt > 20"}, "Jet_tracks": {"parent": "Jet"}}}])  # fmt: skip
def test_measured_is_what_a_count_gives(inputs, entries, limit, config):
    chosen = BOTH[entries.start : entries.stop][:limit]
    jets, tracks = chosen.Jet, chosen.Jet_tracks
    if config:
        passed = chosen.met > 30
        tracks, jets = tracks[jets.pt > 20][passed], jets[jets.pt > 20][passed]
    with Inputs(inputs, entries=entries) as files:
        recipe = make_recipe(files.first(), sp.Config(**config))
        found = Multiplicities.measure(recipe, files, ["Jet", "Jet_tracks"], limit=limit)
        lost = count_lost(recipe, files, {"Jet": 2, "Jet_tracks": 1}, limit=limit)
    for name, counts in (("Jet", ak.num(jets)), ("Jet_tracks", ak.flatten(ak.num(tracks, axis=2)))):
        np.testing.assert_array_equal(np.trim_zeros(found.counts[name], "b"), np.trim_zeros(np.bincount(counts), "b"))
    assert lost["Jet"] == ak.sum(np.maximum(ak.num(jets) - 2, 0))
    assert lost["Jet_tracks"] == ak.count(tracks.d0, axis=None) - ak.sum(np.minimum(ak.num(tracks, axis=2), 1)[:, :2])


def test_nothing_asked_for_reads_nothing():
    assert Multiplicities.measure(None, None, [], limit=None).counts == {}


def test_one_field_an_object_is_read(inputs, monkeypatch):
    read = []
    with Inputs(inputs) as files:
        source = files.first()
        recipe = make_recipe(source, sp.Config())
        original = type(source).read
        monkeypatch.setattr(
            type(source),
            "read",
            lambda self, names, *range_: read.append(list(names)) or original(self, names, *range_),
        )
        Multiplicities.measure(recipe, files, ["Jet_tracks", "Muon"], limit=10)
    assert {name for names in read for name in names} == {"Jet_tracks_d0", "Muon_pt"}
