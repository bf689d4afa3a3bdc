"""The loop of ExactSums; importing this module loads numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

_LOW = (1 << 32) - 1
_FRACTION = (1 << 52) - 1


@jit
def survey(bits: NDArray[np.int64], index: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Return the least and the largest exponent field of float64 that count and are not 0, and the ends of ``index``.

    2047 is infinite or NaN. Numbers of a negative index do not count.
    """
    low, high, least, most = 2048, 0, 0, -1
    for row in range(len(bits)):
        word, place = bits[row], index[row]
        least, most = min(least, place), max(most, place)
        if place >= 0 and word & 0x7FFFFFFFFFFFFFFF:
            field = max((word >> 52) & 0x7FF, 1)
            low, high = min(low, field), max(high, field)
    return low, high, least, most


@jit
def accumulate(bits: NDArray[np.int64], index: NDArray[np.int64], limbs: NDArray[np.int64], first: int) -> None:
    """Add float64 of these ``bits`` to rows of ``limbs``, whose lowest one is number ``first``; no carry moves on."""
    for row in range(len(bits)):
        place = index[row]
        if place < 0:
            continue
        word = bits[row]
        field = (word >> 52) & 0x7FF
        number = word & _FRACTION
        if field:
            number |= 1 << 52
        else:
            field = 1
        limb = ((field - 1) >> 5) - first
        shift = (field - 1) & 31
        low = (number & _LOW) << shift
        middle = ((number >> 32) << shift) + (low >> 32)
        if word < 0:
            limbs[place, limb] -= low & _LOW
            limbs[place, limb + 1] -= middle & _LOW
            limbs[place, limb + 2] -= middle >> 32
        elif number:
            limbs[place, limb] += low & _LOW
            limbs[place, limb + 1] += middle & _LOW
            limbs[place, limb + 2] += middle >> 32
