"""ObjectView and Column: slices in every layout, several fields at once, and what an object does not have."""

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import SchemaError
from simdprep.storage import part_reader
from simdprep.testing.compare import assert_equal
from tests.small_dataset import KINDS, LAYOUTS, small_events, write_small

PADS = {"Jet": 3, "hits": 2}


@pytest.fixture(params=["columns", "compound"])
def padded(request, tmp_path):
    """A padded dataset of two chunks and more, and what went in."""
    events = write_small(tmp_path / "a.h5", request.param, num_events=2500)
    return sp.open(tmp_path / "a.h5"), events


@pytest.fixture
def ragged(tmp_path):
    events = write_small(tmp_path / "out", "ragged", num_events=4500, part_rows=128)
    return sp.open(tmp_path / "out"), events


def padded_by_hand(lists, pad, fill):
    """Lists of numbers in slots, and which of them are real; awkward's own way."""
    clipped = ak.pad_none(lists, pad, clip=True)
    valid = ~ak.to_numpy(ak.is_none(clipped, axis=1))
    return ak.to_numpy(ak.fill_none(clipped, fill)), valid


class TestPadded:
    def test_a_slice_is_values_in_slots(self, padded):
        ds, events = padded
        expected, valid = padded_by_hand(events.Jet.pt, 3, np.float32(np.nan))
        jets = ds["Jet"]
        np.testing.assert_array_equal(jets["pt"][0:2500], expected)
        np.testing.assert_array_equal(jets["pt"][2040:2060], expected[2040:2060])
        np.testing.assert_array_equal(jets.valid[:], valid)
        np.testing.assert_array_equal(jets.count[:], ak.num(events.Jet))
        assert jets["pt"].shape == (2500, 3)
        assert jets["pt"].dtype == np.float32
        assert jets.valid.dtype == np.bool_
        assert jets.count.dtype == np.uint32
        assert jets.num_slots == (3,)

    def test_nested_objects_have_rank_3(self, padded):
        ds, events = padded
        hits = ds["hits"]
        assert hits.num_slots == (3, 2)
        assert hits["layer"].shape == (2500, 3, 2)
        assert hits.count.shape == (2500, 3)
        for row in (0, 7, 2049):
            lists = events.hits.layer[row].to_list()[:3]
            assert hits.count[row].tolist() == [len(entry) for entry in lists] + [0] * (3 - len(lists))
            for slot, entry in enumerate(lists):
                assert hits["layer"][row, slot][hits.valid[row, slot]].tolist() == entry[:2]

    def test_several_fields_at_once(self, padded):
        ds, _ = padded
        jets = ds["Jet"]
        found = jets.read(["index", "pt"], 2000, 2100, valid=True, count=True)
        assert list(found) == ["index", "pt", "valid", "count"]
        for name in ("index", "pt"):
            np.testing.assert_array_equal(found[name], jets[name][2000:2100])
        np.testing.assert_array_equal(found["valid"], jets.valid[2000:2100])
        np.testing.assert_array_equal(found["count"], jets.count[2000:2100])

    def test_each_stored_dataset_is_decoded_once(self, tmp_path, monkeypatch):
        write_small(tmp_path / "a.h5", "compound")
        view = sp.open(tmp_path / "a.h5")["Jet"]
        seen = []
        original = part_reader.read_all

        def counting(reads):
            seen.extend(read.part.description.datasets[read.index].path for read in reads)
            original(reads)

        monkeypatch.setattr("simdprep.storage.parts.read_all", counting)
        view.read(view.fields, 0, 60, valid=True, count=True)
        assert sorted(seen) == ["/Jet", "/events"]  # the multiplicities lie with the events

    def test_without_slots_it_is_ragged(self, padded):
        ds, events = padded
        jets = ds["Jet"].read_ragged(["pt"], 100, 200)
        expected = events.Jet.pt[100:200][:, :3]
        np.testing.assert_array_equal(np.diff(jets.offsets), ak.num(expected))
        np.testing.assert_array_equal(jets.contents["pt"], ak.flatten(expected))
        assert jets.inner is None
        hits = ds["hits"].read_ragged(["layer"], 100, 200)
        kept = events.hits.layer[100:200][:, :3, :2]
        np.testing.assert_array_equal(np.diff(hits.offsets), ak.num(kept))
        np.testing.assert_array_equal(np.diff(hits.inner), ak.flatten(ak.num(kept, axis=2)))
        np.testing.assert_array_equal(hits.contents["layer"], ak.flatten(kept, axis=None))

    def test_offsets_are_told_to_be_counts(self, padded):
        with pytest.raises(SchemaError, match=r"offsets: got a padded object.*\n.*\n  try ds\['Jet'\].count"):
            _ = padded[0]["Jet"].offsets

    def test_multiplicities_that_were_not_stored(self, tmp_path):
        write_small(tmp_path / "a.h5", "compound", counts=False)
        ds = sp.open(tmp_path / "a.h5")
        with pytest.raises(SchemaError, match=r"ds\['Jet'\].valid"):
            _ = ds["Jet"].count
        assert_equal(ak.num(ds.events().Jet), ak.num(small_events().Jet[:, :3]))


