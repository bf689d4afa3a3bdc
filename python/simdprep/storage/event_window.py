"""EventWindow: a run of events over one or several parts, and the rows that belong to them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..schema import EVENTS, ObjectSpec
from .parts import Parts, Piece
from .window import Window


class EventWindow:
    """A run of events; its rows are found when first asked for.

    Args:
        parts: Of the dataset.
        start: First event.
        stop: One past the last event.
    """

    def __init__(self, parts: Parts, start: int, stop: int) -> None:
        self._parts = parts
        self._pieces = parts.split_events(start, stop)
        self.num_events = max(stop - start, 0)

    @property
    def rows_are_events(self) -> bool:
        """True where every event is one row."""
        return self._parts.schema.rows == EVENTS

    @cached_property
    def _offsets_of_pieces(self) -> list[NDArray[np.int64]]:
        return [self._parts.reader(part).event_offsets(start, stop) for part, start, stop in self._pieces]

    @cached_property
    def rows(self) -> Window:
        """The rows of these events."""
        if self.rows_are_events:
            return Window(self._parts, self._pieces)
        pieces = [
            Piece(piece.part, int(offsets[0]), int(offsets[-1]))
            for piece, offsets in zip(self._pieces, self._offsets_of_pieces, strict=True)
        ]
        return Window(self._parts, pieces)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where the rows of each event begin, int64 (num_events + 1,), from 0 on."""
        if self.rows_are_events:
            return np.arange(self.num_events + 1, dtype=np.int64)
        joined = [np.zeros(1, np.int64)]
        for offsets in self._offsets_of_pieces:
            joined.append(offsets[1:] - offsets[0] + joined[-1][-1])
        return np.concatenate(joined)

    @property
    def first_row(self) -> int:
        """Number of the first of these rows in the dataset; the end of the rows where there are no events."""
        if not self._pieces:
            return self._parts.num_rows
        part, start, _ = self._pieces[0]
        first = start if self.rows_are_events else int(self._offsets_of_pieces[0][0])
        return int(self._parts.row_starts[part]) + first

    def values(self, spec: ObjectSpec, field: str) -> NDArray[Any]:
        """One number of each event, (num_events,): of a row-level object where rows are events, or of ``events``."""
        if self.rows_are_events or not self._parts.placement.is_compound:
            return self._event_axis(spec, field)
        # Stored with every row of the event: the first one is taken.
        place = self._parts.placement.field(spec, field)
        stored = self.rows.read({field: place})[field]
        return np.ascontiguousarray(stored[self.offsets[:-1]])

    def _event_axis(self, spec: ObjectSpec, field: str) -> NDArray[Any]:
        window = Window(self._parts, self._pieces)
        if self.rows_are_events:
            return self.rows.content(spec, field)
        return window.read({field: self._parts.placement.field(spec, field)})[field]
