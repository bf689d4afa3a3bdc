"""Awkward events as the entries of their objects, by plain Python."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import awkward as ak
import numpy as np

from tests.reference.format_oracle import Entries, fill_of


def entries_of(schema: Mapping[str, Any], events: ak.Array) -> dict[str, Entries]:
    """Return the entries of every object of a schema (the JSON of ``simdprep_schema``)."""
    return {spec["name"]: _entries(schema, spec, events) for spec in schema["objects"]}


def missing_of(schema: Mapping[str, Any], events: ak.Array) -> dict[tuple[str, str], int]:
    """How many values are missing, by object and field, where any are."""
    found = {}
    for spec in schema["objects"]:
        for field in spec["fields"]:
            count = sum(value is None for value in _values(schema, spec, field["name"], events))
            if count:
                found[spec["name"], field["name"]] = count
    return found


def with_categories(schema: Mapping[str, Any], events: ak.Array) -> dict[str, Any]:
    """Return the schema with the strings of every string field, in order of first appearance."""
    filled = copy.deepcopy(dict(schema))
    for spec in filled["objects"]:
        for field in spec["fields"]:
            if field["categories"] is not None:
                texts = _values(filled, spec, field["name"], events)
                field["categories"] = list(dict.fromkeys(text for text in texts if text is not None))
    return filled


def _entries(schema: Mapping[str, Any], spec: Mapping[str, Any], events: ak.Array) -> Entries:
    values = {}
    for field in spec["fields"]:
        raw = _values(schema, spec, field["name"], events)
        if field["categories"] is not None:
            codes = {text: code for code, text in enumerate(field["categories"])}
            raw = [None if text is None else codes[text] for text in raw]
        fill = fill_of(field)
        values[field["name"]] = np.array([fill if value is None else value for value in raw], field["dtype"])
    counts = None
    if _is_list(schema, spec):
        counts = np.array(list(_counts(_whole(schema, spec, events), _depth(schema, spec) - 1)), np.int64)
    return Entries(values, counts)


def _is_list(schema: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    return spec["level"] in ("padded", "ragged") or spec["name"] == schema["rows"] != "events"


def _depth(schema: Mapping[str, Any], spec: Mapping[str, Any]) -> int:
    """List levels of an object below the events."""
    if not _is_list(schema, spec):
        return 0
    if spec["name"] == schema["rows"] or spec["parent"] == "events":
        return 1
    return 1 + _depth(schema, _object(schema, spec["parent"]))


def _object(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(spec for spec in schema["objects"] if spec["name"] == name)


def _whole(schema: Mapping[str, Any], spec: Mapping[str, Any], events: ak.Array) -> list[Any]:
    """The lists of an object as Python lists; of one without fields, those of what hangs on it."""
    path = [spec["name"]]
    while spec["embedded"]:  # a field of its parent's record, there without the parent's name
        path[:1] = [spec["parent"], spec["name"].removeprefix(f"{spec['parent']}_")]
        spec = _object(schema, spec["parent"])
    if path[0] not in events.fields:
        path = [next(other["name"] for other in schema["objects"] if other["parent"] == path[0])]
    array = events
    for key in path:
        array = array[key]
    return ak.to_list(array)


def _values(schema: Mapping[str, Any], spec: Mapping[str, Any], field: str, events: ak.Array) -> list[Any]:
    if spec["name"] == "events":
        return ak.to_list(events[field])
    if not _is_list(schema, spec):
        return ak.to_list(events[spec["name"]][field])
    entries = list(_flat(_whole(schema, spec, events), _depth(schema, spec)))
    is_plain = not any(isinstance(entry, Mapping) for entry in entries) and spec["fields"][0]["name"] == "value"
    return entries if is_plain else [entry[field] for entry in entries]


def _flat(lists: list[Any], depth: int) -> Iterator[Any]:
    """The entries ``depth`` levels down."""
    if depth == 0:
        yield from lists
    else:
        for entry in lists:
            yield from _flat(entry, depth - 1)


def _counts(lists: list[Any], depth: int) -> Iterator[int]:
    """The lengths of the lists ``depth`` levels down."""
    for entry in lists:
        if depth == 0:
            yield len(entry)
        else:
            yield from _counts(entry, depth - 1)
