"""The loop of a fit: exact sums of a column, block by block. Importing this module loads numba.

Most numbers of a column are multiples of a common unit and not too large for 42 bits: these are added as integers, in
two halves whose products fit 64 bits. The few that are not, and weighted ones, go to the tables of ``MomentTables``,
with one entry per exponent; products are then sums of two floats (Dekker 1971). Either way nothing is rounded, so it
does not matter which way a number goes. Logarithms, which have more digits than mean anything, are rounded to
multiples of 2^-32 each before they are added.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .logarithm import log_column

BLOCK = 2048
#: Rows of a call: 2^20 products of 42 bits fit 64.
MOST_ROWS = 1 << 20

#: Integers are less than this, in units of a column.
_LARGEST_INTEGER = 4398046511104.0  # 2^42
_HALF = 21
_LOW_HALF = (1 << 21) - 1
_LOG_BITS = 32
#: Bits left above the largest number of a column's first block.
_HEADROOM = 2

#: Integers stay less than ``_LARGEST`` is, and their squares within the unit of all sums.
_LEAST_SHIFT = -456

_SPLIT = 134217729.0  # 2^27 + 1
#: Squares of greater numbers, and products, cannot be split.
_LARGEST = 1e150
_FRACTION = (1 << 52) - 1
_LOW = (1 << 26) - 1

_Columns = NDArray[np.float64]


@jit
def _split_product(one: float, two: float) -> tuple[float, float]:
    """Return a product and what its rounding left."""
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
    if bits << 1 == 0:
        return  # 0, as the rest of a product often is
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
def _add_integers(column: _Columns, count: int, factor: float, is_log: bool, sums: NDArray[np.int64]) -> Any:
    """Add what is an integer times ``1 / factor``, or is made one; return how many that were."""
    total, high, mixed, low, good = np.int64(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for index in range(count):
        scaled = column[index] * factor
        rounded = np.rint(scaled)
        fits = (abs(scaled) < _LARGEST_INTEGER) and (is_log or rounded == scaled)
        integer = np.int64(rounded if fits else 0.0)
        upper = integer >> _HALF
        lower = integer & np.int64(_LOW_HALF)
        total += integer
        high += upper * upper
        mixed += upper * lower
        low += lower * lower
        good += fits
    sums[0] += total
    sums[1] += high
    sums[2] += mixed
    sums[3] += low
    return good


@jit
def _add_others(
    column: _Columns, count: int, factor: float, is_log: bool, tables: NDArray[np.int64], marks: NDArray[np.int64]
) -> Any:
    """Add what :func:`_add_integers` left out; return how many numbers were finite."""
    finite = 0
    for index in range(count):
        value = column[index]
        scaled = value * factor
        if abs(scaled) < _LARGEST_INTEGER and (is_log or np.rint(scaled) == scaled):
            continue
        if not np.isfinite(value):
            continue
        finite += 1
        if abs(value) > _LARGEST:
            marks[1] = 1
            continue
        square, rest = _split_product(value, value)
        _add(tables[0], value)
        _add(tables[2], square)
        _add(tables[3], rest)
        marks[0] = 1
    return finite


@jit
def _add_weighted(
    column: _Columns, weights: _Columns, count: int, is_log: bool, tables: NDArray[np.int64], marks: NDArray[np.int64]
) -> Any:
    """Add weighted numbers; return how many were finite."""
    finite = 0
    for index in range(count):
        value, weight = column[index], weights[index]
        if not np.isfinite(value):
            continue
        if is_log:
            value = np.rint(value * 2.0**_LOG_BITS) / 2.0**_LOG_BITS
        finite += 1
        if abs(value) > _LARGEST or abs(weight) > _LARGEST or abs(weight) * (value * value) > _LARGEST:
            marks[1] = 1
            continue
        marks[0] = 1
        square, rest = _split_product(value, value)
        _add(tables[5], weight)
        product, left = _split_product(weight, value)
        _add(tables[0], product)
        _add(tables[1], left)
        product, left = _split_product(weight, square)
        _add(tables[2], product)
        _add(tables[3], left)
        _add(tables[4], weight * rest)
    return finite


@jit
def _keep(column: _Columns, count: int, kept: _Columns) -> Any:
    """Write finite numbers to ``kept``; return how many."""
    finite = 0
    for index in range(count):
        kept[min(finite, len(kept) - 1)] = column[index]
        finite += np.isfinite(column[index])
    return finite


@jit
def _bounds(column: _Columns, count: int, bounds: _Columns) -> Any:
    """Widen ``bounds``, least and greatest; return how many numbers were finite."""
    finite = 0
    for index in range(count):
        value = column[index]
        if np.isfinite(value):
            finite += 1
            bounds[0] = min(bounds[0], value)
            bounds[1] = max(bounds[1], value)
    return finite


@jit
def _shift_for(column: _Columns, count: int) -> Any:
    """Return how many bits below 1 the unit of a column lies, so that its numbers have at most 42 bits."""
    largest = 0.0
    for index in range(count):
        size = abs(column[index])
        if np.isfinite(size):
            largest = max(largest, size)
    return np.int64(min(max(42 - _HEADROOM - math.frexp(largest)[1], _LEAST_SHIFT), -_LEAST_SHIFT))


@jit
def _valid_rows(valid: NDArray[np.bool_], start: int, stop: int, rows: NDArray[np.int64]) -> int:
    """Write which rows of a block are valid to ``rows``; return how many."""
    count = 0
    for row in range(start, stop):
        rows[count] = row
        count += valid[row]
    return count


@jit
def accumulate(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    weights: NDArray[np.float64],
    weighted: NDArray[np.bool_],
    summed: NDArray[np.bool_],
    takes_log: NDArray[np.bool_],
    offset: NDArray[np.float64],
    sums: NDArray[np.int64],
    shifts: NDArray[np.int64],
    tables: NDArray[np.int64],
    marks: NDArray[np.int64],
    counts: NDArray[np.int64],
    odd: NDArray[np.int64],
    bounds: NDArray[np.float64],
    places: NDArray[np.int64],
    kept: NDArray[np.float64],
    ends: NDArray[np.int64],
) -> None:
    """Add the valid ``values`` (n, n_fields), or their logarithms, to the sums or bounds of each field.

    Args:
        values: Of float32 or float64, at most ``MOST_ROWS`` rows.
        valid: (n,).
        weights: (n,), or empty where no field is weighted.
        weighted, summed, takes_log, offset: (n_fields,); sums are taken of those that are ``summed``, bounds of others.
        sums: Of integers: themselves, and squares of upper halves, of both, of lower halves; 0 before (n_fields, 4).
        shifts: Bits below 1 of the integers' unit; written (n_fields,).
        tables: Those of ``MomentTables``.
        marks: Where tables were used, and where numbers are too large for them (n_fields, 2).
        counts: Finite entries (n_fields,).
        odd: Those that are not (n_fields,).
        bounds: Least and greatest (n_fields, 2).
        places: Row of ``kept`` where a field's finite numbers are written to, or -1 (n_fields,).
        kept: (n_kept, n).
        ends: How many were; 0 before (n_kept,).
    """
    size = values.shape[1]
    rows = np.empty(BLOCK, np.int64)
    raw, logs, scale = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    factors = np.zeros(size)  # 0 until a column has been looked at
    for start in range(0, values.shape[0], BLOCK):
        count = _valid_rows(valid, start, min(start + BLOCK, values.shape[0]), rows)
        if not count:
            continue
        for index in range(count if len(weights) else 0):
            scale[index] = weights[rows[index]]
        for field in range(size):
            for index in range(count):
                raw[index] = values[rows[index], field]
            column, is_log = raw, takes_log[field]
            if is_log:
                log_column(raw, count, offset[field], logs)
                column = logs
            place = places[field]
            if place >= 0:
                finite = _keep(column, count, kept[place, ends[place] :])
                ends[place] += finite
            elif not summed[field]:
                finite = _bounds(column, count, bounds[field])
            elif weighted[field]:
                finite = _add_weighted(column, scale, count, is_log, tables[:, field], marks[field])
            else:
                if factors[field] == 0.0:
                    shifts[field] = _LOG_BITS if is_log else _shift_for(column, count)
                    factors[field] = math.ldexp(1.0, shifts[field])
                finite = _add_integers(column, count, factors[field], is_log, sums[field])
                if finite < count:
                    finite += _add_others(column, count, factors[field], is_log, tables[:, field], marks[field])
            counts[field] += finite
            odd[field] += count - finite
