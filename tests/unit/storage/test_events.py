"""`events()`: fields are read when they are touched, momenta are vectors, numba takes them."""

import pickle
from collections import Counter

import awkward as ak
import numba
import numpy as np
import pytest

import simdprep as sp
from simdprep.storage import part_reader
from simdprep.testing import toy_events, toy_jets
from simdprep.testing.compare import assert_equal
from tests.small_dataset import LAYOUTS, small_events, write_small


@pytest.fixture
def touched(monkeypatch):
    """Counts the reads of each HDF5 dataset."""
    counts: Counter[str] = Counter()
    original = part_reader.read_all

    def counting(reads):
        counts.update(read.part.description.datasets[read.index].path for read in reads if read.stop > read.start)
        original(reads)

    monkeypatch.setattr("simdprep.storage.parts.read_all", counting)
    monkeypatch.setattr(part_reader, "read_all", counting)
    return counts


def stored(tmp_path, events, layout="columns", **options):
    with sp.Writer(tmp_path / "a.h5", sp.Schema.from_awkward(events, layout=layout, **options)) as writer:
        writer.fill(events)
    return sp.open(tmp_path / "a.h5")


class TestLazy:
    @pytest.mark.parametrize("rows", ["events", "Jet"])
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_nothing_is_read_before_it_is_touched(self, layout, rows, tmp_path, touched):
        write_small(tmp_path / "a.h5", layout, rows)
        ds = sp.open(tmp_path / "a.h5")
        assert ds.num_events > 0
        touched.clear()
        events = ds.events()
        assert len(events) == ds.num_events
        assert events.fields == ["MET", "number", "trigger", "kind", "Jet", "hits"]
        assert "Jet" in str(events.type)
        assert touched == {}

    @pytest.mark.parametrize(
        ("layout", "expected"),
        [
            ("columns", {"/Jet/count", "/Jet/pt"}),
            ("ragged", {"/Jet/offsets", "/Jet/pt"}),
            ("compound", {"/Jet"}),
        ],
    )
    def test_a_field_reads_itself_and_its_lengths_once(self, layout, expected, tmp_path, touched):
        write_small(tmp_path / "a.h5", layout)
        events = sp.open(tmp_path / "a.h5").events()
        for _ in range(3):
            ak.sum(events.Jet.pt)
        assert touched == dict.fromkeys(expected, 1)

    def test_selecting_events_keeps_the_rest_lazy(self, tmp_path, touched):
        write_small(tmp_path / "a.h5", num_events=60)
        events = sp.open(tmp_path / "a.h5").events()
        selected = events[events.MET > 20]
        ak.to_list(selected.Jet.eta)
        assert "/Jet/eta" in touched
        assert "/Jet/pt" not in touched

    def test_records_of_compound_are_decoded_once_for_all_fields(self, tmp_path, touched):
        write_small(tmp_path / "a.h5", "compound")
        events = sp.open(tmp_path / "a.h5").events()
        for field in events.Jet.fields:
            ak.materialize(events.Jet[field])
        assert touched["/Jet"] == 1


class TestForm:
    def test_a_list_of_numbers_is_one(self, tmp_path):
        events = ak.Array({"hits": [[1.5, 2.5], [], [3.5]]})
        assert str(stored(tmp_path, events).events().type) == "3 * {hits: var * float64}"

    def test_row_level_objects_are_records(self, tmp_path):
        events = ak.Array({"run": [1, 2], "eventwise": [{"x": 1.0}, {"x": 2.0}]})
        found = stored(tmp_path, events).events()
        assert_equal(found, events)
        assert found.eventwise.x.to_list() == [1, 2]

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_an_object_that_only_counts_is_left_out(self, layout, tmp_path):
        events = ak.Array({"x": [[[1.5], []], [], [[2.5, 3.5]]]})
        ds = stored(tmp_path, events, layout)
        assert "x_list" in ds
        assert ds.events().fields == ["x"]
        assert_equal(ds.events(), events)

    def test_embedded_objects_are_fields_of_their_parent(self, tmp_path):
        events = ak.Array({"Jet": [[{"pt": 1.0, "tracks": [{"d0": 0.5}]}], [], [{"pt": 2.0, "tracks": []}]]})
        assert_equal(stored(tmp_path, events).events(), events)

    def test_strings_are_strings_and_unknown_codes_missing(self, tmp_path):
        events = ak.Array({"kind": ["b", "a", None, "b"], "Jet": [[{"x": 1}], [], [], []]})
        found = stored(tmp_path, events).events()
        assert found.kind.to_list() == ["b", "a", None, "b"]
        assert (found.kind == "b").to_list() == [True, False, None, True]

    def test_negative_ranges_count_from_the_end(self, tmp_path):
        write_small(tmp_path / "a.h5")
        ds = sp.open(tmp_path / "a.h5")
        assert_equal(ds.events(-3).MET, small_events()[-3:].MET)
        assert ds.events(-3).number.to_list() == ds.events().number[-3:].to_list()
        assert len(ds.events(9, 4)) == 0


