"""A dataset filled from a Python event loop: the same bytes as from arrays, the same errors as in C++."""

import warnings
from types import SimpleNamespace as Object

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.event_writer import BATCH_EVENTS
from simdprep.errors import AlignmentError, OutputError, SchemaError, SimdprepError
from simdprep.storage import verify
from tests.faults.loop_events import JET_SLOTS, TRACK_SLOTS, loop_events, loop_schema


def objects(record):
    """What a Python event loop sees of an awkward record."""
    if isinstance(record, dict):
        return Object(**{name: objects(value) for name, value in record.items()})
    return [objects(entry) for entry in record] if isinstance(record, list) else record


EVENTS = sp.Columns().add("number", lambda event: event.number, dtype="int64").add("weight", lambda event: event.weight)


def jets():
    return (
        sp.Columns().add("pt", lambda jet: jet.pt, dtype="float32").add("index", lambda jet: jet.index, dtype="int32")
    )


def tracks():
    columns = sp.Columns().add("d0", lambda track: track.d0, dtype="float32")
    return columns.add("charge", lambda track: track.charge, dtype="int8")


def write_loop(path, events, **options):
    with sp.EventWriter(path, **options) as out:
        of_event = out.objects("events", EVENTS)
        of_jets = out.objects("jets", jets(), max_length=JET_SLOTS)
        of_tracks = out.objects("tracks", tracks(), max_length=(JET_SLOTS, TRACK_SLOTS), parent=of_jets)
        for event in objects(events.tolist()):
            of_event.fill(event)
            of_jets.fill(event.jets)
            of_tracks.fill(event.tracks)
            out.end_event()
    return out.close()


@pytest.mark.parametrize("number", [0, 1, 50, BATCH_EVENTS, 2 * BATCH_EVENTS + 345])
def test_the_same_bytes_as_from_arrays(tmp_path, number):
    events = loop_events(number)
    with sp.Writer(tmp_path / "arrays.h5", loop_schema()) as writer:
        writer.fill(events)
    summary = write_loop(tmp_path / "loop.h5", events)
    assert (tmp_path / "loop.h5").read_bytes() == (tmp_path / "arrays.h5").read_bytes()
    assert summary.num_events == number
    assert summary.num_truncated == writer.summary.num_truncated


@pytest.mark.parametrize("layout", ["compound", "ragged"])
def test_layouts_and_parts(tmp_path, layout):
    events = loop_events(3000)
    write_loop(tmp_path / "loop", events, layout=layout, part_rows=1, compression="gzip:1", threads=2)
    assert verify(tmp_path / "loop").ok
    with sp.open(tmp_path / "loop") as dataset:
        assert (dataset.schema.layout, dataset.schema.level_of_effort) == (layout, 1)
        assert len(dataset.paths) > 1
        stored = ak.materialize(dataset.events().jets.pt)
    slots = None if layout == "ragged" else JET_SLOTS
    assert ak.array_equal(stored, events.jets.pt[:, :slots])


def test_one_row_per_jet(tmp_path):
    events = loop_events(40)
    with sp.EventWriter(tmp_path / "out.h5") as out:
        of_event = out.objects("events", EVENTS)
        of_jets = out.rows("jets", jets())
        of_tracks = out.objects("tracks", tracks(), max_length=TRACK_SLOTS, parent=of_jets)
        for event in objects(events.tolist()):
            of_event.fill(event)
            of_jets.fill(event.jets)
            of_tracks.fill(event.tracks)
            out.end_event()
    schema = sp.Schema.from_awkward(events, rows="jets", pad=TRACK_SLOTS, parents={"tracks": "jets"})
    with sp.Writer(tmp_path / "arrays.h5", schema) as writer:
        writer.fill(events)
    assert (tmp_path / "out.h5").read_bytes() == (tmp_path / "arrays.h5").read_bytes()


