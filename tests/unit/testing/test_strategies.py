import awkward as ak
import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from simdprep.schema.field import DTYPES
from simdprep.schema.schema import Schema
from simdprep.testing import assert_equal, strategies
from simdprep.testing.strategies import Shape

EVERYTHING = Shape(strings=True, missing=True)
SEARCH = settings(max_examples=2000, derandomize=True, database=None)


@given(strategies.events(EVERYTHING))
def test_events_are_records_that_equal_themselves(events):
    assert events.fields
    assert len(events) <= EVERYTHING.max_events
    assert_equal(events, events[::-1][::-1])


@pytest.mark.parametrize(
    "condition",
    [
        lambda events: len(events) == 0,
        lambda events: any(events[name].ndim == 3 for name in events.fields),
        lambda events: any(events[name].ndim == 2 and not events[name].fields for name in events.fields),
        lambda events: any(events[name].ndim == 1 and events[name].fields for name in events.fields),
        lambda events: "string" in str(events.type),
        lambda events: "?" in str(events.type),
        lambda events: any(events[name].ndim == 2 and ak.any(ak.num(events[name]) == 0) for name in events.fields),
    ],
    ids=["no event", "nested", "plain list", "row object", "string", "missing", "empty event"],
)
def test_every_kind_of_event_comes_up(condition):
    find(strategies.events(EVERYTHING), condition, settings=SEARCH)


@given(st.data())
def test_a_shape_is_kept(data):
    shape = Shape(dtypes=("int16",), row_objects=False, plain_lists=False, nested=False, max_items=2)
    events = data.draw(strategies.events(shape))
    assert not any(word in str(events.type) for word in ("float", "string", "?", "var * var"))
    for name in events.fields:
        if events[name].ndim > 1:
            assert max(ak.num(events[name]), default=0) <= 2


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_values_have_their_dtype(dtype, data):
    array = data.draw(strategies.values(dtype, 3))
    assert array.dtype == np.dtype(dtype)
    assert array.shape == (3,)


@given(strategies.events_and_schema())
def test_a_schema_fits_its_events(pair):
    events, schema = pair
    assert isinstance(schema, Schema)
    top = {name for name in events.fields if events[name].fields or events[name].ndim > 1}
    assert top <= set(schema.names)


@pytest.mark.parametrize("difference", [-1, 0, 1])
def test_pads_lie_around_the_multiplicity(difference):
    def is_so(pair):
        events, schema = pair
        return any(
            schema.object(name).pad == max(ak.num(events[name]), default=0) + difference > 0
            for name in events.fields
            if events[name].ndim == 2
        )

    find(strategies.events_and_schema(layouts=["columns"]), is_so, settings=SEARCH)
