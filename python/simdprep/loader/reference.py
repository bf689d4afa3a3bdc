"""Packing and gathering in plain numpy, row by row: the form the core is held to."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Mask = NDArray[np.bool_]
Offsets = NDArray[np.int64]


def pack_items(fields: list[Values], dtype: str) -> Values:
    """Interleave columns.

    Args:
        fields: One array (n,) of any dtype per field.
        dtype: Of the result.

    Returns:
        (n, fields).
    """
    return np.stack([_cast(field, dtype) for field in fields], axis=-1)


def pack_slots(fields: list[Values], valid: Mask, dtype: str) -> tuple[Values, Offsets]:
    """Interleave the valid entries of columns with slots, one list after the other.

    Args:
        fields: One array (n_lists, slots) of any dtype per field.
        valid: Which slots hold an entry, bool (n_lists, slots); the first ones of each list.
        dtype: Of the result.

    Returns:
        Items (n, fields) and where each list begins in them, int64 (n_lists + 1,).
    """
    counts = valid.sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return pack_items([field[valid] for field in fields], dtype), offsets


def gather(
    items: Values, offsets: Offsets | None, inner_offsets: Offsets | None, rows: Offsets, outer: int, inner: int
) -> tuple[Values, Mask]:
    """Gather rows, padded and truncated.

    Args:
        items: (n, fields).
        offsets: Where each row begins, in the items or in ``inner_offsets``; ``None`` where a row is an item.
        inner_offsets: Where each list of a doubly nested object begins in the items; else ``None``.
        rows: Row numbers; -1 for an empty row.
        outer: Lists per row of the result; 1 without inner offsets.
        inner: Slots per list of the result.

    Returns:
        Values (rows, outer, inner, fields), 0 where there is no item, and the mask without fields.
    """
    values = np.zeros((len(rows), outer, inner, items.shape[1]), items.dtype)
    mask = np.zeros((len(rows), outer, inner), np.bool_)
    for entry, row in enumerate(rows):
        if row < 0:
            continue
        bounds = np.array([row, row + 1]) if offsets is None else offsets[row : row + 2]
        if inner_offsets is not None:
            bounds = inner_offsets[bounds[0] : bounds[1] + 1]
        for slot, (first, last) in enumerate(pairwise(bounds[: outer + 1])):
            count = min(last - first, inner)
            mask[entry, slot, :count] = True
            values[entry, slot, :count] = items[first : first + count]
    return values, mask


def gather_ragged(
    items: Values, offsets: Offsets | None, inner_offsets: Offsets | None, rows: Offsets, outer: int, inner: int
) -> tuple[Values, Offsets, Offsets | None]:
    """Gather rows without empty slots.

    Args:
        items: (n, fields).
        offsets: As in :func:`gather`.
        inner_offsets: As in :func:`gather`.
        rows: Row numbers; -1 for an empty row.
        outer: Lists of a row, at most.
        inner: Items of a list, at most.

    Returns:
        Values (m, fields); where each row begins, in them or in the lists, int64 (rows + 1,); and
        where each list begins, int64, ``None`` without inner offsets.
    """
    values, sizes, inner_sizes = [items[:0]], [], []
    for row in rows:
        bounds = np.zeros(1, np.int64)
        if row >= 0:
            bounds = np.array([row, row + 1]) if offsets is None else offsets[row : row + 2]
            if inner_offsets is not None:
                bounds = inner_offsets[bounds[0] : bounds[1] + 1][: outer + 1]
        lists = [items[first : min(last, first + inner)] for first, last in pairwise(bounds)]
        values += lists
        inner_sizes += [len(entry) for entry in lists]
        sizes.append(sum(map(len, lists)) if inner_offsets is None else len(lists))
    return np.concatenate(values), _bounds(sizes), None if inner_offsets is None else _bounds(inner_sizes)


def _bounds(sizes: list[int]) -> Offsets:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _cast(values: Values, dtype: str) -> Values:
    with np.errstate(over="ignore", invalid="ignore"):  # beyond its range a number becomes infinite
        return values.astype(dtype)
