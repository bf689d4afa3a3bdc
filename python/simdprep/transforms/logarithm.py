"""The logarithm, as the core takes it (``cpp/src/item_transform.cpp``): the same operations, so the same bits.

Importing this module loads numba.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import jit

_INVERSE = np.array(
    [364, 349, 334, 321, 309, 298, 287, 278, 269, 256, 256, 234, 221, 210, 200, 191], np.float64
) / 256.0  # fmt: skip

# Minus the logarithms of these, as hexadecimal literals: no library's rounding is in them.
_OF_BIN = np.array([float.fromhex(text) for text in (
    "-0x1.686c81e9b14afp-2", "-0x1.3d54fa5c1f710p-2", "-0x1.1058bf9ae4ad5p-2", "-0x1.cf6354e09c5dcp-3",
    "-0x1.815c0a14357ebp-3", "-0x1.371fc201e8f74p-3", "-0x1.d4313d66cb35dp-4", "-0x1.51b073f06183fp-4",
    "-0x1.95c830ec8e3ebp-5", "0x0.0p+0", "0x0.0p+0", "0x1.700d30aeac0e1p-4",
    "0x1.2d1610c86813ap-3", "0x1.95a5adcf7017fp-3", "0x1.f991c6cb3b379p-3", "0x1.2bef07cdc9354p-2",
)])  # fmt: skip

_LOWEST_Z = 0x3FE6000000000000  # 0.6875: z is from there to twice that
_EXPONENT_MASK = -0x0010000000000000  # as int64: sign and exponent
_LOG_2 = float.fromhex("0x1.62e42fefa39efp-1")
_THIRD, _FIFTH, _SIXTH, _SEVENTH = 1.0 / 3, 1.0 / 5, 1.0 / 6, 1.0 / 7
_SMALLEST_NORMAL = float.fromhex("0x1p-1022")
_SCALE = float.fromhex("0x1p54")


@jit
def _log_of_bits(bits: np.int64) -> float:
    """Return the logarithm of a normal, positive, finite number of these bits."""
    above = bits - np.int64(_LOWEST_Z)
    index = (above >> 48) & 15
    k = np.float64(above >> 52)
    z = np.int64(bits - (above & np.int64(_EXPONENT_MASK))).view(np.float64)
    r = z * _INVERSE[index] - 1.0
    square = r * r
    total = (r * _THIRD - 0.5) + square * (r * _FIFTH - 0.25)
    series = total + (square * square) * (r * _SEVENTH - _SIXTH)
    return (k * _LOG_2 + _OF_BIN[index]) + (r + square * series)  # type: ignore[no-any-return]


@jit
def _log_of_normal(value: float) -> float:
    return _log_of_bits(np.int64(np.float64(value).view(np.int64)))


@jit
def log_of(value: float) -> float:
    """Return the logarithm of any number: that of 0 is -inf, that of a negative one NaN."""
    if value >= _SMALLEST_NORMAL and value < np.inf:
        return _log_of_normal(value)
    if value == 0.0:
        return -np.inf
    if value < 0.0:
        return np.nan
    if value < _SMALLEST_NORMAL:
        return _log_of_normal(value * _SCALE) - 54 * _LOG_2
    return value  # infinity and NaN


@jit
def log_column(column: NDArray[np.float64], count: int, offset: float, out: NDArray[np.float64]) -> None:
    """Write the logarithms of the first ``count`` numbers of ``column + offset`` to ``out``; changes ``column``.

    The same bits as :func:`log_of`, but without a branch, so that the compiler takes several at once.
    """
    bits = column.view(np.int64)
    odd = np.int64(0)
    for index in range(count):
        column[index] += offset
    for index in range(count):
        value = column[index]
        odd += not (value >= _SMALLEST_NORMAL and value < np.inf)
        out[index] = _log_of_bits(bits[index])
    if odd:
        for index in range(count):
            value = column[index]
            if not (value >= _SMALLEST_NORMAL and value < np.inf):
                out[index] = log_of(value)
