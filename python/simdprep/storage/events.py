"""Events: a range of events as one awkward array whose fields are read when they are touched, or single fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import awkward as ak
import numpy as np
from awkward.forms import Form, IndexedOptionForm, ListOffsetForm, NumpyForm, RecordForm
from numpy.typing import NDArray

from ..schema import EVENTS, Field, ObjectSpec, Schema
from .event_window import EventWindow
from .parts import Parts


def lazy_events(parts: Parts, start: int, stop: int) -> ak.Array:
    """Return the events [start, stop) of a dataset.

    Args:
        parts: Of the dataset.
        start: First event.
        stop: One past the last event; within the dataset.

    Returns:
        Records, one per event. The fields of ``events`` are numbers of the record; another row-level
        object is a record of numbers; a list object a list of records (of numbers, where its only
        field is ``value``); a nested one a list of lists, or a field of its parent's record where
        the schema says ``embedded``. Padded objects are as they were before padding, up to
        truncation. Strings are strings, and missing where their code is none of the list. An object
        without fields that only carries the outer lengths of another is not there.
    """
    from .behaviours import BEHAVIOUR

    builder = _Builder(parts.schema, EventWindow(parts, start, stop))
    form = builder.form()
    return ak.from_buffers(form, max(stop - start, 0), builder.buffers, behavior=BEHAVIOUR)


def event_columns(parts: Parts, start: int, stop: int, names: Iterable[tuple[str, str]]) -> list[ak.Array]:
    """Return fields of the events [start, stop), each an array of its own, in the lists of its object; read at once.

    Args:
        parts: Of the dataset.
        start: First event.
        stop: One past the last event; within the dataset.
        names: Objects and their fields.

    Returns:
        What the fields of :func:`lazy_events` are; a field that is embedded lies in the lists of its parent, too.
    """
    builder = _Builder(parts.schema, EventWindow(parts, start, stop))
    found = []
    for owner, field in names:
        spec = parts.schema.object(owner)
        form = builder.column(spec, spec.field(field))
        buffers = {key: builder.buffers[key]() for key in form.expected_from_buffers()}
        found.append(ak.from_buffers(form, max(stop - start, 0), buffers))
    return found


class _Builder:
    """Builds the form of a range of events and the functions that read its buffers."""

    def __init__(self, schema: Schema, window: EventWindow) -> None:
        self.buffers: dict[str, Callable[[], NDArray[Any]]] = {}
        self._schema = schema
        self._window = window

    def form(self) -> Form:
        fields: dict[str, Form] = {}
        for spec in self._schema.objects:
            if spec.name == EVENTS:
                fields |= {field.name: self._leaf(spec, field) for field in spec.fields}
            elif not self._is_nested(spec) and self._schema.rows == EVENTS:
                if spec.fields:
                    fields[spec.name] = self._record(spec)
            elif not spec.embedded and not self._only_counts(spec):
                fields[spec.name] = self._lists(spec)
        return RecordForm(list(fields.values()), list(fields))

    def column(self, spec: ObjectSpec, field: Field) -> Form:
        """Return the form of a field alone, in the lists that its object lies in."""
        form = self._leaf(spec, field)
        return self._wrapped(spec, form) if self._is_nested(spec) else form

    def _is_nested(self, spec: ObjectSpec) -> bool:
        """True for what an event has several of."""
        return spec.is_list or (self._schema.rows != EVENTS and spec.name == self._schema.rows)

    def _only_counts(self, spec: ObjectSpec) -> bool:
        children = self._schema.children(spec.name)
        return spec.is_list and not spec.fields and any(not child.embedded for child in children)

    def _lists(self, spec: ObjectSpec) -> Form:
        """The lists of an object that stands at the top: one level for each object it hangs on."""
        return self._wrapped(spec, self._content(spec))

    def _wrapped(self, spec: ObjectSpec, form: Form) -> Form:
        level: ObjectSpec | None = spec
        while level is not None:
            form = self._list(level, form, of=spec)
            level = self._outer(level)
        return form

    def _outer(self, spec: ObjectSpec) -> ObjectSpec | None:
        """The object whose entries the lists of ``spec`` belong to; ``None`` for the event's."""
        if not spec.is_list or spec.parent is None or spec.parent == EVENTS:
            return None
        return self._schema.object(spec.parent)

    def _list(self, level: ObjectSpec, content: Form, *, of: ObjectSpec) -> Form:
        key = f"{of.name}/offsets of {level.name}"

        def offsets() -> NDArray[np.int64]:
            return self._window.rows.offsets(level) if level.is_list else self._window.offsets

        self.buffers[f"{key}-offsets"] = offsets
        return ListOffsetForm("i64", content, form_key=key)

    def _content(self, spec: ObjectSpec) -> Form:
        embedded = [child for child in self._schema.children(spec.name) if child.embedded]
        if spec.field_names == ("value",) and not embedded:
            return self._leaf(spec, spec.fields[0])
        return self._record(spec, embedded)

    def _record(self, spec: ObjectSpec, embedded: list[ObjectSpec] | None = None) -> Form:
        fields = {field.name: self._leaf(spec, field) for field in spec.fields}
        for child in embedded or []:
            fields[child.key] = self._list(child, self._content(child), of=child)
        from .behaviours import record_name

        name = record_name(spec)
        parameters = None if name is None else {"__record__": name}
        return RecordForm(list(fields.values()), list(fields), parameters=parameters)

    def _leaf(self, spec: ObjectSpec, field: Field) -> Form:
        key = f"{spec.name}/{field.name}"

        def values() -> NDArray[Any]:
            if self._is_nested(spec):
                return self._window.rows.content(spec, field.name)
            return self._window.values(spec, field.name)

        if field.categories is None:
            self.buffers[f"{key}-data"] = values
            return NumpyForm(field.dtype, form_key=key)
        return self._strings(key, field.categories, values)

    def _strings(self, key: str, categories: tuple[str, ...], codes: Callable[[], NDArray[Any]]) -> Form:
        def index() -> NDArray[np.int32]:
            found = codes()
            return np.where((found >= 0) & (found < len(categories)), found, -1).astype(np.int32)

        texts = [text.encode() for text in categories]
        offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
        characters = np.frombuffer(b"".join(texts), np.uint8)
        self.buffers[f"{key}-index"] = index
        self.buffers[f"{key}/texts-offsets"] = lambda: offsets
        self.buffers[f"{key}/characters-data"] = lambda: characters
        content = NumpyForm("uint8", parameters={"__array__": "char"}, form_key=f"{key}/characters")
        text = ListOffsetForm("i64", content, parameters={"__array__": "string"}, form_key=f"{key}/texts")
        return IndexedOptionForm("i32", text, form_key=key)
