"""Column: one number of an object along all rows, read when sliced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import compose

#: Reads entries [start, stop): a numpy array, or an awkward one where lengths vary.
Read = Callable[[int, int], Any]

#: Chunks gathered at once for an index array; bounds the memory beside the result.
_CHUNKS_AT_ONCE = 64


class Column:
    """A lazy array; slicing it reads.

    ``column[a:b]``, ``column[i]`` and ``column[[i, j]]`` (also a mask) give numpy arrays, or awkward
    ones where the object is ragged. Strings are their int32 codes; their texts are ``categories``.

    Args:
        name: Of the field, or ``valid``, ``count``, ``offsets``.
        dtype: Of the values.
        shape: The first axis and the slots after it; ``None`` for axes of varying length.
        read: Reads a range.
        chunk_rows: Entries that are decoded together.
        unit: Of the values.
        categories: Texts of the codes of a string field; else ``None``.
    """

    def __init__(
        self,
        name: str,
        dtype: np.dtype[Any],
        shape: tuple[int | None, ...],
        read: Read,
        *,
        chunk_rows: int,
        unit: str = "",
        categories: tuple[str, ...] | None = None,
    ) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.unit = unit
        self.categories = categories
        self._length = shape[0] or 0
        self._read = read
        self._chunk_rows = chunk_rows

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        shape = ", ".join("var" if size is None else str(size) for size in self.shape)
        return f"<Column {self.name!r}: {self.dtype} ({shape})>"

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def is_ragged(self) -> bool:
        """True where an axis varies in length, so that slices are awkward arrays."""
        return None in self.shape

    def __getitem__(self, where: Any) -> Any:
        if isinstance(where, tuple):
            first, rest = (where[0], where[1:]) if where else (slice(None), ())
            if first is Ellipsis:
                return self[:][where]
            values = self[first]
            return values[rest] if isinstance(first, (int, np.integer)) else values[(slice(None), *rest)]
        if where is Ellipsis:
            return self[:]
        if isinstance(where, slice):
            return self._slice(where)
        if isinstance(where, (int, np.integer)) and not isinstance(where, (bool, np.bool_)):
            row = self._row(int(where))
            return self._read(row, row + 1)[0]
        return self._gather(self._rows(where))

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, self._length, self._chunk_rows):
            yield from self._read(start, min(start + self._chunk_rows, self._length))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if self.is_ragged:
            raise TypeError(
                compose("numpy array", got="entries of varying length", expected="column[:], an awkward array")
            )
        values: NDArray[Any] = self._read(0, self._length)
        return values if dtype is None else values.astype(dtype, copy=False)

    def _slice(self, where: slice) -> Any:
        start, stop, step = where.indices(self._length)
        if step == 1:
            return self._read(start, max(start, stop))
        rows = range(start, stop, step)
        if abs(step) >= 2 * self._chunk_rows:
            return self._gather(np.arange(start, stop, step, dtype=np.int64))
        if not rows:
            return self._read(0, 0)
        low, high = min(rows[0], rows[-1]), max(rows[0], rows[-1])
        values = self._read(low, high + 1)[:: abs(step)]
        return values if step > 0 else values[::-1]

    def _row(self, row: int) -> int:
        if not -self._length <= row < self._length:
            rule = f"{-self._length} to {self._length - 1}"
            raise IndexError(compose("row", got=row, expected=rule, where=f"column {self.name}"))
        return row + self._length if row < 0 else row

    def _rows(self, where: Any) -> NDArray[np.int64]:
        rows = np.asarray(where)
        if rows.size == 0 and rows.dtype != np.bool_:
            rows = rows.astype(np.int64)
        if rows.ndim != 1 or rows.dtype.kind not in "biu":
            got = f"an index of type {type(where).__name__}"
            rule = "a number, a slice, or one axis of whole numbers or bools"
            raise TypeError(compose("row", got=got, expected=rule, where=f"column {self.name}"))
        if rows.dtype == np.bool_:
            if len(rows) != self._length:
                rule = f"{self._length}, one per row"
                raise IndexError(compose("length of a mask", got=len(rows), expected=rule, where=f"column {self.name}"))
            return np.flatnonzero(rows)
        if rows.size:
            self._row(int(rows.min()))
            self._row(int(rows.max()))
        rows = rows.astype(np.int64)
        return np.where(rows < 0, rows + self._length, rows)

    def _gather(self, rows: NDArray[np.int64]) -> Any:
        """The entries at ``rows``, in their order; every chunk is decoded once."""
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        pieces = []
        for first, last in self._runs(ascending):
            low, high = int(ascending[first]), int(ascending[last - 1]) + 1
            pieces.append(self._read(low, high)[ascending[first:last] - low])
        back = np.empty(len(rows), np.int64)
        back[order] = np.arange(len(rows))
        if not pieces:
            return self._read(0, 0)
        if self.is_ragged:
            import awkward as ak

            return ak.concatenate(pieces)[back]
        return np.concatenate(pieces)[back]

    def _runs(self, ascending: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """Runs of sorted rows that lie in neighbouring chunks, at most so many chunks each."""
        chunks, begins = np.unique(ascending // self._chunk_rows, return_index=True)
        ends = [*begins[1:], len(ascending)]
        first = 0
        for at in range(1, len(chunks) + 1):
            apart = at == len(chunks) or chunks[at] - chunks[at - 1] > 1
            if apart or chunks[at] - chunks[first] >= _CHUNKS_AT_ONCE:
                yield int(begins[first]), int(ends[at - 1])
                first = at
