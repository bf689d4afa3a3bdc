"""Steps: the entry ranges that keep reading within a byte budget."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bytes of uncompressed branch data that one step aims at.
STEP_BYTES = 64 << 20

#: Borders of nothing: every entry is as good as another.
NO_BORDERS: NDArray[np.int64] = np.empty(0, np.int64)


def step_ranges(start: int, stop: int, size: int, borders: NDArray[Any]) -> list[tuple[int, int]]:
    """Cut an entry range into steps of about ``size`` entries.

    A step ends at a border of the file (cluster, row group) where one lies between half and twice its size, the
    last within its size or else the first beyond: what lies across a border is decompressed twice.

    Args:
        start: First entry.
        stop: Entry after the last.
        size: Entries aimed at, at least 1.
        borders: Entry numbers at which reading starts cheaply, ascending.

    Returns:
        Half-open ranges that cover ``start:stop`` in order, none longer than ``2 * size``; none for an empty range.
    """
    size = max(size, 1)
    ranges = []
    while start < stop:
        end = min(start + size, stop)
        if end < stop:
            position = int(np.searchsorted(borders, end, side="right"))
            if position and 2 * (int(borders[position - 1]) - start) >= size:
                end = int(borders[position - 1])
            elif position < len(borders) and int(borders[position]) - start <= 2 * size:
                end = min(int(borders[position]), stop)
        ranges.append((start, end))
        start = end
    return ranges
