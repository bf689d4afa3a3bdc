"""PaddedRows: an object with slots, while the rows of a batch are written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .buffers import Buffers
from .plan import Input

Rows = NDArray[np.int64]


class PaddedRows:
    """The slots of some rows; each row is written once.

    Args:
        entry: The object; its slots are limited.
        rows: How many.
        dtype: Of the values.
        channels_first: Fields before slots.
        buffers: Where the memory comes from.
    """

    def __init__(
        self, entry: Input, rows: int, dtype: np.dtype[Any], *, channels_first: bool, buffers: Buffers
    ) -> None:
        self._entry = entry
        self._fields_first = channels_first and bool(entry.slots)
        slots, fields = (entry.outer, entry.inner), (len(entry.fields),)
        self.values = buffers.array((rows, *(fields + slots if self._fields_first else slots + fields)), dtype)
        self.valid = buffers.array((rows, *slots), np.bool_)

    def take(self, gather: _core.Gather, threads: _core.ThreadPool, places: Rows, at: int) -> None:
        """Write rows of a gather, from row ``at`` on."""
        values, valid = self.values[at : at + len(places)], self.valid[at : at + len(places)]
        if self._fields_first:
            _core.take_fields_first(gather, threads, places, values, valid)
        else:
            gather.take(threads, places, values, valid)

    def copy_rows(self, at: int, source: PaddedRows, start: int, stop: int) -> None:
        """Write rows [start, stop) of others, from row ``at`` on."""
        self.values[at : at + stop - start] = source.values[start:stop]
        self.valid[at : at + stop - start] = source.valid[start:stop]

    def scatter(self, at: Rows, source: PaddedRows) -> None:
        """Write all rows of others, each to its place in ``at``."""
        self.values[at] = source.values
        self.valid[at] = source.valid

    def empty_from(self, row: int) -> None:
        """Make the rows from ``row`` on empty."""
        self.values[row:] = 0
        self.valid[row:] = False

    def finish(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return values and mask as they lie in a batch."""
        entry = self._entry
        rows, fields = (len(self.values),), (len(entry.fields),)
        shape = fields + entry.slots if self._fields_first else entry.slots + fields
        return self.values.reshape(rows + shape), self.valid.reshape(rows + entry.slots)
