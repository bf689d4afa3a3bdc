"""The hashes of rows as one loop; importing this module loads numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .splitmix import FIRST, SECOND

Words = NDArray[np.uint64]

_FIRST, _SECOND = np.uint64(FIRST), np.uint64(SECOND)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def hash_rows(identity: Words, first: int, second: int) -> Words:
    """Return :func:`.identity.hash_of` of rows whose key has these halves; uint64 (n,)."""
    return _hash_rows(identity, np.uint64(first), np.uint64(second))


def intervals(identity: Words, first: int, second: int, bounds: Words) -> NDArray[np.int8]:
    """Return how many of ``bounds`` (ascending) the hash of each row is not below; int8 (n,)."""
    return _intervals(identity, np.uint64(first), np.uint64(second), bounds)


@jit
def mix(word: np.uint64) -> np.uint64:
    """Return the word of :func:`.splitmix.mixed`."""
    word ^= word >> _30
    word *= _FIRST
    word ^= word >> _27
    word *= _SECOND
    word ^= word >> _31
    return word


@jit
def hash_row(identity: np.uint64, first: np.uint64, second: np.uint64) -> np.uint64:
    """Return :func:`.identity.hash_of` of one row."""
    return mix(mix(identity ^ first) + second)


@jit
def _hash_rows(identity: Words, first: np.uint64, second: np.uint64) -> Words:
    out = np.empty(len(identity), np.uint64)
    for row in range(len(identity)):
        out[row] = hash_row(identity[row], first, second)
    return out


@jit
def _intervals(identity: Words, first: np.uint64, second: np.uint64, bounds: Words) -> NDArray[np.int8]:
    out = np.empty(len(identity), np.int8)
    for row in range(len(identity)):
        word = hash_row(identity[row], first, second)
        place = 0
        for bound in bounds:
            place += word >= bound
        out[row] = place
    return out
