"""Stored columns: the fields of a frame as they are stored, row by row."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..padding import Categories
from ..padding.cast import cast
from ..schema import Field, ObjectSpec
from ..transforms.catalog import Path
from ..transforms.frame import Frame, Value
from .flat_rows import Columns, FlatRows
from .setting import Setting


class StoredColumns:
    """Takes the stored fields out of frames, keeping the codes of texts between them.

    Attributes:
        missing: Missing values that took the fill value, by ``(object, field)``.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._added = setting.added
        self.missing: Counter[tuple[str, str]] = Counter()
        self._categories = {
            (spec.name, entry.name): Categories(entry.categories, where=f"object {spec.name}, field {entry.name}")
            for spec in setting.schema.objects
            for entry in spec.fields
            if entry.categories is not None
        }

    @property
    def categories(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Texts met so far, by ``(object, field)``, in order of their codes."""
        return {key: entry.texts for key, entry in self._categories.items()}

    def rows(self, frame: Frame) -> FlatRows:
        """Return all rows of a frame; those fields that prepare adds are left out.

        Raises:
            SchemaError: values do not fit the dtype they are stored with.
        """
        home = frame.catalog[self._setting.home].path
        schema = self._setting.schema
        objects = {spec.name: self._object(frame, spec, home) for spec in schema.objects}
        return FlatRows(schema, frame.length(home), objects)

    def _object(self, frame: Frame, spec: ObjectSpec, home: Path) -> Columns:
        counts = frame.counts(spec.name) if spec.is_list else None
        sources = {stored: source for source, stored in self._setting.recipe.fields.get(spec.name, {}).items()}
        fields: dict[str, NDArray[Any]] = {}
        for entry in spec.fields:
            if spec.name == self._setting.home and entry.name in self._added:
                continue
            values = self._values(frame, spec, entry, sources[entry.name])
            if counts is None:  # of the event, and each of its rows has it
                values = frame.lifted(Value(frame.catalog[spec.name].path, values), home).data
            fields[entry.name] = values
        return Columns(counts, fields)

    def _values(self, frame: Frame, spec: ObjectSpec, entry: Field, source: str) -> NDArray[Any]:
        codes = self._categories.get((spec.name, entry.name))
        if codes is not None:
            return self._coded(frame, spec, source, codes)
        value = frame.value(spec.name, source)
        where = f"object {spec.name}, field {entry.name}"
        if value.missing is None:
            return cast(value.data, entry.dtype, where=where)
        self.missing[spec.name, entry.name] += int(value.missing.sum())
        filled = np.full(len(value.data), entry.fill, entry.numpy_dtype)
        filled[~value.missing] = cast(value.data[~value.missing], entry.dtype, where=where)
        return filled

    def _coded(self, frame: Frame, spec: ObjectSpec, source: str, codes: Categories) -> NDArray[Any]:
        import awkward as ak

        table = frame.tables[spec.name]
        column = table.columns[source]
        present = column if table.positions is None else column[table.positions]
        return codes.encode(ak.to_list(present))
