"""OffsetsColumn: offsets over all parts, counted from the dataset's first entry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..schema import ObjectSpec
from .column import Column, Read
from .event_window import EventWindow
from .parts import Parts
from .placement import Place


def event_offsets(parts: Parts) -> Column:
    """Return the column of the row at which each event begins: int64 (num_events + 1,)."""
    num_events = int(parts.event_starts[-1])

    def read(start: int, stop: int) -> NDArray[np.int64]:
        window = EventWindow(parts, start, min(stop, num_events))
        return (window.offsets + window.first_row)[: stop - start]

    return _column(num_events + 1, read, parts.placement.description.chunk_rows)


def ragged_offsets(parts: Parts, spec: ObjectSpec, place: Place) -> Column:
    """Return the column of where the entries of each parent entry begin: int64 (n_parents + 1,)."""
    items = [0]  # entries before each part
    parents = [0]  # parent entries before each part
    for reader in parts:
        length = reader.lengths[place.dataset]
        items.append(items[-1] + reader.num_items(spec))
        parents.append(parents[-1] + length - 1)

    def read(start: int, stop: int) -> NDArray[np.int64]:
        found = [np.zeros(1 if start == 0 < stop else 0, np.int64)]
        for index, reader in enumerate(parts):
            # Entry i + 1 of the whole is the end of parent i.
            low, high = max(start - 1, parents[index]), min(stop - 1, parents[index + 1])
            if low < high:
                first, last = low - parents[index], high - parents[index]
                end = reader.sizes.num_items(spec)
                found.append(reader.read_offsets(place.dataset, first, last, end=end)[1:] + items[index])
        return np.concatenate(found)

    return _column(parents[-1] + 1, read, parts.placement.description.datasets[place.dataset].chunk_rows)


def _column(length: int, read: Read, chunk_rows: int) -> Column:
    return Column("offsets", np.dtype(np.int64), (length,), read, chunk_rows=chunk_rows)
