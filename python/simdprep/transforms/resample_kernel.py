"""The loops of Resample; importing this module loads numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .identity_kernel import hash_row
from .jit import jit

Words = NDArray[np.uint64]


@jit
def scatter(cells: NDArray[np.int32], hashes: Words, fill: NDArray[np.int64], ordered: Words) -> None:
    """Put each hash at the next free place of its cell in ``ordered``; ``fill`` has these places."""
    for row in range(len(cells)):
        cell = cells[row]
        ordered[fill[cell]] = hashes[row]
        fill[cell] += 1


def copies(
    identity: Words, halves: tuple[int, int], places: NDArray[np.int64], base: NDArray[np.int64], thresholds: Words
) -> NDArray[np.int64]:
    """Return how often each row is kept, int64 (n,): ``base`` of its place, and once more below the threshold of it."""
    return _copies(identity, np.uint64(halves[0]), np.uint64(halves[1]), places, base, thresholds)


@jit
def _copies(
    identity: Words,
    first: np.uint64,
    second: np.uint64,
    places: NDArray[np.int64],
    base: NDArray[np.int64],
    thresholds: Words,
) -> NDArray[np.int64]:
    out = np.zeros(len(identity), np.int64)
    for row in range(len(identity)):
        place = places[row]
        if place >= 0:
            out[row] = base[place] + (hash_row(identity[row], first, second) < thresholds[place])
    return out
