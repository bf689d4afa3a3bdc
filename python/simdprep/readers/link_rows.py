"""Rows of a link: which entries of the target each parent has, in numbers. Plain numpy, no file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LinkRows:
    """The lists that a link makes over a run of entries.

    Attributes:
        outer: Offsets of the parents in each entry.
        inner: Offsets of the linked entries of each parent.
        items: For each of them its place among what names it: pairs of the table, or entries that name their parent.
        targets: For each of them its place in the target, all entries of the run one after the other.
        null: Links that say that there is nothing.
        outside: Links that lead beyond the end of a list.
    """

    outer: Integers
    inner: Integers
    items: Integers
    targets: Integers
    null: int = 0
    outside: int = 0


def numbers(array: ak.Array) -> Integers:
    """Return the values of an integer array as int64, flat; what means nothing (missing, all ones) is -1."""
    layout: Any = array.layout
    while hasattr(layout, "offsets"):
        layout = layout.content
    if layout.is_option:
        layout = ak.fill_none(ak.Array(layout), -1).layout
    values = np.asarray(ak.to_numpy(ak.Array(layout)))
    result = values.astype(np.int64)
    if values.dtype.kind == "u":
        result[values == np.iinfo(values.dtype).max] = -1
    return result


def entry_of(offsets: Integers) -> Integers:
    """Return for each item of lists which list it is in."""
    return np.repeat(np.arange(len(offsets) - 1, dtype=np.int64), np.diff(offsets))


def rows_of_pairs(
    outer: Integers, entries: Integers, parents: Integers, starts: Integers, counts: Integers, targets: Integers
) -> LinkRows:
    """Return the rows of items that each name a parent and a target, in the order of the items for each parent.

    Args:
        outer: Offsets of the parents in each entry.
        entries: Entry of each item.
        parents: Parent each item names, counted in its entry; negative for none.
        starts: Where the targets of each item's entry begin.
        counts: How many there are.
        targets: Target each item names, counted in its entry; negative for none.
    """
    null = (parents < 0) | (targets < 0)
    num_parents = np.diff(outer)[entries]
    good = ~null & (parents < num_parents) & (targets < counts)
    items = np.flatnonzero(good)
    rows = outer[entries[items]] + parents[items]
    order = np.argsort(rows, kind="stable")
    items = items[order]
    per_parent = np.bincount(rows, minlength=int(outer[-1]))
    inner = np.concatenate(([0], np.cumsum(per_parent, dtype=np.int64)))
    lost = int(null.sum())
    return LinkRows(outer, inner, items, starts[items] + targets[items], lost, len(parents) - len(items) - lost)
