"""What numpy does and compiled code would do otherwise: division, remainder and powers, number by number.

Each takes two numbers of one dtype and returns that dtype; generated loops call them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _inlined(function: _Function) -> _Function:
    return cast("_Function", numba.njit(nogil=True, error_model="numpy")(function))


@_inlined
def float_remainder(a: Any, b: Any) -> Any:
    """Return ``numpy.mod(a, b)`` of floating numbers: it has the sign of ``b``."""
    if 0 < a < b:
        return a  # most angles are in range: fmod is slow
    rest = np.fmod(a, b)
    if rest == 0:
        return np.copysign(rest, b)
    if (b < 0) != (rest < 0):
        return rest + b
    return rest


@_inlined
def float_floor_divide(a: Any, b: Any) -> Any:
    """Return ``numpy.floor_divide(a, b)`` of floating numbers, rounded as numpy does."""
    if b == 0:
        return a / b
    rest = np.fmod(a, b)
    quotient = (a - rest) / b
    if rest != 0 and (b < 0) != (rest < 0):
        quotient = quotient - 1
    if quotient == 0:
        return np.copysign(quotient, a / b)
    whole = np.floor(quotient)
    if quotient - whole > 0.5:
        return whole + 1
    return whole


@_inlined
def int_floor_divide(a: Any, b: Any) -> Any:
    """Return ``numpy.floor_divide(a, b)`` of integers: zero for a division by zero."""
    if b == 0:
        return a - a
    if b + 1 == 0 and b < 0:
        return -a  # the least number by -1 stays what it is
    return a // b


@_inlined
def int_remainder(a: Any, b: Any) -> Any:
    """Return ``numpy.mod(a, b)`` of integers: zero for a division by zero."""
    if b == 0 or (b + 1 == 0 and b < 0):
        return a - a
    return a % b


@_inlined
def int_power(base: Any, exponent: Any) -> Any:
    """Return ``base ** exponent``, the exponent not negative; it wraps as integers do."""
    result = base - base + 1
    factor = base
    rest = exponent
    while rest > 0:
        if rest & 1:
            result = result * factor
        factor = factor * factor
        rest >>= 1
    return result


@_inlined
def delta_phi(a: Any, b: Any, pi: Any) -> Any:
    """Return ``a - b`` brought into [-pi, pi), all of one floating dtype."""
    wrapped = float_remainder(a - b + pi, pi + pi) - pi
    return -pi if wrapped >= pi else wrapped
