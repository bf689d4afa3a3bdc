"""The loops of Histogram; importing this module loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import jit


@jit
def locate(
    values: NDArray[Any], edges: NDArray[np.float64], regular: bool, clip: bool, cells: NDArray[np.int64]
) -> None:
    """Refine ``cells`` (n,) by the bins of one more axis: ``cell * bins + bin``; -1 where it is outside.

    With ``clip`` what is below the first border or above the last one is in the first or last bin; NaN is outside.
    """
    bins = len(edges) - 1
    low, high = edges[0], edges[bins]
    scale = bins / (high - low) if regular else 0.0
    for row in range(len(values)):
        value = np.float64(values[row])
        if cells[row] < 0:
            continue
        if not (low <= value <= high):
            if not clip or np.isnan(value):
                cells[row] = -1
                continue
            value = low if value < low else high
        if regular:
            index = min(int((value - low) * scale), bins - 1)
            while value < edges[index]:
                index -= 1
            while index < bins - 1 and value >= edges[index + 1]:
                index += 1
        else:
            index, stop = 0, bins
            while stop - index > 1:
                middle = (index + stop) >> 1
                if value >= edges[middle]:
                    index = middle
                else:
                    stop = middle
        cells[row] = cells[row] * bins + index


@jit
def place(
    cells: NDArray[np.int64],
    labels: NDArray[np.int64],
    num_cells: int,
    outside: NDArray[np.int64],
    out: NDArray[np.int64],
) -> bool:
    """Write the cell of each row among those of all classes, -1 for label -1 and outside; count those outside.

    Returns:
        Whether all labels are of a class or -1; if not, nothing that was written is of use.
    """
    for row in range(len(cells)):
        cell, label = cells[row], labels[row]
        if label < -1 or label >= len(outside):
            return False
        out[row] = -1
        if label >= 0:
            if cell >= 0:
                out[row] = label * num_cells + cell
            else:
                outside[label] += 1
    return True


@jit
def count(cells: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    """Count rows by cell; those of cell -1 do not count."""
    for cell in cells:
        if cell >= 0:
            counts[cell] += 1
