"""Describing an awkward array of events as objects and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SchemaError
from .field import DTYPES, Field
from .object_spec import Level, ObjectSpec

if TYPE_CHECKING:
    import awkward as ak

Pads = int | str | Mapping[str, int | str] | None


@dataclass
class _Found:
    """An object met on the way through the array's type."""

    name: str
    depth: int
    parent: _Found | None
    embedded: bool
    fields: list[Field] = field(default_factory=list)
    counts: Any = None


def describe(
    events: ak.Array, *, pad: Pads, layout: str, rows: str, parents: Mapping[str, str]
) -> tuple[ObjectSpec, ...]:
    """Return the objects of an array of events, in the order of its fields.

    Args:
        events: One record per event, as in :meth:`Schema.from_awkward`.
        pad: Slots per object; ``None`` and ``"max"`` take the largest multiplicity.
        layout: ``ragged`` makes the list objects ragged, the others padded.
        rows: The row object.
        parents: The object that doubly nested lists hang on, by name, where equal counts do not tell.

    Raises:
        SchemaError: a field's type cannot be stored, or names collide.
    """
    import awkward as ak

    if not isinstance(events, ak.Array) or not ak.fields(events):
        raise SchemaError(
            "events", got=type(events).__name__, expected="an awkward array of records with at least one field"
        )
    found = _unique([entry for entry in list(_walk(events, parents)) if entry.depth > 0 or entry.fields])
    if rows == "events":
        base, hangs_on = 0, "events"
    else:
        base, hangs_on = 1, rows
        if not any(entry.name == rows and entry.depth == 1 for entry in found):
            raise SchemaError("row object", got=repr(rows), expected="'events' or a list of records of the events")
    if (rows != "events" or layout == "compound") and not any(entry.depth == 0 for entry in found):
        found.insert(0, _Found("events", 0, None, False))
    specs = []
    for entry in found:
        depth = entry.depth - base
        if entry.depth == 0:
            specs.append(ObjectSpec(entry.name, tuple(entry.fields), level="row" if base == 0 else "event"))
        elif entry.name == rows:
            specs.append(ObjectSpec(entry.name, tuple(entry.fields), level="row"))
        elif base == 1 and depth == 0:
            raise SchemaError(
                "object above the rows",
                got=repr(entry.name),
                expected=f"objects that hang on the row object {rows!r}",
                hint=f"leaving {entry.name} out, or rows 'events'",
            )
        else:
            level: Level = "ragged" if layout == "ragged" else "padded"
            specs.append(
                ObjectSpec(
                    entry.name,
                    tuple(entry.fields),
                    level=level,
                    parent=hangs_on if entry.parent is None else entry.parent.name,
                    pad=_pad_of(entry, pad, required=level == "padded"),
                    embedded=entry.embedded,
                )
            )
    return tuple(specs)


def _pad_of(entry: _Found, pad: Pads, *, required: bool) -> int | None:
    rule: int | str | None = pad.get(entry.name, pad.get("*")) if isinstance(pad, Mapping) else pad
    if rule is None and not required:
        return None
    if rule is None or rule == "max":
        largest = int(np.max(entry.counts)) if len(entry.counts) else 0
        return max(largest, 1)
    if isinstance(rule, (str, bool)) or not 1 <= rule < 1 << 63:
        raise SchemaError(
            "pad", got=repr(rule), expected="a number of slots of at least 1, or 'max'", where=f"object {entry.name}"
        )
    return int(rule)


def _walk(events: ak.Array, parents: Mapping[str, str]) -> Iterator[_Found]:
    """Yield the objects of all fields, what hangs on nothing first."""
    import awkward as ak

    top = _Found("events", 0, None, False)
    yield top
    lists: list[_Found] = []
    nested: list[tuple[str, int]] = []
    for name in ak.fields(events):
        array = events[name]
        depth = _list_depth(array)
        if depth == 0 and not ak.fields(array):
            top.fields.append(field_of(array, name, f"field {name}"))
        elif depth == 0:
            yield _Found(
                name, 0, None, False, [field_of(array[key], key, f"field {name}.{key}") for key in ak.fields(array)]
            )
        elif depth == 1:
            for entry in _visit_list(array, name, 1, None):
                lists.append(entry)
                yield entry
        else:
            nested.append((name, depth))
    for name, depth in nested:
        array = events[name]
        base = [entry for entry in lists if entry.depth == depth - 1]
        parent = _parent_of(array, name, depth, base, parents)
        if parent is None:
            # Lists of lists on no object that is there: one without fields carries the outer counts.
            if depth > 2:
                raise SchemaError(
                    "nesting", got=f"{depth} levels of lists", expected="an object for each outer level", where=name
                )
            parent = _Found(f"{name}_list", 1, None, False, counts=_counts(array, 1))
            yield parent
        for entry in _visit_list(array, name, depth, parent):
            lists.append(entry)
            yield entry