class TestRagged:
    def test_a_slice_is_awkward(self, ragged):
        ds, events = ragged
        column = ds["Jet"]["pt"]
        assert column.shape == (4500, None)
        assert column.is_ragged
        assert_equal(column[:], events.Jet.pt)
        assert_equal(column[2000:4100], events.Jet.pt[2000:4100])
        assert_equal(column[[4400, 3, 2050]], events.Jet.pt[[4400, 3, 2050]])
        assert column[2049].to_list() == events.Jet.pt[2049].to_list()
        assert_equal(ds["hits"]["layer"][2000:2300], events.hits.layer[2000:2300])
        assert ds["hits"]["layer"].shape == (4500, None, None)

    def test_valid_points_to_offsets(self, ragged):
        with pytest.raises(SchemaError, match=r"valid: got a ragged object.*\n.*\n  try ds\['Jet'\].offsets"):
            _ = ragged[0]["Jet"].valid

    def test_read_points_to_read_ragged(self, ragged):
        with pytest.raises(SchemaError, match=r"ds\['Jet'\].read_ragged"):
            ragged[0]["Jet"].read(["pt"], 0, 1)

    def test_offsets_go_on_over_the_parts(self, ragged):
        ds, events = ragged
        jets = np.concatenate([[0], np.cumsum(ak.num(events.Jet))])
        hits = np.concatenate([[0], np.cumsum(ak.flatten(ak.num(events.hits, axis=2)))])
        assert len(ds.paths) > 1
        np.testing.assert_array_equal(ds["Jet"].offsets[:], jets)
        np.testing.assert_array_equal(ds["Jet"].offsets[2040:2060], jets[2040:2060])
        np.testing.assert_array_equal(ds["hits"].offsets[:], hits)
        np.testing.assert_array_equal(ds["hits"].offsets[3000:3300], hits[3000:3300])
        assert ds["hits"].offsets.shape == (len(hits),)

    def test_rows_without_slots(self, ragged):
        ds, events = ragged
        found = ds["hits"].read_ragged(["layer", "charge"], 2000, 2100)
        expected = events.hits[2000:2100]
        np.testing.assert_array_equal(np.diff(found.offsets), ak.num(expected))
        np.testing.assert_array_equal(np.diff(found.inner), ak.flatten(ak.num(expected, axis=2)))
        np.testing.assert_array_equal(found.contents["charge"], ak.flatten(expected.charge, axis=None))


class TestColumn:
    @pytest.fixture
    def column(self, tmp_path):
        write_small(tmp_path / "a.h5", num_events=5000)
        return sp.open(tmp_path / "a.h5")["Jet"]["pt"]

    def test_rows_and_slots(self, column):
        values = column[:]
        np.testing.assert_array_equal(column[10:20, 1], values[10:20, 1])
        np.testing.assert_array_equal(column[..., 0], values[..., 0])
        np.testing.assert_array_equal(column[4999, 0:2], values[4999, 0:2])
        np.testing.assert_array_equal(np.asarray(column), values)
        np.testing.assert_array_equal(np.stack(list(column)), values)
        assert len(column) == 5000
        assert column.ndim == 2

    def test_a_row_that_is_not_there(self, column):
        for row in (5000, -5001):
            with pytest.raises(IndexError, match=f"row: got {row}, expected -5000 to 4999"):
                column[row]
            with pytest.raises(IndexError, match=f"row: got {row}"):
                column[[0, row]]

    def test_a_mask_of_another_length(self, column):
        with pytest.raises(IndexError, match="length of a mask: got 3, expected 5000"):
            column[np.ones(3, np.bool_)]

    @pytest.mark.parametrize("index", [1.5, "pt", [0.5], [[1]]])
    def test_what_is_no_index(self, column, index):
        with pytest.raises(TypeError, match="row: got"):
            column[index]

    def test_slices_past_the_end_are_cut(self, column):
        assert column[4990:6000].shape == (10, 3)
        assert column[6000:].shape == (0, 3)
        assert column[20:10].shape == (0, 3)

    def test_units_and_strings(self, tmp_path):
        fields = (sp.Field("pt", "float32", unit="GeV"), sp.Field("name", "int32", categories=()))
        schema = sp.Schema((sp.ObjectSpec("events", fields),))
        with sp.Writer(tmp_path / "a.h5", schema) as writer:
            writer.fill(ak.Array({"pt": np.float32([1, 2, 3]), "name": ["x", None, "y"]}))
        view = sp.open(tmp_path / "a.h5")["events"]
        assert view["pt"].unit == "GeV"
        assert view["name"].categories == ("x", "y")
        assert view["name"][:].tolist() == [0, -1, 1]


class TestEventsAboveOtherRows:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_one_number_per_event(self, layout, tmp_path):
        events = write_small(tmp_path / "out", layout, "Jet", num_events=4500, part_rows=128)
        kept = events[ak.num(events.Jet) > 0] if layout == "compound" else events
        view = sp.open(tmp_path / "out")["events"]
        np.testing.assert_array_equal(view["number"][:], kept.number)
        np.testing.assert_array_equal(view["number"][1000:3000], kept.number[1000:3000])
        np.testing.assert_array_equal(view["number"][[5, 2999, 6]], kept.number[[5, 2999, 6]])
        assert [KINDS.index(text) for text in kept.kind[:9]] == [
            KINDS.index(view["kind"].categories[code]) for code in view["kind"][:9]
        ]
        with pytest.raises(SchemaError, match="one entry per event"):
            view.read(["number"], 0, 1)


def test_ranges_are_checked(padded):
    for start, stop in ((-1, 3), (5, 3), (0, 2501)):
        with pytest.raises(SchemaError, match=f"rows: got {start}:{stop}"):
            padded[0]["Jet"].read(["pt"], start, stop)
        with pytest.raises(SchemaError, match=f"rows: got {start}:{stop}"):
            padded[0]["Jet"].read_ragged(["pt"], start, stop)
