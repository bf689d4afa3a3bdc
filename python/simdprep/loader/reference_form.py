"""The forms of a batch in plain loops over rows: what the loader is held to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .form import Form, Graph, Jagged, Varlen

#: The entries of one list, (n, fields).
Entries = NDArray[Any]


def form_lists(rows: Sequence[Entries], form: Form, pad: int, num_fields: int) -> tuple[Any, Any]:
    """Put the lists of a batch, one a row, into a form.

    Args:
        rows: Entries of each row.
        form: Which.
        pad: Slots of a row, or most entries of one.
        num_fields: Fields of an entry.

    Returns:
        The values, and the mask where there are slots.
    """
    rows = [entries[:pad] for entries in rows]
    if form.name == "batch_max":
        pad = form.slots(max((len(entries) for entries in rows), default=0), pad)
    if form.is_slotted:
        values, valid = _slots(rows, pad, num_fields)
        return (np.moveaxis(values, -1, 1) if form.channels_first else values), valid
    items, offsets = _joined(rows, num_fields)
    if form.name == "jagged":
        return Jagged(items, offsets), None
    if form.name == "varlen":
        return Varlen(items, offsets.astype(np.int32), max((len(entries) for entries in rows), default=0)), None
    numbers = [np.full(len(entries), row) for row, entries in enumerate(rows)]
    return Graph(items, np.concatenate([np.zeros(0, int), *numbers]), offsets), None


def form_nested(
    rows: Sequence[Sequence[Entries]], form: Form, pads: tuple[int, int], num_fields: int
) -> tuple[Any, Any]:
    """Put the lists of lists of a batch into a form; see :func:`form_lists`."""
    outer, inner = pads
    rows = [[entries[:inner] for entries in lists[:outer]] for lists in rows]
    if form.name == "batch_max":
        outer = form.slots(max((len(lists) for lists in rows), default=0), outer)
        inner = form.slots(max((len(entries) for lists in rows for entries in lists), default=0), inner)
    if form.is_slotted:
        parts = [
            _slots([*lists, *[np.zeros((0, num_fields))] * (outer - len(lists))], inner, num_fields) for lists in rows
        ]
        values = np.array([part[0] for part in parts]).reshape(len(rows), outer, inner, num_fields)
        valid = np.array([part[1] for part in parts], np.bool_).reshape(len(rows), outer, inner)
        return (np.moveaxis(values, -1, 1) if form.channels_first else values), valid
    lists = [entries for row in rows for entries in row]
    items, inner_offsets = _joined(lists, num_fields)
    offsets = np.cumsum([0, *(len(row) for row in rows)])
    if form.name == "jagged":
        return Jagged(items, offsets, inner_offsets), None
    if form.name == "varlen":
        longest = max((len(entries) for entries in lists), default=0)
        return Varlen(items, inner_offsets.astype(np.int32), longest, offsets), None
    sizes = [sum(len(entries) for entries in row) for row in rows]
    batch = np.concatenate([np.zeros(0, int), *(np.full(size, row) for row, size in enumerate(sizes))])
    numbers = np.concatenate([np.zeros(0, int), *(np.full(len(entries), at) for at, entries in enumerate(lists))])
    return Graph(items, batch, np.cumsum([0, *sizes]), numbers), None


def _slots(rows: Sequence[Entries], pad: int, num_fields: int) -> tuple[Entries, NDArray[np.bool_]]:
    values = np.zeros((len(rows), pad, num_fields))
    valid = np.zeros((len(rows), pad), np.bool_)
    for row, entries in enumerate(rows):
        values[row, : len(entries)] = entries
        valid[row, : len(entries)] = True
    return values, valid


def _joined(rows: Sequence[Entries], num_fields: int) -> tuple[Entries, NDArray[np.int64]]:
    offsets = np.cumsum([0, *(len(entries) for entries in rows)])
    return np.concatenate([np.zeros((0, num_fields)), *rows]), offsets
