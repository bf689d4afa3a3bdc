"""Probe: what an expression would compute with: dtypes, numbers and levels, found without any event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .catalog import Catalog, Path
from .evaluate import visited
from .expressions import Expression
from .frame import Frame, Value
from .nodes import Node
from .scope import Scope


class _EmptyFrame(Frame):
    """The frame of no events: fields of their dtypes, and whether some of their values are missing; or of all."""

    def __init__(self, frame: Frame, catalog: Catalog, *, masked: bool) -> None:
        self.catalog = catalog
        self.num_events = 0
        self.fields: dict[tuple[str, str, str | None], Value] = {}
        self._full = frame
        self._masked = masked

    def value(self, name: str, entry: str, text: str | None = None) -> Value:
        full = self._full.value(name, entry, text)
        missing = np.zeros(0, np.bool_) if self._masked or full.missing is not None else None
        self.fields[name, entry, text] = Value(full.path, np.zeros(0, full.data.dtype), missing)
        return self.fields[name, entry, text]

    def counts(self, step: str) -> NDArray[np.int64]:
        return np.zeros(0, np.int64)


@dataclass(frozen=True)
class Kind:
    """What a node of an expression gives.

    Attributes:
        path: Its level.
        dtype: That of its values; ``None`` for a Python number, which takes the dtype of what is beside it.
        number: The number, where it is one.
        may_miss: True where some entries may have no value.
    """

    path: Path
    dtype: np.dtype[Any] | None
    number: bool | int | float | None
    may_miss: bool


@dataclass(frozen=True)
class Probe:
    """What an expression would compute with.

    Attributes:
        kinds: The kind of every node, by its ``id``.
        fields: A value without entries of every field that is read.
    """

    kinds: dict[int, Kind]
    fields: dict[tuple[str, str, str | None], Value]

    def dtype(self, name: str, entry: str, text: str | None = None) -> np.dtype[Any]:
        """Return the dtype of a field; bool where it is compared with a text."""
        dtype: np.dtype[Any] = self.fields[name, entry, text].data.dtype
        return dtype

    def may_miss(self, name: str, entry: str, text: str | None = None) -> bool:
        """Return whether some values of a field are missing."""
        return self.fields[name, entry, text].missing is not None


def probe(expression: Expression, scope: Scope, frame: Frame) -> Probe:
    """Find out what ``expression`` computes with on ``frame``.

    Raises:
        ExpressionError: as :func:`.evaluate.evaluate`.
    """
    found = _probe(expression, scope, _EmptyFrame(frame, scope.catalog, masked=False))
    if all(value.missing is None for value in found.fields.values()):
        return found
    # Where the values of one field are missing, all have a mask: chunks with other holes need no other kernel.
    return _probe(expression, scope, _EmptyFrame(frame, scope.catalog, masked=True))


def _probe(expression: Expression, scope: Scope, empty: _EmptyFrame) -> Probe:
    kinds: dict[int, Kind] = {}

    def note(node: Node, value: Value) -> None:
        if isinstance(value.data, np.ndarray):
            kinds[id(node)] = Kind(value.path, value.data.dtype, None, value.missing is not None)
        else:
            kinds[id(node)] = Kind(value.path, None, value.data, False)

    visited(expression, scope, empty, note)
    return Probe(kinds, empty.fields)
