"""Field: one number of an object, as it is stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import SchemaError

#: Every dtype a field can be stored with, as spelled in schemas and configs.
DTYPES: tuple[str, ...] = (
    "bool",
    "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64",
)  # fmt: skip

#: Most categories a string field may have (format 1).
MAX_CATEGORIES = 65_535

FillValue = bool | int | float


def default_fill(dtype: str) -> FillValue:
    """Return the fill value ATLAS files use for ``dtype``: NaN, -1 (signed), 0 (unsigned), False."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return False
    if kind == "f":
        return math.nan
    return -1 if kind == "i" else 0


def check_fill(dtype: str, fill: object, *, where: str) -> FillValue:
    """Return ``fill`` as a Python scalar that ``dtype`` holds exactly.

    Raises:
        SchemaError: the value is not a number, or the dtype cannot hold it.
    """
    rule = f"a value that {dtype} can hold"
    if not isinstance(fill, (bool, int, float, np.bool_, np.integer, np.floating)):
        raise SchemaError("fill value", got=repr(fill), expected=rule, where=where)
    kind = np.dtype(dtype).kind
    if kind == "b":
        if fill not in (0, 1):
            raise SchemaError("fill value", got=repr(fill), expected="true or false", where=where)
        return bool(fill)
    if kind == "f":
        value = float(fill)
        if math.isfinite(value) and abs(value) > float(np.finfo(dtype).max):
            raise SchemaError("fill value", got=repr(fill), expected=rule, where=where)
        return value
    info = np.iinfo(dtype)
    if not math.isfinite(fill) or fill != int(fill) or not info.min <= int(fill) <= info.max:
        raise SchemaError("fill value", got=repr(fill), expected=rule, where=where)
    return int(fill)


def utf8_text(text: str) -> str:
    """Return ``text`` as a file can hold it: bytes of the input that are no UTF-8 are spelled ``\\udc80`` and so on."""
    return text.encode("utf-8", "backslashreplace").decode()


def check_utf8(name: str, what: str) -> None:
    """Raise unless ``name`` is text that UTF-8 can hold.

    Raises:
        SchemaError: it has bytes of an input that are no UTF-8.
    """
    if utf8_text(name) != name:
        raise SchemaError(what, got=ascii(name), expected="text in UTF-8", hint="renaming it")


@dataclass(frozen=True)
class Field:
    """One number of an object, as it is stored.

    Attributes:
        name: The name in the file.
        dtype: One of :data:`DTYPES`.
        fill: Value of padded slots and of missing values; ``None`` takes :func:`default_fill`.
        unit: Unit of the values, e.g. ``GeV``; empty when unknown or none.
        description: One line for a reader of the file.
        categories: For a string field, its strings in order of their int32 codes; else ``None``.
    """

    name: str
    dtype: str
    fill: FillValue | None = None
    unit: str = ""
    description: str = ""
    categories: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_utf8(self.name, "field name")
        where = f"field {self.name!r}"
        for key in ("unit", "description"):
            object.__setattr__(self, key, utf8_text(getattr(self, key)))
        if self.dtype not in DTYPES:
            raise SchemaError("dtype", got=repr(self.dtype), expected="one of " + ", ".join(DTYPES), where=where)
        fill = default_fill(self.dtype) if self.fill is None else check_fill(self.dtype, self.fill, where=where)
        object.__setattr__(self, "fill", fill)
        if self.categories is not None:
            object.__setattr__(self, "categories", tuple(map(utf8_text, self.categories)))
            if self.dtype != "int32":
                raise SchemaError("dtype of a string field", got=self.dtype, expected="int32", where=where)
            if len(self.categories) > MAX_CATEGORIES:
                raise SchemaError(
                    "categories of a string field",
                    got=len(self.categories),
                    expected=f"at most {MAX_CATEGORIES}",
                    where=where,
                    hint="leaving the field out, or hashing it before writing",
                )

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The numpy dtype of the stored values."""
        return np.dtype(self.dtype)

    @property
    def is_string(self) -> bool:
        """True where the stored int32 codes stand for strings."""
        return self.categories is not None
