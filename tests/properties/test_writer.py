"""Whatever is written is what a stock h5py reads back: format 1 as the oracle works it out, in every layout."""

import json
from collections import Counter
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simdprep as sp
from simdprep.errors import SchemaError
from simdprep.schema import DTYPES
from simdprep.testing import strategies
from simdprep.testing.strategies import Shape
from tests.reference.event_entries import entries_of, missing_of, with_categories
from tests.reference.format_oracle import expected_file
from tests.reference.stored_file import StoredFile, differing

LAYOUTS = ("columns", "compound", "ragged")
EVERYTHING = Shape(strings=True, missing=True, max_events=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


def write(path: Path, schema: sp.Schema, *chunks: ak.Array, **options) -> "sp.convert.WriteSummary":
    with sp.Writer(path, schema, overwrite=True, **options) as writer:
        for chunk in chunks:
            writer.fill(chunk)
    return writer.summary


def check(path: Path, schema: sp.Schema, events: ak.Array, summary) -> None:
    """Compare a file and its summary with the events, to the last value."""
    file = StoredFile(path)
    wanted = with_categories(json.loads(schema.to_json()), events)
    assert file.schema == wanted
    expected = expected_file(wanted, entries_of(wanted, events), len(events))
    assert differing(file, expected) == []
    assert summary.num_truncated == expected.truncated
    assert summary.missing == Counter(missing_of(wanted, events))
    assert summary.num_events == len(events)
    if schema.rows == "events":
        assert (summary.num_rows, summary.events_without_rows) == (len(events), 0)
    else:
        counts = ak.to_numpy(ak.num(events[schema.rows]))
        assert (summary.num_rows, summary.events_without_rows) == (counts.sum(), np.count_nonzero(counts == 0))


@st.composite
def events_and_row_schema(draw, shape=EVERYTHING):
    """Events and a schema whose rows are the entries of one of their objects."""
    events = draw(strategies.events(shape).filter(lambda events: any(map(list_object(events), events.fields))))
    rows = draw(st.sampled_from([name for name in events.fields if list_object(events)(name)]))
    kept = [
        name
        for name in events.fields
        if name in (rows, f"{rows}_parts") or (events[name].ndim == 1 and not events[name].fields)
    ]
    return events[kept], draw(strategies.schemas(events[kept], rows=rows, parents={f"{rows}_parts": rows}))


def numbers(dtype, size):
    """Values of a dtype; of float16 any bits, since hypothesis makes few of its values."""
    if dtype == "float16":
        return strategies.values("uint16", size).map(lambda bits: bits.view(np.float16))
    return strategies.values(dtype, size)


def list_object(events):
    return lambda name: events[name].ndim == 2 and not name.endswith("_parts")


class TestRoundTrip:
    @given(pair=strategies.events_and_schema(EVERYTHING))
    def test_rows_are_events(self, folder, pair):
        events, schema = pair
        path = folder / "events.h5"
        check(path, schema, events, write(path, schema, events))

    @given(pair=events_and_row_schema())
    def test_rows_are_objects(self, folder, pair):
        events, schema = pair
        path = folder / "objects.h5"
        check(path, schema, events, write(path, schema, events))

    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("dtype", DTYPES)
    @given(data=st.data())
    @settings(max_examples=10)
    def test_every_dtype_in_every_layout_at_every_rank(self, folder, dtype, layout, data):
        outer = data.draw(strategies.counts(4, most=3))
        inner = data.draw(strategies.counts(int(outer.sum()), most=3))
        jets = ak.unflatten(ak.Array({"pt": data.draw(numbers(dtype, int(outer.sum())))}), outer)
        tracks = ak.Array({"d0": data.draw(numbers(dtype, int(inner.sum())))})
        events = ak.Array(
            {
                "met": data.draw(numbers(dtype, 4)),
                "Jet": jets,
                "tracks": ak.unflatten(ak.unflatten(tracks, inner), outer),
            }
        )
        schema = data.draw(strategies.schemas(events, layouts=(layout,), parents={"tracks": "Jet"}))
        path = folder / "dtypes.h5"
        check(path, schema, events, write(path, schema, events))

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_no_events_at_all(self, folder, layout):
        events = ak.Array({"met": [1.0], "name": ["a"], "Jet": [[{"pt": 1.0, "tracks": [{"d0": 2}]}]]})[:0]
        schema = sp.Schema.from_awkward(events, layout=layout)
        path = folder / "empty.h5"
        check(path, schema, events, write(path, schema, events))
        check(path, schema, events, write(path, schema))  # not even an empty chunk

    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("surplus", [-1, 0, 1])
    def test_one_less_than_pad_exactly_pad_and_one_more(self, folder, layout, surplus):
        counts = np.array([3 + surplus, 0, 3 + surplus, 1])
        events = ak.Array({"Jet": ak.unflatten(ak.Array({"pt": np.arange(counts.sum(), dtype=np.float32)}), counts)})
        schema = sp.Schema.from_awkward(events, pad=3, layout=layout)
        path = folder / "border.h5"
        summary = write(path, schema, events)
        check(path, schema, events, summary)
        assert summary.num_truncated["Jet"] == (2 * max(surplus, 0) if layout != "ragged" else 0)

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_constituents_of_constituents_where_rows_are_jets(self, folder, layout):

        def jet(hits):
            return {"pt": 1.5 * len(hits), "tracks": [{"q": -1, "hits": entry} for entry in hits]}

        hits = [[[[1, 2], []], [[3]]], [], [[[], [4, 5, 6]]]]
        events = ak.Array([{"run": 7 + index, "Jet": list(map(jet, jets))} for index, jets in enumerate(hits)])
        schema = sp.Schema.from_awkward(events, rows="Jet", layout=layout, pad={"tracks": 2, "*": 2})
        assert [spec.name for spec in schema.objects] == ["events", "Jet", "tracks", "tracks_hits"]
        path = folder / "deep.h5"
        summary = write(path, schema, events)
        check(path, schema, events, summary)
        assert summary.num_truncated["tracks_hits"] == (1 if layout != "ragged" else 0)
        assert summary.events_without_rows == 1

    def test_four_levels_are_refused(self):
        events = ak.Array([{"Jet": [{"pt": 1.0, "tracks": [{"q": 1, "hits": [1]}]}]}])
        with pytest.raises(SchemaError, match="three levels"):
            sp.Schema.from_awkward(events)


class TestFills:
    @given(data=st.data())
    def test_empty_slots_and_missing_values_hold_the_fill_asked_for(self, folder, data):
        dtype = data.draw(st.sampled_from(DTYPES))
        fill = data.draw(strategies.values(dtype, 1))[0].item()
        layout = data.draw(st.sampled_from(LAYOUTS))
        entries = ak.mask(ak.Array(data.draw(strategies.values(dtype, 3))), [True, False, True])
        events = ak.Array({"Jet": ak.unflatten(ak.Array({"x": entries}), [2, 0, 1])})
        level = "ragged" if layout == "ragged" else "padded"
        field = sp.Field("x", dtype, fill=fill)
        schema = sp.Schema(
            (sp.ObjectSpec("events", ()), sp.ObjectSpec("Jet", (field,), level=level, parent="events", pad=3)),
            layout=layout,
        )
        path = folder / "fills.h5"
        summary = write(path, schema, events)
        check(path, schema, events, summary)
        stored = StoredFile(path).column("Jet", "x")
        if layout != "ragged":
            np.testing.assert_array_equal(stored[1], np.full(3, fill, dtype))
        assert summary.missing["Jet", "x"] == 1

    def test_default_fills_are_those_of_atlas_files(self, folder):
        events = ak.Array({"Jet": ak.unflatten(ak.Array({name: np.ones(1, name) for name in DTYPES}), [1])})
        path = folder / "defaults.h5"
        write(path, sp.Schema.from_awkward(events, pad=2), events)
        with h5py.File(path) as file:
            empty = {name: file[f"Jet/{name}"][0, 1] for name in DTYPES}
        for name, value in empty.items():
            if name.startswith("float"):
                assert np.isnan(value)
            else:
                assert value == {"b": False, "u": 0, "i": -1}[np.dtype(name).kind]
        assert empty["bool"].dtype == np.bool_


class TestTexts:
    def test_bytes_that_are_no_utf8_are_spelled_out(self, folder):
        """Old files have Latin-1 in their strings and titles."""
        chars = ak.contents.NumpyArray(
            np.frombuffer("éabé".encode("latin-1"), np.uint8), parameters={"__array__": "char"}
        )
        offsets = ak.index.Index64([0, 2, 3, 4])
        texts = ak.Array(ak.contents.ListOffsetArray(offsets, chars, parameters={"__array__": "string"}))
        schema = sp.Schema((sp.ObjectSpec("events", (sp.Field("name", "int32", unit="\udcb5m", categories=()),)),))
        write(folder / "latin.h5", schema, ak.Array({"name": texts}))
        file = StoredFile(folder / "latin.h5")
        assert file.datasets["/events/name"].tolist() == [0, 1, 2]
        assert file.categories("events", "name") == ["\\udce9a", "b", "\\udce9"]
        assert file.objects["events"]["fields"][0]["unit"] == "\\udcb5m"

    @pytest.mark.parametrize("make", [lambda: sp.Field("\udce9", "int8"), lambda: sp.ObjectSpec("\udce9", ())])
    def test_names_must_be_text(self, make):
        with pytest.raises(SchemaError, match=r"name: got '\\udce9', expected text in UTF-8"):
            make()


class TestSameBytes:
    @given(pair=strategies.events_and_schema(EVERYTHING) | events_and_row_schema(), data=st.data())
    def test_any_split_into_fills_and_any_number_of_threads(self, folder, pair, data):
        events, schema = pair
        write(folder / "whole.h5", schema, events, threads=1)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=4)))
        pieces = [events[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(events)], strict=True)]
        write(folder / "pieces.h5", schema, *pieces, threads=data.draw(st.sampled_from([1, 2, 4])))
        assert (folder / "whole.h5").read_bytes() == (folder / "pieces.h5").read_bytes()
