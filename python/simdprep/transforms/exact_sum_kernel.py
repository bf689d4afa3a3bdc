"""The loop of ExactSums; importing this module loads numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

_LOW = (1 << 32) - 1
_FRACTION = (1 << 52) - 1


@jit
def exponents(bits: NDArray[np.int64]) -> tuple[int, int]:
    """Return the least and the largest exponent field of the float64 that are not 0; 2047 is infinite or NaN."""
    low, high = 2048, 0
    for word in bits:
        if word & 0x7FFFFFFFFFFFFFFF:
            field = max((word >> 52) & 0x7FF, 1)
            low, high = min(low, field), max(high, field)
    return low, high


@jit
def accumulate(bits: NDArray[np.int64], index: NDArray[np.int64], limbs: NDArray[np.int64], first: int) -> None:
    """Add float64 of these ``bits`` to rows of ``limbs``, whose lowest one is number ``first``; no carry moves on."""
    for row in range(len(bits)):
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
        place = index[row]
        if word < 0:
            limbs[place, limb] -= low & _LOW
            limbs[place, limb + 1] -= middle & _LOW
            limbs[place, limb + 2] -= middle >> 32
        elif number:
            limbs[place, limb] += low & _LOW
            limbs[place, limb + 1] += middle & _LOW
            limbs[place, limb + 2] += middle >> 32