class TestVectors:
    @pytest.fixture
    def events(self, tmp_path):
        return stored(tmp_path, toy_events(300)).events()

    def test_momenta(self, events):
        jets = events.Jet
        np.testing.assert_allclose(
            ak.to_numpy(ak.flatten(jets.px)), ak.to_numpy(ak.flatten(jets.pt * np.cos(jets.phi))), rtol=1e-5
        )
        pairs = ak.combinations(jets, 2, fields=["one", "other"])
        distance = np.hypot(pairs.one.eta - pairs.other.eta, pairs.one.deltaphi(pairs.other))
        found = pairs.one.deltaR(pairs.other)
        np.testing.assert_allclose(ak.to_numpy(ak.flatten(found)), ak.to_numpy(ak.flatten(distance)), rtol=1e-4)
        masses = (pairs.one + pairs.other).mass
        assert ak.all(masses >= 0)

    def test_other_fields_are_still_there(self, events):
        assert set(toy_events(1).Jet.fields) == set(events.Jet.fields)
        assert_equal(events.Jet.btagDeepFlavB, toy_events(300).Jet.btagDeepFlavB)

    def test_one_record_is_a_vector(self, events):
        jet = events.Jet[ak.num(events.Jet) > 0][0, 0]
        assert jet.px == pytest.approx(jet.pt * np.cos(jet.phi), rel=1e-5)

    def test_names_by_their_fields(self, tmp_path):
        events = ak.Array({
            "full": [[{"pt": 1.0, "eta": 0.0, "phi": 0.0, "mass": 0.1}]],
            "energetic": [[{"pt": 1.0, "eta": 0.0, "phi": 0.0, "energy": 2.0}]],
            "direction": [[{"pt": 1.0, "eta": 0.0, "phi": 0.0, "d0": 3.0}]],
            "whole": [[{"pt": 1, "eta": 0, "phi": 0, "mass": 0}]],
            "less": [[{"pt": 1.0, "phi": 0.0}]],
            "met": [{"pt": 1.0, "eta": 0.0, "phi": 0.0, "m": 0.0}],
        })  # fmt: skip
        found = stored(tmp_path, events).events()
        names = {name: ak.parameters(ak.flatten(found[name], axis=0)).get("__record__") for name in found.fields}
        names |= {name: ak.flatten(found[name], axis=1).layout.parameter("__record__") for name in list(names)[:-1]}
        assert names == {
            "full": "Momentum4D", "energetic": "Momentum4D", "direction": "Momentum3D",
            "whole": None, "less": None, "met": "Momentum4D",
        }  # fmt: skip
        assert ak.to_list(found.energetic.mass) == [[pytest.approx(np.sqrt(3))]]

    def test_what_is_stored_comes_before_what_can_be_computed(self, tmp_path):
        """Jets with a mass and an energy, tracks with a theta and an eta: vector alone refuses both."""
        written = toy_jets(200, jets_per_event=2)
        events = stored(tmp_path, written).events()
        for name in ("mass", "energy", "pt", "eta", "phi"):
            assert_equal(getattr(events.jets, name), written.jets[name])
        assert_equal(events.tracks.theta, written.tracks.theta)
        assert_equal(events.tracks.eta, written.tracks.eta)
        total = ak.flatten((events.jets + events.jets).mass)
        np.testing.assert_allclose(total, 2 * ak.flatten(written.jets.mass), rtol=1e-3)

    def test_a_rho_of_something_else_does_no_harm(self, tmp_path):
        events = ak.Array(
            {"Jet": [[{"pt": 3.0, "eta": 0.5, "phi": 0.0, "mass": 1.0, "rho": 77.0, "x": 5.0, "y": 6.0}]]}
        )
        jets = stored(tmp_path, events).events().Jet
        assert jets.rho.to_list() == [[77.0]]
        assert jets.px.to_list() == [[pytest.approx(3.0)]]

    def test_they_can_be_pickled(self, events):
        again = pickle.loads(pickle.dumps(events.Jet))
        assert_equal(again.px, events.Jet.px)


@numba.njit
def sum_of_momenta(events):
    total = 0.0
    for jets in events:
        for jet in jets:
            total += jet.pt + jet.px
    return total


@numba.njit
def sum_of_lists(events):
    total = 0.0
    for event in events:
        for jet in event.Jet:
            total += jet.pt * event.MET
    return total


@pytest.mark.parametrize("layout", LAYOUTS)
def test_jets_enter_a_numba_function(layout, tmp_path):
    write_small(tmp_path / "a.h5", layout)
    events = sp.open(tmp_path / "a.h5").events()
    jets = ak.materialize(events.Jet)
    assert sum_of_momenta(jets) == pytest.approx(ak.sum(jets.pt) + ak.sum(jets.px), rel=1e-4)
    both = ak.materialize(events[["MET", "Jet"]])
    assert sum_of_lists(both) == pytest.approx(ak.sum(jets.pt * events.MET), rel=1e-4)


@pytest.mark.parametrize("rows", ["events", "Jet"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_are_the_fields_of_events(layout, rows, tmp_path):
    write_small(tmp_path / "a.h5", layout, rows, num_events=60)
    ds = sp.open(tmp_path / "a.h5")
    names = [(spec.name, field.name) for spec in ds.schema.objects for field in spec.fields]
    events = ds.events(7, 50)
    for (owner, field), column in zip(names, ds.columns(names, 7, 50), strict=True):
        within = events if owner == "events" else events[ds.schema.object(owner).key]
        expected = within if field == "value" else within[field]
        assert ak.to_list(column) == ak.to_list(expected), (owner, field)
    assert ds.columns([], 0, 5) == []
    assert len(ds.columns(names[:1], 9, 3)[0]) == 0
