"""What the flattener makes of awkward layouts that hold the same events, and what it refuses."""

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import AlignmentError, SchemaError
from simdprep.padding import Flattener

EVENTS = ak.Array(
    [
        {"run": 1, "name": "a", "Jet": [{"pt": 1.0}, {"pt": 2.0}], "tracks": [[{"d0": 1}], [{"d0": 2}, {"d0": 3}]]},
        {"run": 2, "name": "b", "Jet": [], "tracks": []},
        {"run": 3, "name": "a", "Jet": [{"pt": 3.0}], "tracks": [[]]},
    ]
)
SCHEMA = sp.Schema.from_awkward(EVENTS, parents={"tracks": "Jet"})
PLACES = {name: index for index, name in enumerate(SCHEMA.names)}


def flat(events, schema=SCHEMA):
    return Flattener(schema).flatten(events)


def same(found, wanted):
    """Raise unless two flattened runs are equal."""
    assert (found.num_rows, found.num_events, found.missing) == (wanted.num_rows, wanted.num_events, wanted.missing)
    for (items, offsets, contents), (others, other_offsets, other_contents) in zip(
        found.objects, wanted.objects, strict=True
    ):
        assert items == others
        np.testing.assert_array_equal(offsets, other_offsets)
        for one, other in zip(contents, other_contents, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_contents_and_offsets():
    found = flat(EVENTS)
    items, offsets, contents = found.objects[PLACES["tracks"]]
    assert items == 3
    assert offsets.tolist() == [0, 1, 3, 3]
    assert offsets.dtype == np.int64
    assert contents[0].tolist() == [1, 2, 3]
    items, offsets, contents = found.objects[PLACES["events"]]
    assert (items, offsets) == (3, None)
    assert [values.tolist() for values in contents] == [[1, 2, 3], [0, 1, 0]]


@pytest.mark.parametrize(
    "events",
    [
        EVENTS[[2, 1, 0]][[2, 1, 0]],
        ak.concatenate([EVENTS, EVENTS])[3:],
        ak.concatenate([EVENTS[:1], EVENTS[1:]]),
        ak.mask(EVENTS, [True, True, True]),
        ak.from_buffers(*ak.to_buffers(EVENTS)),
        ak.with_field(EVENTS, EVENTS.run, "more"),
        ak.Array(EVENTS.layout.to_packed()),
        ak.with_field(EVENTS, ak.mask(EVENTS.run, [True] * 3), "run"),
        ak.with_field(EVENTS, ak.mask(EVENTS.Jet, [True] * 3), "Jet"),
    ],
    ids=["indexed", "sliced", "joined", "option of events", "buffers", "surplus field", "packed", "option", "lists"],
)
def test_layouts_of_the_same_events(events):
    found = flat(events)
    found.missing.clear()  # the fields with an option count 0 missing values
    same(found, flat(EVENTS))


def test_virtual_arrays():
    form, length, buffers = ak.to_buffers(EVENTS)
    lazy = ak.from_buffers(form, length, {key: lambda key=key: buffers[key] for key in buffers})
    same(flat(lazy), flat(EVENTS))


def test_missing_lists_are_empty_ones():
    events = ak.with_field(EVENTS, ak.mask(EVENTS.Jet, [True, False, True]), "Jet")
    same(flat(events), flat(EVENTS))


def test_missing_values_are_filled_and_counted():
    jets = ak.unflatten(ak.Array({"pt": ak.Array([None, 2.0, None])}), [2, 0, 1])
    found = flat(ak.with_field(EVENTS, jets, "Jet"))
    assert found.missing["Jet", "pt"] == 2
    np.testing.assert_array_equal(found.objects[PLACES["Jet"]][2][0], [np.nan, 2.0, np.nan])


def test_string_codes_go_on():
    flattener = Flattener(SCHEMA)
    flattener.flatten(EVENTS[2:])
    found = flattener.flatten(EVENTS)
    assert found.objects[PLACES["events"]][2][1].tolist() == [0, 1, 0]
    assert flattener.categories == {("events", "name"): ("a", "b")}


def test_rows_of_objects():
    schema = sp.Schema.from_awkward(EVENTS, rows="Jet", parents={"tracks": "Jet"})
    found = flat(EVENTS, schema)
    assert (found.num_rows, found.num_events, found.num_empty_events) == (3, 3, 1)
    assert found.objects[schema.names.index("events")][1].tolist() == [0, 2, 2, 3]
    assert found.objects[schema.names.index("Jet")][1] is None


def test_no_events():
    found = flat(EVENTS[:0])
    assert [items for items, *_ in found.objects] == [0] * 3
    assert found.objects[PLACES["tracks"]][1].tolist() == [0]


def test_types_that_nothing_showed():
    """Empty Python lists say nothing of what they would hold."""
    events = ak.Array([{"run": 1, "name": "a", "Jet": [], "tracks": []}])
    found = flat(events)
    assert [items for items, *_ in found.objects] == [1, 0, 0]
    assert found.objects[PLACES["Jet"]][2][0].dtype == np.float64
    assert flat(ak.Array([{"run": 1, "name": "a", "Jet": [{"pt": 1}], "tracks": [[]]}])).objects[2][0] == 0

    inside = sp.Schema.from_awkward(ak.Array([{"Jet": [{"pt": 1.0, "tracks": [{"d0": 2}]}]}]))
    for jets in ([], [{"pt": 1.0, "tracks": []}]):
        assert flat(ak.Array([{"Jet": jets}]), inside).objects[1][0] == 0


@pytest.mark.parametrize(
    ("events", "error", "first", "rest"),
    [
        (EVENTS.to_list(), SchemaError, "events: got list, expected an awkward array of records", []),
        (EVENTS[["name", "Jet", "tracks"]], SchemaError,
         "missing in the events: got no 'run' among 3 fields, expected all that the schema names",
         ["  in object events", "  try name, Jet, tracks"]),
        (ak.with_field(EVENTS, ak.Array([[{"PT": 1.0}], [], []]), "Jet"), SchemaError,
         "missing in the events: got no 'pt' among 1 fields, expected all that the schema names",
         ["  in object Jet", "  try PT"]),
        (ak.with_field(EVENTS, ["1", "2", "3"], "run"), SchemaError,
         "values: got strings, expected numbers of dtype int64", ["  in object events, field run"]),
        (ak.with_field(EVENTS, [1, 2, 3], "name"), SchemaError,
         "values: got type int64, expected strings", ["  in object events, field name"]),
        (ak.with_field(EVENTS, [1, 2, 3], "Jet"), SchemaError,
         "object: got type int64, expected lists", ["  in object Jet"]),
        (ak.with_field(EVENTS, [[1.0], [], []], "Jet"), SchemaError,
         "object: got type float64, expected records", ["  in object Jet, field pt"]),
        (ak.with_field(EVENTS, [[[{"d0": 1}]], [], [[]]], "tracks"), AlignmentError,
         "outer lengths of a nested object: got 1 lists at entry 0, expected one per entry of Jet, 2",
         ["  in object tracks"]),
        (ak.with_field(EVENTS, [1.5, 2.0, 3.0], "run"), SchemaError,
         "value out of range: got 1.5, expected whole numbers that int64 can hold",
         ["  in object events, field run", "  try a wider dtype for the field"]),
    ],
    ids=["a list", "no field", "no member", "strings", "no strings", "no lists", "no records", "lengths", "fraction"],
)  # fmt: skip
def test_mistakes(events, error, first, rest):
    with pytest.raises(error) as raised:
        flat(events)
    assert str(raised.value).splitlines() == [first, *rest]