def test_order_and_selection_are_those_of_the_parent(tmp_path):
    events = loop_events(60)
    with sp.EventWriter(tmp_path / "out.h5") as out:
        of_jets = out.objects(
            "jets", jets(), max_length=2, order_by="-pt", where=lambda jet: jet.pt < 15_000 and jet.index != 1
        )
        of_tracks = out.objects("tracks", tracks(), max_length=2, parent=of_jets, order_by=lambda track: track.d0)
        for event in objects(events.tolist()):
            of_jets.fill(event.jets)
            of_tracks.fill(event.tracks)
            out.end_event()
    kept = (events.jets.pt < 15_000) & (events.jets.index != 1)
    order = ak.argsort(-events.jets.pt[kept], stable=True)
    pt = events.jets.pt[kept][order]
    d0 = events.tracks.d0[kept][order]
    d0 = d0[ak.argsort(d0, stable=True)]
    with sp.open(tmp_path / "out.h5") as dataset:
        stored = ak.materialize(dataset.events())
        assert dataset.schema.object("jets").order == "-pt"
        np.testing.assert_array_equal(dataset["jets"].count[:], ak.num(pt))
    assert ak.array_equal(stored.jets.pt, pt[:, :2])
    assert ak.array_equal(stored.tracks.d0, d0[:, :2, :2])


def test_nan_and_missing_values_come_last(tmp_path):
    values = [3.0, float("nan"), 1.0, None, 2.0]
    with sp.EventWriter(tmp_path / "out.h5") as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = out.objects("x", {"value": lambda value: value}, max_length=5, order_by="value")
        rows.fill(values)
        out.end_event()
        assert out.close().missing == {("x", "value"): 1}
    with sp.open(tmp_path / "out.h5") as dataset:
        np.testing.assert_array_equal(dataset["x"]["value"][0], [1, 2, 3, np.nan, np.nan])


def test_dtypes_are_those_of_the_first_value(tmp_path):
    given = {
        "real": 1.5, "whole": 2, "flag": True, "half": np.float16(0.5), "byte": np.uint8(7),
        "vector": [1, 2, 3], "array": np.array([0.25, 0.5], np.float32),
    }  # fmt: skip
    with sp.EventWriter(tmp_path / "out.h5") as out:
        row = out.objects("events", {name: lambda event, name=name: event[name] for name in given})
        row.fill(given)
        out.end_event()
    with sp.open(tmp_path / "out.h5") as dataset:
        found = {field.name: field.dtype for field in dataset.schema.object("events").fields}
        assert dataset["events"]["array_1"][0] == 0.5
    assert found == {
        "real": "float64", "whole": "int64", "flag": "bool", "half": "float16", "byte": "uint8",
        "vector_0": "int64", "vector_1": "int64", "vector_2": "int64", "array_0": "float32", "array_1": "float32",
    }  # fmt: skip


def test_units_fills_and_descriptions(tmp_path):
    columns = sp.Columns().add("pt", lambda jet: jet, dtype="float16", fill=-1, unit="GeV", description="momentum")
    with sp.EventWriter(tmp_path / "out.h5") as out:
        row = out.objects("jets", columns, max_length=2)
        row.fill([2.0])
        out.end_event()
    with sp.open(tmp_path / "out.h5") as dataset:
        field = dataset.schema.object("jets").field("pt")
        assert (field.unit, field.description, field.fill) == ("GeV", "momentum", -1)
        np.testing.assert_array_equal(dataset["jets"]["pt"][0], np.array([2, -1], np.float16))


