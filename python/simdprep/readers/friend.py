"""Friend: a second tree whose branches belong to the entries of an input, and how its entries are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Friend:
    """Where the branches are.

    Attributes:
        file: The file; ``{folder}``, ``{name}`` and ``{stem}`` in it are those of the input; ``None`` is the input.
        tree: Name of the tree; ``None`` where the file has only one.
        index: Branches of integers, in both, that say which entry belongs to which; without any, entry ``i`` to ``i``.
        prefix: In front of the names of the branches.
    """

    file: str | None = None
    tree: str | None = None
    index: tuple[str, ...] = ()
    prefix: str = ""

    def path(self, path: str) -> str:
        """Return the file that belongs to an input."""
        if self.file is None:
            return path
        place = PurePosixPath(path)
        folder = path[: len(path) - len(place.name)].rstrip("/") or "."
        found = self.file
        for key, value in (("folder", folder), ("name", place.name), ("stem", place.stem)):
            found = found.replace(f"{{{key}}}", value)
        return found

    def __str__(self) -> str:
        place = " of ".join(text for text in (self.tree, self.file) if text)
        way = f"by {', '.join(self.index)}" if self.index else "entry by entry"
        return f"friend {place}, {way}"


def joined_stamp(stamp: str, friends: Sequence[tuple[str, int]]) -> str:
    """Return what tells an input and its friends from others of their names, of the stamp of each."""
    return " + ".join([stamp, *(f"{friend}, {size} bytes" for friend, size in friends)])


class Keys:
    """Finds entries by the values of some columns.

    Args:
        columns: The values, each int64 (n,).

    Attributes:
        twice: Two entries with the same values, or ``None``.
    """

    def __init__(self, columns: Sequence[Integers]) -> None:
        # Each column is replaced by ranks, and joined with the ranks before it: exact, whatever the values are.
        self._stages: list[tuple[Integers, Integers]] = []
        code = np.zeros(len(columns[0]), np.int64)
        for column in columns:
            values = np.unique(column)
            mixed = code * max(len(values), 1) + np.searchsorted(values, column)
            known = np.unique(mixed)
            self._stages.append((values, known))
            code = np.searchsorted(known, mixed).astype(np.int64)
        order = np.argsort(code, kind="stable")
        self.twice: tuple[int, int] | None = None
        same = np.flatnonzero(np.diff(code[order]) == 0)
        if len(same):
            self.twice = (int(order[same[0]]), int(order[same[0] + 1]))
        self._entries = order

    def find(self, columns: Sequence[Integers]) -> Integers:
        """Return the entry for each set of values, -1 where there is none."""
        code = np.zeros(len(columns[0]), np.int64)
        there = np.ones(len(code), np.bool_)
        for (values, known), column in zip(self._stages, columns, strict=True):
            rank, found = _rank(values, column)
            there &= found
            code, found = _rank(known, code * max(len(values), 1) + rank)
            there &= found
        result = np.full(len(code), -1, np.int64)
        result[there] = self._entries[code[there]]
        return result


def _rank(values: Integers, wanted: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Return where each wanted number is among sorted values, 0 where it is not, and whether it is."""
    if not len(values):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    rank = np.minimum(np.searchsorted(values, wanted), len(values) - 1).astype(np.int64)
    found = values[rank] == wanted
    return np.where(found, rank, 0), found
