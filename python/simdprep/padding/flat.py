"""Awkward events to flat contents and offsets: what the core pads and encodes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import AlignmentError, SchemaError, nearest_hint
from ..schema import Field, ObjectSpec, Schema
from .cast import cast
from .categories import Categories

if TYPE_CHECKING:
    import awkward as ak

#: ``(num_items, offsets or None, contents)`` of one object, as the core takes it.
FlatObject = tuple[int, NDArray[np.int64] | None, list[NDArray[Any]]]


@dataclass
class FlatEvents:
    """A run of whole events as flat arrays.

    Attributes:
        num_rows: Rows of the row object.
        num_events: Events; equal to ``num_rows`` where the rows are events.
        objects: One :data:`FlatObject` per object of the schema. Offsets (int64, one per parent
            entry and one more) start at 0; contents have the stored dtypes. Contents may be views
            of the events.
        num_empty_events: Events without rows; 0 where the rows are events.
        missing: How many missing values took the fill value, by ``(object, field)``.
    """

    num_rows: int
    num_events: int
    objects: list[FlatObject]
    num_empty_events: int = 0
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)


class Flattener:
    """Flattens chunks of events to one schema, keeping the string codes between them.

    Args:
        schema: What is stored.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._categories = {
            (spec.name, entry.name): Categories(entry.categories, where=f"object {spec.name}, field {entry.name}")
            for spec in schema.objects
            for entry in spec.fields
            if entry.categories is not None
        }

    @property
    def categories(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Strings met so far, by ``(object, field)``, in order of their codes."""
        return {key: entry.texts for key, entry in self._categories.items()}

    def flatten(self, events: ak.Array) -> FlatEvents:
        """Return ``events`` as flat arrays.

        Args:
            events: One record per event; see :meth:`simdprep.Schema.from_awkward` for the form.

        Raises:
            SchemaError: an object or field is missing, or its type does not fit the schema.
            AlignmentError: a nested object's outer lengths are not its parent's.
        """
        import awkward as ak

        if not isinstance(events, ak.Array):
            raise SchemaError("events", got=type(events).__name__, expected="an awkward array of records")
        top = ak.to_layout(ak.materialize(events))
        result = FlatEvents(len(top), len(top), [])
        lists: dict[str, tuple[NDArray[np.int64], Any]] = {}
        rows = self.schema.rows
        if rows != "events":
            offsets, content = _unwrap(_member(top, rows, "events", self.schema.names), rows)
            lists[rows] = (offsets, content)
            result.num_rows = int(offsets[-1])
            result.num_empty_events = int(np.count_nonzero(np.diff(offsets) == 0))
        for spec in self.schema.objects:
            result.objects.append(self._flatten_object(spec, top, lists, result))
        return result

    def _flatten_object(self, spec: ObjectSpec, top: Any, lists: dict[str, Any], result: FlatEvents) -> FlatObject:
        offsets: NDArray[np.int64] | None = None
        if spec.name == self.schema.rows and spec.name != "events":
            content, count = lists[spec.name][1], result.num_rows
        elif not spec.is_list:
            content = top if spec.name == "events" else _member(top, spec.name, "events", self.schema.names)
            count = len(top)
            if spec.level == "event":
                offsets = lists[self.schema.rows][0]
        else:
            offsets, content = self._unwrap_list(spec, top, lists)
            lists[spec.name] = (offsets, content)
            count = int(offsets[-1])
        return count, offsets, [self._contents(spec, entry, content, count, result) for entry in spec.fields]

    def _unwrap_list(self, spec: ObjectSpec, top: Any, lists: dict[str, Any]) -> tuple[NDArray[np.int64], Any]:
        parent = lists.get(spec.parent or "")
        if parent is None:
            return _unwrap(self._outermost(spec, top), spec.name)
        if spec.embedded:
            if parent[1].is_unknown:  # no event has shown an entry of the parent
                return _unwrap(parent[1], spec.name)
            return _unwrap(_member(parent[1], spec.key, spec.parent or "", ()), spec.name)
        outer, inner = _unwrap(self._outermost(spec, top), spec.name)
        chain = [spec.parent]
        while self.schema.rows != "events" and chain[-1] != self.schema.rows and chain[-1] in self.schema.names:
            chain.append(self.schema.object(chain[-1] or "").parent)
        for name in reversed(chain[1:]):
            _check_alignment(outer, lists[name or ""][0], spec, name)
            outer, inner = _unwrap(inner, spec.name)
        _check_alignment(outer, parent[0], spec, spec.parent)
        return _unwrap(inner, spec.name)

    def _outermost(self, spec: ObjectSpec, top: Any) -> Any:
        if spec.name in top.fields:
            return top[spec.name]
        # A parent without fields only carries counts: those of the outer lists of what hangs on it.
        children = [child for child in self.schema.children(spec.name) if not child.embedded]
        if not spec.fields and children:
            return _member(top, children[0].name, "events", self.schema.names)
        return _member(top, spec.name, "events", self.schema.names)

    def _contents(self, spec: ObjectSpec, entry: Field, content: Any, count: int, result: FlatEvents) -> NDArray[Any]:
        where = f"object {spec.name}, field {entry.name}"
        if content.fields or content.is_record:
            leaf = _member(content, entry.name, spec.name, spec.field_names)
        elif content.is_unknown or (entry.name == "value" and len(spec.fields) == 1):
            leaf = content
        else:
            raise SchemaError("object", got=f"type {content.form.type}", expected="records", where=where)
        values, missing = self._numbers(leaf[:count], spec, entry, where)
        if len(values) != count:
            raise AlignmentError("values", got=len(values), expected=f"one per entry, {count}", where=where)
        if missing is None:
            return cast(values, entry.dtype, where=where)
        result.missing[spec.name, entry.name] += int(missing.sum())
        filled = np.full(count, entry.fill, entry.numpy_dtype)
        filled[~missing] = cast(values[~missing], entry.dtype, where=where)
        return filled

    def _numbers(
        self, leaf: Any, spec: ObjectSpec, entry: Field, where: str
    ) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Values of a leaf (one per entry) and which of them are missing."""
        import awkward as ak

        missing: NDArray[np.bool_] | None = None
        if leaf.is_option:
            missing = np.asarray(leaf.mask_as_bool(valid_when=False))
            inner, _ = self._numbers(leaf.project(), spec, entry, where)
            values = np.zeros(len(missing), inner.dtype)
            values[~missing] = inner
            return values, missing
        if leaf.is_indexed:
            return self._numbers(leaf.project(), spec, entry, where)
        codes = self._categories.get((spec.name, entry.name))
        if leaf.is_list and leaf.parameter("__array__") in ("string", "bytestring"):
            if codes is None:
                raise SchemaError("values", got="strings", expected=f"numbers of dtype {entry.dtype}", where=where)
            return codes.encode(ak.to_list(leaf)), None
        if leaf.is_unknown:
            return np.zeros(len(leaf), entry.numpy_dtype), None
        if not leaf.is_numpy or codes is not None or leaf.inner_shape:
            rule = "strings" if codes is not None else f"one number of dtype {entry.dtype} per entry"
            raise SchemaError("values", got=f"type {leaf.form.type}", expected=rule, where=where)
        return np.asarray(leaf.data), None


def _member(layout: Any, name: str, owner: str, stored: tuple[str, ...]) -> Any:
    if layout.is_record and layout.is_tuple is False and name in layout.fields:
        return layout[name]
    if (layout.is_option or layout.is_indexed) and name in layout.fields:
        return layout[name]
    raise SchemaError(
        "missing in the events",
        got=f"no {name!r} among {len(layout.fields)} fields",
        expected="all that the schema names",
        where=f"object {owner}",
        hint=nearest_hint(name, layout.fields, otherwise=", ".join(layout.fields[:10]) or None),
    )


def _unwrap(layout: Any, name: str) -> tuple[NDArray[np.int64], Any]:
    """Offsets (int64, from 0) and content of a layout of lists; missing lists count as empty ones."""
    import awkward as ak

    if layout.is_option:
        layout = ak.to_layout(ak.fill_none(ak.Array(layout), [], axis=0))
    while layout.is_indexed:
        layout = layout.project()
    if layout.is_numpy and layout.inner_shape:
        layout = layout.to_RegularArray()
    if layout.is_unknown:  # lists of a type that no event has shown
        return np.zeros(len(layout) + 1, np.int64), layout
    if not layout.is_list or layout.parameter("__array__") in ("string", "bytestring"):
        raise SchemaError("object", got=f"type {layout.form.type}", expected="lists", where=f"object {name}")
    listed = layout.to_ListOffsetArray64(True)
    offsets = np.ascontiguousarray(np.asarray(listed.offsets.data), dtype=np.int64)
    content = listed.content[: int(offsets[-1])]
    while content.is_indexed and not content.is_option:
        content = content.project()
    return offsets, content


def _check_alignment(got: NDArray[np.int64], wanted: NDArray[np.int64], spec: ObjectSpec, parent: str | None) -> None:
    if np.array_equal(got, wanted):
        return
    counts, parents = np.diff(got), np.diff(wanted)
    if len(counts) == len(parents):
        entry = int(np.argmax(counts != parents))
        text, rule = f"{counts[entry]} lists at entry {entry}", f"one per entry of {parent}, {parents[entry]}"
    else:
        text, rule = f"{len(counts)} entries", f"as many as {parent}, {len(parents)}"
    raise AlignmentError("outer lengths of a nested object", got=text, expected=rule, where=f"object {spec.name}")
