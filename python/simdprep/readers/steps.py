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
    """Cut an entry range into steps of at most ``size`` entries.

    A step ends at a border of the file (cluster, row group) where that leaves it at least half full: what
    lies across a border is decompressed twice.

    Args:
        start: First entry.
        stop: Entry after the last.
        size: Most entries in a step, at least 1.
        borders: Entry numbers at which reading starts cheaply, ascending.

    Returns:
        Half-open ranges that cover ``start:stop`` in order; none for an empty range.
    """
    ranges = []
    while start < stop:
        end = min(start + max(size, 1), stop)
        if end < stop:
            position = int(np.searchsorted(borders, end, side="right"))
            border = int(borders[position - 1]) if position else start
            if border - start >= (end - start + 1) // 2:
                end = border
        ranges.append((start, end))
        start = end
    return ranges