class TestAlignment:
    @pytest.fixture
    def out(self, tmp_path):
        with sp.EventWriter(tmp_path / "out.h5") as out:
            out.of_event = out.objects("events", {"x": lambda event: event})
            out.of_jets = out.objects("jets", {"pt": lambda jet: jet}, max_length=3)
            out.of_tracks = out.objects("tracks", {"d0": lambda track: track}, max_length=2, parent=out.of_jets)
            yield out
            # whatever went wrong, the next event may follow
            out.of_event.fill(1.0)
            out.of_jets.fill([1.0, 2.0])
            out.of_tracks.fill([[1.0], []])
            out.end_event()
        with sp.open(tmp_path / "out.h5") as dataset:
            assert dataset.num_rows == out.num_events
            assert dataset["events"]["x"][-1] == 1.0

    def test_an_object_that_was_not_filled(self, out):
        out.of_event.fill(0.0)
        with pytest.raises(AlignmentError, match=r"fills of jets in one event: got none, expected one\n.*event 0"):
            out.end_event()

    def test_an_object_that_was_filled_twice(self, out):
        for _ in range(2):
            out.of_event.fill(0.0)
        with pytest.raises(AlignmentError, match="fills of events in one event: got 2, expected one"):
            out.end_event()

    def test_lists_that_are_not_those_of_the_parent(self, out):
        out.of_event.fill(0.0)
        out.of_jets.fill([1.0, 2.0])
        out.of_tracks.fill([[1.0]])
        with pytest.raises(AlignmentError, match=r"outer lengths of a nested object: got 1 lists, .* jets, 2"):
            out.end_event()

    def test_a_skipped_event(self, out):
        out.of_event.fill(0.0)
        out.skip_event()
        assert out.num_events == 0

    def test_too_few_lists(self, out):
        with pytest.raises(SchemaError, match="rank of a fill: got one object, expected a list of objects"):
            out.of_jets.fill(1.0)
        out.skip_event()

    def test_a_value_that_is_no_number(self, out):
        out.of_event.fill("text")
        out.of_jets.fill([])
        out.of_tracks.fill([])
        with pytest.raises(SchemaError, match=r"value: got str, expected a number.*\n.*object events, field x"):
            out.end_event()


class TestRefusals:
    @pytest.fixture
    def out(self, tmp_path):
        return sp.EventWriter(tmp_path / "out.h5")

    def test_two_of_a_name(self, out):
        out.objects("x", {"a": float})
        with pytest.raises(SchemaError, match="object named twice"):
            out.objects("x", {"a": float})
        with pytest.raises(SchemaError, match="field named twice"):
            sp.Columns().add("a", float).add("a", float)
        out.rows("y", {"a": float})
        with pytest.raises(SchemaError, match="row objects: got 'y' and 'z', expected one"):
            out.rows("z", {"a": float})

    def test_no_object_after_the_first_event(self, out):
        row = out.objects("x", {"a": float})
        row.fill(1)
        out.end_event()
        with pytest.raises(SchemaError, match="after the first event"):
            out.objects("y", {"a": float})

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            ({"order_by": "a"}, "expected a list"),
            ({"max_length": (2, 3)}, "nested object without parent"),
            ({"max_length": 3, "order_by": "-b"}, "field: got 'b', expected one of these columns"),
        ],
    )
    def test_options(self, out, options, text):
        with pytest.raises(SchemaError, match=text):
            out.objects("x", {"a": float}, **options)

    def test_slots_of_the_parent(self, out):
        jets = out.objects("jets", {"a": float}, max_length=4)
        with pytest.raises(SchemaError, match=r"max_length: got .*expected 4 first"):
            out.objects("tracks", {"a": float}, max_length=(5, 3), parent=jets)

    def test_compression(self, tmp_path):
        with pytest.raises(SchemaError, match="compression: got 'lzma'"):
            sp.EventWriter(tmp_path / "other.h5", compression="lzma")

    def test_lists_of_another_length(self, out):
        row = out.objects("x", {"a": lambda event: event})
        row.fill([1, 2])
        out.end_event()
        row.fill([1, 2, 3])
        with pytest.raises(SchemaError, match="length of a list: got 3, expected 2, as in the first"):
            out.end_event()

    def test_values_out_of_range(self, out, tmp_path):
        row = out.objects("x", sp.Columns().add("a", int, dtype="int8"))
        row.fill(300)
        out.end_event()
        with pytest.raises(SchemaError, match="value out of range: got 300"):
            out.close()
        assert list(tmp_path.iterdir()) == []

    def test_an_output_that_exists(self, tmp_path):
        (tmp_path / "out.h5").write_text("mine")
        with pytest.raises(OutputError, match="output exists"):
            sp.EventWriter(tmp_path / "out.h5")

    def test_after_an_error_there_is_no_file(self, tmp_path):
        out = sp.EventWriter(tmp_path / "out.h5")
        out.objects("x", {"a": float}).fill(1)
        out.end_event()
        out.__exit__(RuntimeError, RuntimeError(), None)
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(SimdprepError, match="end_event on a closed writer"):
            out.end_event()
