"""Splitmix: the mixing of bits behind every hash that decides by rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

#: Splitmix64 (Steele, Lea and Flood 2014): the golden ratio as a 64-bit fraction, and the multipliers of its finaliser.
GOLDEN = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mixed(words: Words) -> Words:
    """Return words whose every bit depends on every bit of those given (the finaliser of splitmix64)."""
    out = words ^ (words >> np.uint64(30))
    out *= np.uint64(FIRST)
    out ^= out >> np.uint64(27)
    out *= np.uint64(SECOND)
    out ^= out >> np.uint64(31)
    return out
