"""RaggedRows: the real entries of an object, while the rows of a batch are collected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import ResourceError
from ..thread_pool import thread_pool
from .buffers import Buffers
from .form import UNLIMITED, Form, Graph, Jagged, Varlen
from .padded_rows import PaddedRows
from .plan import Input

Rows = NDArray[np.int64]
Segment = tuple[NDArray[Any], Rows, Rows | None]

_MAX_INT32 = (1 << 31) - 1


class RaggedRows:
    """The real entries of some rows; each row is written once.

    All rows of one gather stay there until they are finished. Else they come in segments of packed
    entries; a row that none has is empty.

    Args:
        entry: The object; its slots may be unlimited.
        rows: How many.
        dtype: Of the values.
        form: What they become.
        buffers: Where the memory comes from.
    """

    def __init__(self, entry: Input, rows: int, dtype: np.dtype[Any], *, form: Form, buffers: Buffers) -> None:
        self._entry = entry
        self._dtype = dtype
        self._form = form
        self._buffers = buffers
        self._segments: list[Segment] = []
        self._num_packed = 0  # rows in the segments
        self._place = np.full(rows, -1, np.int64)  # of each row in the segments, one after the other
        self._gather: _core.Gather | None = None
        self._threads = thread_pool(1)
        self._whole: tuple[_core.Gather, Rows] | None = None  # a gather that has all rows, and where

    def take(self, gather: _core.Gather, threads: _core.ThreadPool, places: Rows, at: int) -> None:
        """Collect rows of a gather, from row ``at`` on."""
        self._threads = threads
        if not self._segments and len(places) == len(self._place):
            self._whole = gather, places
            return
        self._settle()
        self._add(self._packed(gather, threads, places), np.arange(at, at + len(places)))

    def copy_rows(self, at: int, source: RaggedRows, start: int, stop: int) -> None:
        """Collect rows [start, stop) of others, from row ``at`` on."""
        segment = self._packed(source._joined(), thread_pool(1), source._place[start:stop])
        self._settle()
        self._add(segment, np.arange(at, at + stop - start))

    def scatter(self, at: Rows, source: RaggedRows) -> None:
        """Collect all rows of others, each for its place in ``at``."""
        self._settle()
        source._settle()
        self._place[at] = np.where(source._place < 0, -1, source._place + self._num_packed)
        self._segments += source._segments
        self._num_packed += source._num_packed
        self._gather = None

    def empty_from(self, row: int) -> None:
        """Make the rows from ``row`` on empty."""
        self._settle()
        self._place[row:] = -1

    def finish(self) -> tuple[Any, NDArray[np.bool_] | None]:
        """Return the values as they lie in a batch, and the mask where they have slots."""
        if self._form.name == "batch_max":
            return self._padded()
        in_place = len(self._segments) == 1 and np.array_equal(self._place, np.arange(self._num_packed))
        segment = self._segments[0] if in_place else self._packed(*self._located())
        return _ragged(self._form, *segment), None

    def _located(self) -> tuple[_core.Gather, _core.ThreadPool, Rows]:
        """A gather that has all rows, threads for it, and where the rows are."""
        gather, places = self._whole or (self._joined(), self._place)
        return gather, self._threads, places

    def _settle(self) -> None:
        """Pack what is still in a gather of somebody else's."""
        if self._whole is not None:
            (gather, places), self._whole = self._whole, None
            self._add(self._packed(gather, self._threads, places), np.arange(len(places)))

    def _add(self, segment: Segment, at: Rows) -> None:
        self._place[at] = self._num_packed + np.arange(len(at))
        self._segments.append(segment)
        self._num_packed += len(at)
        self._gather = None

    def _joined(self) -> _core.Gather:
        """A gather of the segments."""
        self._settle()
        if self._gather is None:
            nested = len(self._entry.slots) > 1
            none = np.zeros(1, np.int64)
            empty: Segment = (np.empty((0, len(self._entry.fields)), self._dtype), none, none if nested else None)
            self._gather = _core.Gather(self._segments or [empty], outer=1, inner=1)
        return self._gather

    def _packed(self, gather: _core.Gather, threads: _core.ThreadPool, places: Rows) -> Segment:
        offsets, inner_offsets = self._bounds(gather, places)
        count = int((offsets if inner_offsets is None else inner_offsets)[-1])
        items = self._buffers.array((count, len(self._entry.fields)), self._dtype)
        _core.take_ragged(gather, threads, places, offsets, inner_offsets, items)
        return items, offsets, inner_offsets

    def _bounds(self, gather: _core.Gather, places: Rows) -> tuple[Rows, Rows | None]:
        return _core.ragged_bounds(
            gather, places, self._entry.outer if len(self._entry.slots) > 1 else UNLIMITED, self._entry.inner
        )

    def _padded(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Slots for the longest list of these rows, rounded up."""
        gather, threads, places = self._located()
        bounds = self._bounds(gather, places)
        longest = [int(np.diff(offsets).max(initial=0)) for offsets in bounds if offsets is not None]
        slots = tuple(self._form.slots(count, limit) for count, limit in zip(longest, self._entry.slots, strict=True))
        rows = PaddedRows(
            replace(self._entry, slots=slots),
            len(places),
            self._dtype,
            channels_first=self._form.channels_first,
            buffers=self._buffers,
        )
        rows.take(gather.resized(slots[0] if len(slots) > 1 else 1, slots[-1]), threads, places, 0)
        return rows.finish()


def _ragged(form: Form, items: NDArray[Any], offsets: Rows, inner_offsets: Rows | None) -> Jagged | Varlen | Graph:
    if form.name == "jagged":
        return Jagged(items, offsets, inner_offsets)
    bounds = offsets if inner_offsets is None else inner_offsets
    sizes = np.diff(bounds)
    if form.name == "varlen":
        if len(items) > _MAX_INT32:
            rule = f"at most {_MAX_INT32}, which int32 can count"
            raise ResourceError("entries of a batch", got=len(items), expected=rule, hint="a smaller batch_size")
        longest = int(sizes.max(initial=0))
        return Varlen(items, bounds.astype(np.int32), longest, None if inner_offsets is None else offsets)
    if inner_offsets is None:
        return Graph(items, np.repeat(np.arange(len(sizes)), sizes), offsets)
    lists = np.repeat(np.arange(len(sizes)), sizes)
    starts = inner_offsets[offsets]
    return Graph(items, np.repeat(np.arange(len(offsets) - 1), np.diff(starts)), starts, lists)
