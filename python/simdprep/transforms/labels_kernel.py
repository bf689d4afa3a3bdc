"""The loop of Labels; importing this module loads numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit


@jit
def first_met(
    masks: NDArray[np.bool_], labels: NDArray[np.int32], counts: NDArray[np.int64], overlaps: NDArray[np.int64]
) -> NDArray[np.int8]:
    """Write the first class whose mask (n_classes, n) each row meets, -1 for none, and count.

    Args:
        masks: bool (n_classes, n).
        labels: Is written, (n,).
        counts: Gets the rows of each class, (n_classes,).
        overlaps: Gets the rows that meet both of two classes, (n_classes, n_classes), above the diagonal.

    Returns:
        0 for rows in none, 1 in one, 2 in several, int8 (n,).
    """
    met = np.zeros(masks.shape[1], np.int8)
    labels[:] = -1
    for one in range(masks.shape[0]):
        for row in range(masks.shape[1]):
            if masks[one, row]:
                if met[row] == 0:
                    labels[row] = one
                    counts[one] += 1
                    met[row] = 1
                else:
                    met[row] = 2
                    for two in range(one):
                        overlaps[two, one] += masks[two, row]
    return met
