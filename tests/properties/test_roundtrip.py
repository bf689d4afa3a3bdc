"""Written, then read: `events()` gives back the input exactly, in every layout and through both engines."""

import os

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdprep as sp
from simdprep.schema import DTYPES
from simdprep.storage import verify
from simdprep.testing import strategies
from simdprep.testing.compare import assert_equal
from simdprep.testing.strategies import Shape
from tests.reference.expected_events import expected_events

LAYOUTS = ("columns", "compound", "ragged")
EVERYTHING = Shape(strings=True, missing=True, max_events=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("roundtrip")


def write(path, schema, events, *, cuts=(), **options):
    """Write events in several chunks, cut where told."""
    with sp.Writer(path, schema, overwrite=True, threads=1, **options) as writer:
        for begin, end in zip((0, *cuts), (*cuts, len(events)), strict=True):
            writer.fill(events[begin:end])


def check(path, schema, events):
    """Both engines give back what was written, and nothing is wrong with the file."""
    wanted = expected_events(events, schema)
    for engine in ("core", "h5py"):
        with sp.open(path, engine=engine) as ds:
            assert ds.num_events == len(wanted)
            assert_equal(ds.events(), wanted)
    assert verify(path).problems == []


def is_list(events, name):
    return events[name].ndim == 2 and not name.endswith("_parts")


@st.composite
def events_and_row_schema(draw):
    """Events, and a schema whose rows are the entries of one of their objects."""
    events = draw(
        strategies.events(EVERYTHING).filter(lambda events: any(is_list(events, name) for name in events.fields))
    )
    rows = draw(st.sampled_from([name for name in events.fields if is_list(events, name)]))
    kept = [
        name
        for name in events.fields
        if name in (rows, f"{rows}_parts") or (events[name].ndim == 1 and not events[name].fields)
    ]
    return events[kept], draw(strategies.schemas(events[kept], rows=rows, parents={f"{rows}_parts": rows}))


class TestAnyEvents:
    @given(data=st.data())
    def test_whole(self, folder, data):
        events, schema = data.draw(strategies.events_and_schema(EVERYTHING))
        path = folder / "whole.h5"
        write(path, schema, events)
        check(path, schema, events)

    @given(data=st.data())
    def test_with_another_row_object(self, folder, data):
        events, schema = data.draw(events_and_row_schema())
        path = folder / "rows.h5"
        write(path, schema, events)
        check(path, schema, events)

    @given(data=st.data())
    def test_any_range(self, folder, data):
        events, schema = data.draw(strategies.events_and_schema(Shape(strings=True, max_events=8)))
        path = folder / "range.h5"
        write(path, schema, events, cuts=sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=2))))
        start = data.draw(st.integers(0, len(events)))
        stop = data.draw(st.integers(start, len(events)))
        with sp.open(path) as ds:
            assert_equal(ds.events(start, stop), expected_events(events, schema)[start:stop])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_at_every_rank(layout, dtype, tmp_path):
    raw = np.frombuffer(np.random.default_rng(7).bytes(64 * 8 * 2), f"u{np.dtype(dtype).itemsize}")
    values = (raw[:64] % 2).astype(bool) if dtype == "bool" else raw[:64].view(dtype)
    events = ak.Array({
        "x": values[:4],
        "Jet": ak.unflatten(ak.Array({"x": values[4:10]}), [0, 3, 1, 2]),
        "hits": ak.unflatten(ak.unflatten(values[10:20], [1, 0, 4, 2, 3, 0]), [0, 3, 1, 2]),
    })  # fmt: skip
    schema = sp.Schema.from_awkward(events, layout=layout)
    write(tmp_path / "a.h5", schema, events)
    check(tmp_path / "a.h5", schema, events)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [3, 4, 5])
def test_around_the_pad(layout, count, tmp_path):
    events = ak.Array({"Jet": ak.unflatten(ak.Array({"pt": np.arange(2.0 * count)}), [count, 0, count])})
    schema = sp.Schema.from_awkward(events, layout=layout, pad=4 if layout != "ragged" else None)
    write(tmp_path / "a.h5", schema, events)
    check(tmp_path / "a.h5", schema, events)
    kept = count if layout == "ragged" else min(count, 4)
    with sp.open(tmp_path / "a.h5") as ds:
        assert ak.num(ds.events().Jet).to_list() == [kept, 0, kept]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_special_numbers(layout, tmp_path):
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308])
    events = ak.Array({"x": special, "Jet": ak.unflatten(ak.Array({"pt": special}), [1, 0, 2, 0, 3, 0])})
    schema = sp.Schema.from_awkward(events, layout=layout)
    write(tmp_path / "a.h5", schema, events)
    check(tmp_path / "a.h5", schema, events)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rows", ["events", "jets"])
@pytest.mark.parametrize("form", ["file", "folder", "glob", "list"])
def test_many_parts_are_one_dataset(layout, rows, form, tmp_path):
    jets = sp.testing.toy_jets(4500, jets_per_event=1, mean_tracks=2, seed=3)  # more than two chunks of rows
    kinds = np.array(["zero", "one", "two"])
    jets["kind"] = kinds[np.arange(4500) // 1500]  # a string each part meets later
    schema = sp.Schema.from_awkward(jets, layout=layout, rows=rows)
    path = tmp_path / ("out.h5" if form == "file" else "out")
    write(path, schema, jets, cuts=(97, 2411), part_rows=128)
    given_as = {
        "file": path,
        "folder": path,
        "glob": f"{path}{os.sep}part-*.h5",
        "list": sorted(path.glob("part-*.h5")) if path.is_dir() else [],
    }[form]
    wanted = expected_events(jets, schema)
    with sp.open(given_as) as ds:
        assert len(ds.paths) == 1 if form == "file" else len(ds.paths) > 1
        assert_equal(ds.events(), wanted)
        assert_equal(ds.events(90, 2433), wanted[90:2433])
        assert_equal(ak.concatenate(list(ds.iterate(step=1000))), wanted)
    assert verify(given_as).problems == []
