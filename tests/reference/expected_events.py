"""What `events()` must give back: the events that were written, up to truncation and missing numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import awkward as ak
import numpy as np

from simdprep import Schema
from simdprep.schema import Field, ObjectSpec


def expected_events(events: ak.Array, schema: Schema) -> ak.Array:
    """Return ``events`` as a file of this schema holds them.

    Lists end at their pad; a missing number is the fill value, a missing string stays missing. In
    layout compound with another row object events without rows are gone.
    """
    found = events
    for spec in schema.objects:
        if spec.level == "padded":
            found = _truncated(found, spec, schema)
    for spec in schema.objects:
        for field in spec.fields:
            found = _with_leaf(found, spec, field)
    if schema.layout == "compound" and schema.rows != "events":
        found = found[ak.num(events[schema.rows]) > 0]
    return found


def list_parent(spec: ObjectSpec, schema: Schema) -> ObjectSpec | None:
    """The object of several entries per event that one hangs on."""
    if not spec.is_list or spec.parent in (None, "events"):
        return None
    return schema.object(spec.parent)


def _truncated(events: ak.Array, spec: ObjectSpec, schema: Schema) -> ak.Array:
    if spec.embedded:
        outer = events[spec.parent]
        return ak.with_field(events, ak.with_field(outer, _cut(outer[spec.key], 2, spec.pad), spec.key), spec.parent)
    if spec.name not in events.fields:
        return events  # it has no fields, and only carries the outer lengths of another
    lists, parent, depth = events[spec.name], list_parent(spec, schema), 1
    if parent is not None:
        depth = 2
        if parent.level == "padded":
            lists = _cut(lists, 1, parent.pad)
    return ak.with_field(events, _cut(lists, depth, spec.pad), spec.name)


def _cut(lists: ak.Array, depth: int, pad: int | None) -> ak.Array:
    return lists[:, :pad] if depth == 1 else lists[:, :, :pad]


def _with_leaf(events: ak.Array, spec: ObjectSpec, field: Field) -> ak.Array:
    """Fill what is missing in one field."""

    def at(array: Any, path: list[str], change: Callable[[Any], Any]) -> Any:
        if not path:
            return change(array)
        return ak.with_field(array, at(array[path[0]], path[1:], change), path[0])

    def filled(array: Any) -> Any:
        if field.is_string:
            return array
        return ak.values_astype(ak.fill_none(array, np.array(field.fill, field.dtype)[()], axis=None), field.dtype)

    path = [] if spec.name == "events" else [spec.name]
    if spec.embedded:
        path = [spec.parent or "", spec.key]
    owner: Any = events
    for name in path:
        owner = owner[name]
    if field.name in owner.fields:
        path.append(field.name)
    return at(events, path, filled)
