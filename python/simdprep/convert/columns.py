"""Columns: what is stored of objects of one kind, as named getters; the Python form of the C++ class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from ..schema import Field
from ..schema.field import FillValue

Getter = Callable[[Any], Any]

#: What a field is stored as if no value was ever seen: the type of Python's floats.
_UNSEEN = "float64"


@dataclass
class Column:
    """One getter: one field, or several where it returns a list.

    Attributes:
        name: Of the field, or of the fields without their ``_0``, ``_1``, ...
        getter: Called with an object.
        dtype: Of the stored values; ``None`` for that of the first value.
        fill: Of empty slots and missing values; ``None`` for that of the dtype.
        unit: Of the values.
        description: For readers of the file.
        length: Values of a list; ``None`` for a single number or if no value was seen yet.
        found: The dtype of the first value; ``None`` if no value was seen yet.
    """

    name: str
    getter: Getter
    dtype: str | None = None
    fill: FillValue | None = None
    unit: str = ""
    description: str = ""
    length: int | None = None
    found: str | None = None

    def values_of(self, item: Any, where: str) -> Sequence[Any]:
        """Call the getter; returns as many values as there are fields.

        Raises:
            SchemaError: the value is no number, nor a list of as many numbers as the first one.
        """
        value = self.getter(item)
        if self.found is None and value is not None:
            self._learn(value, where)
        if self.length is None:
            if isinstance(value, (int, float, np.generic)) or value is None:
                return (value,)
            raise SchemaError("value", got=type(value).__name__, expected="a number, or None", where=self._place(where))
        if value is None:
            return (None,) * self.length
        values = tuple(value) if _is_list(value) else (value,)
        if len(values) != self.length:
            rule = f"{self.length}, as in the first"
            raise SchemaError("length of a list", got=len(values), expected=rule, where=self._place(where))
        return values

    def _learn(self, value: Any, where: str) -> None:
        if _is_list(value):
            self.length = len(value)
        first = value[0] if _is_list(value) and len(value) else value
        array = np.asarray(first)
        if array.shape != () or array.dtype.kind not in "biuf" or self.length == 0:
            got = "an empty list" if self.length == 0 else type(first).__name__
            rule = "a number, a bool, or a list of them"
            raise SchemaError("value", got=got, expected=rule, where=self._place(where))
        self.found = array.dtype.name

    def _place(self, where: str) -> str:
        return f"{where}, field {self.name}"

    @property
    def names(self) -> list[str]:
        """Names of the fields."""
        return [self.name] if self.length is None else [f"{self.name}_{index}" for index in range(self.length)]

    @property
    def fields(self) -> list[Field]:
        """What the schema says of the fields."""
        dtype = self.dtype or self.found or _UNSEEN
        return [Field(name, dtype, self.fill, self.unit, self.description) for name in self.names]


@dataclass
class Columns:
    """Named getters of one kind of object, in stored order.

    ::

        jets = sp.Columns().add("pt", lambda jet: jet.pt, unit="GeV").add("charge", lambda jet: jet.q, dtype="int8")
    """

    columns: list[Column] = field(default_factory=list)

    def add(
        self,
        name: str,
        getter: Getter,
        *,
        dtype: str | None = None,
        fill: FillValue | None = None,
        unit: str = "",
        description: str = "",
    ) -> Self:
        """Add a field, or one per value (``name_0``, ``name_1``, ...) where the getter returns lists; returns itself.

        Args:
            name: Of the field.
            getter: Called with one object; returns a number or bool, ``None`` for a missing one, or a list of them,
                always as many.
            dtype: Of the stored values. By default that of the first value: ``float64`` for a Python ``float``,
                ``int64`` for an ``int``, the own one of a numpy number.
            fill: Of empty slots and missing values; by default NaN, -1, 0 or false by dtype.
            unit: Of the values, e.g. ``GeV``.
            description: One line for readers of the file.

        Raises:
            SchemaError: there is such a field, or dtype or fill value do not fit.
        """
        if name in [column.name for column in self.columns]:
            raise SchemaError("field named twice", got=repr(name), expected="distinct names")
        if dtype is not None:
            Field(name, dtype, fill)  # checks both
        self.columns.append(Column(name, getter, dtype, fill, unit, description))
        return self

    @classmethod
    def of(cls, columns: Columns | Mapping[str, Getter]) -> Columns:
        """Return a copy that learns dtypes of its own; a mapping gives names and getters."""
        if isinstance(columns, Columns):
            return cls([
                Column(old.name, old.getter, old.dtype, old.fill, old.unit, old.description) for old in columns.columns
            ])  # fmt: skip
        made = cls()
        for name, getter in columns.items():
            made.add(name, getter)
        return made

    @property
    def fields(self) -> list[Field]:
        """What the schema says of them."""
        return [entry for column in self.columns for entry in column.fields]


def _is_list(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(value) == 1


def array_of(values: list[Any], where: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return values as an array, and which of them are there; ``None`` if all are.

    Raises:
        SchemaError: they are not numbers, or integers that no dtype holds.
    """
    there = None
    if any(value is None for value in values):
        there = np.array([value is not None for value in values])
        default = next((value for value in values if value is not None), 0)
        values = [default if value is None else value for value in values]
    try:
        array = np.asarray(values) if values else np.empty(0)
    except (ValueError, OverflowError) as error:
        raise SchemaError("values", got=str(error), expected="numbers", where=where) from error
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise SchemaError("values", got=f"dtype {array.dtype}", expected="numbers, one for each object", where=where)
    return array, there
