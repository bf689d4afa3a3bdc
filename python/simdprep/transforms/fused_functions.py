"""What numpy does and compiled code would do otherwise: division, remainder and powers, number by number.

Each takes two numbers of one dtype and returns that dtype; generated loops call them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

_LN_2 = float(np.log(2.0))
_LOG2_E = float(1 / np.log(2.0))
_SQRT_2 = float(np.sqrt(2.0))

_Function = TypeVar("_Function", bound=Callable[..., Any])


def inlined(function: _Function) -> _Function:
    """Compile what loops call; the compiler puts it into them."""
    return cast("_Function", numba.njit(nogil=True, error_model="numpy")(function))


@inlined
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


@inlined
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


@inlined
def int_floor_divide(a: Any, b: Any) -> Any:
    """Return ``numpy.floor_divide(a, b)`` of integers: zero for a division by zero."""
    if b == 0:
        return a - a
    if b + 1 == 0 and b < 0:
        return -a  # the least number by -1 stays what it is
    return a // b


@inlined
def int_remainder(a: Any, b: Any) -> Any:
    """Return ``numpy.mod(a, b)`` of integers: zero for a division by zero."""
    if b == 0 or (b + 1 == 0 and b < 0):
        return a - a
    return a % b


@inlined
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


@inlined
def delta_phi(a: Any, b: Any, pi: Any) -> Any:
    """Return ``a - b`` brought into [-pi, pi), all of one floating dtype."""
    turn = pi + pi
    shifted = a - b + pi
    if -turn < shifted < turn + turn:
        # One turn at most: the difference of floating numbers within a factor of two is exact, as fmod is.
        shifted = shifted - turn if shifted >= turn else shifted
        shifted = shifted + turn if shifted < 0 else shifted
    else:
        shifted = float_remainder(shifted, turn)
    wrapped = shifted - pi
    return -pi if wrapped >= pi else wrapped


@inlined
def delta_phi_single(a: Any, b: Any, pi: Any) -> Any:
    """Return :func:`delta_phi` of float32, without a branch, so that loops become vectors.

    In float64 the whole turns of a float32 are taken off without rounding, as fmod does.
    """
    turn = np.float64(pi) + np.float64(pi)
    shifted = np.float64(a - b + pi)
    rest = np.float32(shifted - turn * np.floor(shifted / turn))
    wrapped = rest - pi
    return -pi if wrapped >= pi else wrapped


@inlined
def exp_single(x: Any) -> Any:
    """Return ``exp`` of a float32, rounded from float64, without a call, so that loops become vectors."""
    most, least = np.float64(90), np.float64(-110)  # above the largest float32, below the smallest
    wide = np.float64(x)
    wide = most if wide > most else wide
    wide = least if wide < least else wide
    twos = np.rint(wide * _LOG2_E)
    rest = wide - twos * _LN_2
    series = 1 / 120 + rest * (1 / 720 + rest * (1 / 5040 + rest * (1 / 40320)))
    series = 1.0 + rest * (1.0 + rest * (0.5 + rest * (1 / 6 + rest * (1 / 24 + rest * series))))
    whole = np.int64(np.int32(twos)) if twos == twos else np.int64(0)
    scale = np.int64((whole + np.int64(1023)) << np.int64(52)).view(np.float64)
    return np.float32(series * scale)


@inlined
def log_single(x: Any) -> Any:
    """Return ``log`` of a float32, rounded from float64, without a call, so that loops become vectors."""
    bits = np.float64(x).view(np.int64)  # a normal number, whatever the float32
    twos = np.float64(np.int32((bits >> np.int64(52)) - np.int64(1023)))
    part = np.int64((bits & np.int64(0xFFFFFFFFFFFFF)) | np.int64(0x3FF0000000000000)).view(np.float64)
    high = part > _SQRT_2
    part = 0.5 * part if high else part
    twos = twos + 1.0 if high else twos
    ratio = (part - 1.0) / (part + 1.0)
    square = ratio * ratio
    series = 1 / 7 + square * (1 / 9 + square * (1 / 11 + square * (1 / 13)))
    series = 1.0 + square * (1 / 3 + square * (1 / 5 + square * series))
    result = np.float32(2.0 * ratio * series + twos * _LN_2)
    result = np.float32(np.inf) if x == np.inf else result
    result = np.float32(-np.inf) if x == 0 else result
    return result if x >= 0 else np.float32(np.nan)


@inlined
def hypot_single(x: Any, y: Any) -> Any:
    """Return ``numpy.hypot`` of float32: no square of one overflows in float64."""
    wide = np.float64(x) * np.float64(x) + np.float64(y) * np.float64(y)
    length = np.float32(np.sqrt(wide))
    return np.float32(np.inf) if abs(x) == np.inf or abs(y) == np.inf else length
