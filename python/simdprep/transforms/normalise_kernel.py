"""The kernels of Normalise: one loop over the entries each, compiled by numba, without the GIL.

Importing this module loads numba; the first call of a kernel with new dtypes compiles it, once for all
processes where numba can write its cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .logarithm import log_of

#: What is done with numbers that are not finite.
KEEP, ZERO, ERROR = 0, 1, 2

_SPLIT = 134217729.0  # 2^27 + 1
#: Squares of greater numbers, and products, cannot be split.
_LARGEST = 1e150
_FRACTION = (1 << 52) - 1
_LOW = (1 << 26) - 1


@jit
def _split_product(one: float, two: float) -> tuple[float, float]:
    """Return a product and what its rounding left (Dekker 1971)."""
    product = one * two
    c = _SPLIT * one
    one_high = c - (c - one)
    one_low = one - one_high
    c = _SPLIT * two
    two_high = c - (c - two)
    two_low = two - two_high
    rest = ((one_high * two_high - product) + one_high * two_low + one_low * two_high) + one_low * two_low
    return product, rest


@jit
def _add(table: NDArray[np.int64], value: float) -> None:
    bits = np.int64(np.float64(value).view(np.int64))
    exponent = (bits >> 52) & 0x7FF
    mantissa = bits & np.int64(_FRACTION)
    if exponent:
        mantissa |= np.int64(1) << 52
    if bits < 0:
        table[exponent, 0] -= mantissa >> 26
        table[exponent, 1] -= mantissa & np.int64(_LOW)
    else:
        table[exponent, 0] += mantissa >> 26
        table[exponent, 1] += mantissa & np.int64(_LOW)


@jit
def accumulate(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    weights: NDArray[np.float64],
    weighted: NDArray[np.bool_],
    summed: NDArray[np.bool_],
    takes_log: NDArray[np.bool_],
    offset: NDArray[np.float64],
    tables: NDArray[np.int64],
    counts: NDArray[np.int64],
    overflowed: NDArray[np.bool_],
    odd: NDArray[np.int64],
    least: NDArray[np.float64],
    greatest: NDArray[np.float64],
) -> None:
    """Add the valid ``values`` (n, n_fields), or their logarithms, to the sums and bounds per field.

    Args:
        values: Of float32 or float64.
        valid: (n,).
        weights: (n,), or empty where no field is weighted.
        weighted, summed, takes_log, offset: (n_fields,); sums are taken of those that are ``summed``.
        tables, overflowed: Those of ``MomentTables``.
        counts: Finite entries (n_fields,).
        odd: How many are not finite (n_fields,).
        least, greatest: Bounds (n_fields,).
    """
    for row in range(values.shape[0]):
        if not valid[row]:
            continue
        for index in range(values.shape[1]):
            value = np.float64(values[row, index])
            if takes_log[index]:
                value = np.float64(log_of(value + offset[index]))
            if not np.isfinite(value):
                odd[index] += 1
                continue
            counts[index] += 1
            least[index] = min(least[index], value)
            greatest[index] = max(greatest[index], value)
            if not summed[index]:
                continue
            if abs(value) > _LARGEST:
                overflowed[index] = True
                continue
            square, rest = _split_product(value, value)
            if not weighted[index]:
                _add(tables[0, index], value)
                _add(tables[2, index], square)
                if rest != 0.0:
                    _add(tables[3, index], rest)
                continue
            weight = weights[row]
            if abs(weight) > _LARGEST or abs(weight) * square > _LARGEST:
                overflowed[index] = True
                continue
            _add(tables[5, index], weight)
            product, left = _split_product(weight, value)
            _add(tables[0, index], product)
            _add(tables[1, index], left)
            product, left = _split_product(weight, square)
            _add(tables[2, index], product)
            _add(tables[3, index], left)
            _add(tables[4, index], weight * rest)


@jit
def normalise(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    takes_log: NDArray[np.bool_],
    offset: NDArray[np.float64],
    centre: NDArray[np.float64],
    scale: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    nonfinite: NDArray[np.int64],
    out: NDArray[Any],
    odd: NDArray[np.int64],
) -> None:
    """Write the normalised ``values`` (n, n_fields) to ``out`` where valid, ``values`` elsewhere.

    The order of operations is the core's (``cpp/src/item_transform.cpp``). ``odd`` (n_fields,) counts what is not
    finite in the fields where that is an error.
    """
    for row in range(values.shape[0]):
        for index in range(values.shape[1]):
            value = np.float64(values[row, index])
            if not valid[row]:
                out[row, index] = value
                continue
            if takes_log[index]:
                value = np.float64(log_of(value + offset[index]))
            value = (value - centre[index]) / scale[index]
            if nonfinite[index] != KEEP and not np.isfinite(value):
                odd[index] += nonfinite[index] == ERROR
                out[row, index] = 0.0
                continue
            if value < low[index]:
                value = low[index]
            if value > high[index]:
                value = high[index]
            out[row, index] = value