def _parent_of(
    array: ak.Array, name: str, depth: int, candidates: list[_Found], parents: Mapping[str, str]
) -> _Found | None:
    """The object whose entries these lists belong to: named, else of equal counts, names with a common start first."""
    outer = _counts(array, depth - 1)
    if name in parents:
        candidates = [entry for entry in candidates if entry.name == parents[name]]
    fitting = [entry for entry in candidates if np.array_equal(entry.counts, outer)]
    if name in parents and not fitting:
        raise SchemaError(
            "parent", got=repr(parents[name]), expected=f"an object with the outer lengths of {name}", where=name
        )
    fitting.sort(key=lambda entry: not name.startswith(entry.name))
    return fitting[0] if fitting else None


def _visit_list(array: ak.Array, name: str, depth: int, parent: _Found | None) -> Iterator[_Found]:
    """Yield the object of a field with ``depth`` list levels, then those inside its records."""
    import awkward as ak

    entry = _Found(name, depth, parent, False, counts=_counts(array, depth))
    yield entry
    if not ak.fields(array):
        entry.fields.append(field_of(array, "value", f"object {name}"))
        return
    for key in ak.fields(array):
        content = array[key]
        inner_depth = _list_depth(content)
        if inner_depth <= depth:
            entry.fields.append(field_of(content, key, f"field {name}.{key}"))
            continue
        if inner_depth > depth + 1:
            raise SchemaError(
                "nesting",
                got=f"{inner_depth - depth} levels of lists in a record",
                expected="one",
                where=f"field {name}.{key}",
            )
        inside = list(_visit_list(content, key, inner_depth, entry))
        inside[0].embedded = True
        yield from inside


def _unique(found: list[_Found]) -> list[_Found]:
    """Name the objects inside records: by their field, with the parent's name before it where that is needed.

    It is needed for a list of plain numbers, and where the name is taken. ``ObjectSpec.key`` takes it off again, so
    that a field which begins with the parent's name gets it once more.
    """
    seen = {entry.name for entry in found if not entry.embedded}
    for entry in found:
        if not entry.embedded or entry.parent is None:
            continue
        owner = f"{entry.parent.name}_"
        plain = [field.name for field in entry.fields] == ["value"]
        if plain or entry.name in seen or entry.name.startswith(owner):
            entry.name = owner + entry.name
        seen.add(entry.name)
    return found


def _list_depth(array: ak.Array) -> int:
    """List levels below the events, of fixed length too; options are looked through."""
    import awkward as ak

    layout = ak.to_layout(array)
    depth = 0
    while True:
        if layout.is_option or layout.is_indexed:
            layout = layout.content
        elif layout.is_list and layout.parameter("__array__") not in ("string", "bytestring"):
            depth += 1
            layout = layout.content
        else:
            return depth + (len(layout.inner_shape) if layout.is_numpy else 0)


def _counts(array: ak.Array, depth: int) -> Any:
    import awkward as ak

    counts = ak.num(array, axis=depth)
    return ak.to_numpy(ak.flatten(counts, axis=None)) if depth > 1 else ak.to_numpy(counts)


def field_of(array: ak.Array, name: str, where: str) -> Field:
    """Describe a field by the type of its values, looking through lists and missing values.

    Raises:
        SchemaError: the values are neither numbers nor bools nor strings.
    """
    import awkward as ak

    layout = ak.to_layout(array)
    while layout.is_list or layout.is_option or layout.is_indexed:
        if layout.parameter("__array__") == "string":
            return Field(name, "int32", categories=())
        layout = layout.content
    dtype = str(layout.dtype) if layout.is_numpy else ""
    if dtype not in DTYPES:
        raise SchemaError(
            "field",
            got=f"type {ak.type(array)}",
            expected="numbers, bools or strings, in at most two levels of lists",
            where=where,
            hint="leaving it out, or splitting it into fields of its own",
        )
    return Field(name, dtype)
