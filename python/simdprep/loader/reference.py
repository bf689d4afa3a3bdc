"""The gather in plain numpy, row by row: the form the core is held to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Mask = NDArray[np.bool_]


def gather_dense(
    fields: list[Values], valid: Mask | None, rows: NDArray[np.int64], outer: int, inner: int, dtype: str
) -> tuple[Values, Mask]:
    """Gather rows of dense arrays.

    Args:
        fields: One array (n_rows, outer slots, inner slots) of any dtype per field.
        valid: Which slots hold an entry, shaped as the fields; ``None`` for all.
        rows: Row numbers; -1 for an empty row.
        outer: Outer slots of the result.
        inner: Inner slots of the result.
        dtype: Of the result.

    Returns:
        Values (rows, outer, inner, fields), 0 where there is no entry, and the mask without fields.
    """
    values, mask = _empty(len(rows), outer, inner, len(fields), dtype)
    for entry, row in enumerate(rows):
        if row < 0:
            continue
        high, wide = (min(pair) for pair in zip(fields[0].shape[1:], (outer, inner), strict=True))
        real = np.ones((high, wide), np.bool_) if valid is None else valid[row, :high, :wide]
        mask[entry, :high, :wide] = real
        for index, field in enumerate(fields):
            values[entry, :high, :wide, index][real] = _cast(field[row, :high, :wide][real], dtype)
    return values, mask


def gather_ragged(
    contents: list[Values],
    offsets: NDArray[np.int64],
    inner_offsets: NDArray[np.int64] | None,
    rows: NDArray[np.int64],
    outer: int,
    inner: int,
    dtype: str,
) -> tuple[Values, Mask]:
    """Gather lists, padded and truncated.

    Args:
        contents: One array (n_items,) of any dtype per field.
        offsets: Where each row begins: in the contents, or in ``inner_offsets``.
        inner_offsets: Where each list of a doubly nested object begins in the contents.
        rows: Row numbers; -1 for an empty row.
        outer: Lists per row of the result; 1 without inner offsets.
        inner: Slots per list of the result.
        dtype: Of the result.

    Returns:
        As :func:`gather_dense`.
    """
    values, mask = _empty(len(rows), outer, inner, len(contents), dtype)
    for entry, row in enumerate(rows):
        if row < 0:
            continue
        bounds = offsets[row : row + 2]
        if inner_offsets is not None:
            bounds = inner_offsets[bounds[0] : bounds[1] + 1]
        for slot, (first, last) in enumerate(pairwise(bounds[: outer + 1])):
            count = min(last - first, inner)
            mask[entry, slot, :count] = True
            for index, content in enumerate(contents):
                values[entry, slot, :count, index] = _cast(content[first : first + count], dtype)
    return values, mask


def _empty(rows: int, outer: int, inner: int, fields: int, dtype: str) -> tuple[Values, Mask]:
    return np.zeros((rows, outer, inner, fields), dtype), np.zeros((rows, outer, inner), np.bool_)


def _cast(values: Values, dtype: str) -> Values:
    with np.errstate(over="ignore", invalid="ignore"):  # beyond its range a number becomes infinite
        return values.astype(dtype)
