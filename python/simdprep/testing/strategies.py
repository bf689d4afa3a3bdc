"""Hypothesis strategies for events and schemas, biased to where padding goes wrong.

Needs hypothesis, so it is imported by name: ``from simdprep.testing import strategies``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from ..schema.field import DTYPES

if TYPE_CHECKING:
    from ..schema.schema import Layout, Schema

EVENT_FIELDS = ("run", "event", "MET_pt", "MET_phi", "weight")
FIELDS = ("pt", "eta", "phi", "charge", "d0", "is_tight")
OBJECTS = ("Jet", "Muon", "Tau", "hits")


@dataclass(frozen=True)
class Shape:
    """What an array of events may hold.

    Attributes:
        dtypes: Dtypes to choose from.
        strings: Some fields are strings.
        missing: Some values are missing.
        row_objects: Some objects have one entry per event.
        plain_lists: Some objects are lists of numbers rather than of records.
        nested: Some objects hang on another.
        max_events: Most events.
        max_items: Most entries of an object, per event or per entry of its parent.
    """

    dtypes: Sequence[str] = DTYPES
    strings: bool = False
    missing: bool = False
    row_objects: bool = True
    plain_lists: bool = True
    nested: bool = True
    max_events: int = 6
    max_items: int = 4


def values(dtype: str, size: int) -> SearchStrategy[NDArray[Any]]:
    """Arrays (size,) of any value a dtype has: NaN, infinities, subnormals, -0.0, both ends of integers."""
    return npst.arrays(np.dtype(dtype), size, elements=npst.from_dtype(np.dtype(dtype)))


def counts(size: int, *, most: int) -> SearchStrategy[NDArray[np.int64]]:
    """Multiplicities (size,) from 0 to ``most``, as int64; often all zero or all full."""
    mixed = npst.arrays(np.int64, size, elements=st.integers(0, most))
    same = st.sampled_from((0, most)).map(lambda count: np.full(size, count, np.int64))
    return mixed | same


@st.composite
def events(draw: DrawFn, /, shape: Shape = Shape()) -> ak.Array:
    """Awkward records, one per event, in the form that readers give; see :class:`Shape`.

    The array has at least one field; it may have zero events.
    """
    num_events = draw(st.integers(0, shape.max_events))
    fields: dict[str, Any] = {name: draw(_field(num_events, shape)) for name in draw(_some(EVENT_FIELDS, least=0))}
    if shape.row_objects and draw(st.booleans()):
        fields["eventwise"] = draw(_records(num_events, shape))
    for name in draw(_some(OBJECTS, least=0 if fields else 1)):
        fields |= draw(_object(name, num_events, shape))
    return ak.Array(fields)


@st.composite
def schemas(
    draw: DrawFn,
    /,
    array: ak.Array,
    *,
    layouts: Sequence[Layout] = ("columns", "compound", "ragged"),
    truncate: bool = True,
    **options: Any,
) -> Schema:
    """Schemas that fit an array of events.

    Args:
        draw: Given by hypothesis.
        array: The events.
        layouts: Layouts to choose from.
        truncate: Pads may be smaller than the largest multiplicity; they lie around it.
        options: Passed on to :meth:`Schema.from_awkward`.
    """
    from ..schema.schema import Schema

    layout = draw(st.sampled_from(list(layouts)))
    full = Schema.from_awkward(array, layout="columns", **options)
    pads = {}
    for spec in full.objects:
        if spec.pad is not None:
            around = range(max(1, spec.pad - 1) if truncate else spec.pad, spec.pad + 2)
            pads[spec.name] = draw(st.sampled_from([*around]))
    return Schema.from_awkward(array, pad=pads, layout=layout, **options)


@st.composite
def events_and_schema(draw: DrawFn, /, shape: Shape = Shape(), **options: Any) -> tuple[ak.Array, Schema]:
    """Pairs of :func:`events` and :func:`schemas`; options go to the latter."""
    array = draw(events(shape))
    return array, draw(schemas(array, **options))


def _some(names: Sequence[str], *, least: int) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=min(len(names), 3), unique=True)


@st.composite
def _field(draw: DrawFn, size: int, shape: Shape) -> Any:
    if shape.strings and draw(st.integers(0, 3)) == 0:
        texts = draw(st.lists(st.text(max_size=4), min_size=size, max_size=size))
        content: Any = ak.Array(texts) if texts else ak.Array([""])[:0]
    else:
        content = ak.Array(draw(values(draw(st.sampled_from(shape.dtypes)), size)))
    if shape.missing and draw(st.booleans()):
        content = ak.mask(content, draw(npst.arrays(np.bool_, size)))
    return content


@st.composite
def _records(draw: DrawFn, size: int, shape: Shape) -> Any:
    return ak.Array({name: draw(_field(size, shape)) for name in draw(_some(FIELDS, least=1))})


@st.composite
def _object(draw: DrawFn, name: str, num_events: int, shape: Shape) -> dict[str, Any]:
    """The list object ``name``, and beside or inside it an object that hangs on it."""
    outer = draw(counts(num_events, most=shape.max_items))
    size = int(outer.sum())
    if shape.plain_lists and draw(st.integers(0, 3)) == 0:
        return {name: ak.unflatten(draw(_field(size, shape)), outer)}
    items = draw(_records(size, shape))
    if not shape.nested or draw(st.booleans()):
        return {name: ak.unflatten(items, outer)}

    inner = draw(counts(size, most=shape.max_items))
    content_of: Callable[[int, Shape], SearchStrategy[Any]] = _records
    if shape.plain_lists and draw(st.integers(0, 3)) == 0:
        content_of = _field
    nested = ak.unflatten(draw(content_of(int(inner.sum()), shape)), inner)
    if draw(st.booleans()):  # inside the parent's record
        items = ak.with_field(items, nested, f"{name}_parts")
        return {name: ak.unflatten(items, outer)}
    return {name: ak.unflatten(items, outer), f"{name}_parts": ak.unflatten(nested, outer)}
