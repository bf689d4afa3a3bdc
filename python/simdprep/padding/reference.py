"""Padding in plain Python: the oracle of the fast paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .padded import Padded


def pad_reference(lists: Sequence[Sequence[Any]], slots: int, *, dtype: str, fill: Any) -> Padded:
    """Pad and truncate one list after the other.

    Args:
        lists: n lists of numbers.
        slots: Entries kept per list.
        dtype: Of the values.
        fill: Value of empty slots.
    """
    values = np.full((len(lists), slots), fill, dtype)
    valid = np.zeros((len(lists), slots), np.bool_)
    count = np.zeros(len(lists), np.uint32)
    for row, entries in enumerate(lists):
        count[row] = len(entries)
        for slot, entry in enumerate(entries[:slots]):
            values[row, slot] = entry
            valid[row, slot] = True
    return Padded(values, valid, count)


def pad_nested_reference(
    lists: Sequence[Sequence[Sequence[Any]]], outer: int, inner: int, *, dtype: str, fill: Any
) -> Padded:
    """Pad lists of lists one after the other to values (n, outer, inner) and count (n, outer)."""
    values = np.full((len(lists), outer, inner), fill, dtype)
    valid = np.zeros((len(lists), outer, inner), np.bool_)
    count = np.zeros((len(lists), outer), np.uint32)
    for row, entries in enumerate(lists):
        padded = pad_reference(entries[:outer], inner, dtype=dtype, fill=fill)
        kept = len(padded.count)
        values[row, :kept] = padded.values
        valid[row, :kept] = padded.valid
        count[row, :kept] = padded.count
    return Padded(values, valid, count)
