"""Ranks: the hashes of all rows by cell, kept until it is known how many of each cell are taken."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .identity import Words


class Ranks:
    """Keeps 12 bytes of each row: the cell it is in and the hash that orders the rows of the cell."""

    def __init__(self) -> None:
        self._cells: list[NDArray[np.int32]] = []
        self._hashes: list[Words] = []

    def add(self, cells: NDArray[np.int64], hashes: Words) -> None:
        """Take rows into account: their cells int64 (n,), none negative, and hashes uint64 (n,)."""
        self._cells.append(cells.astype(np.int32))
        self._hashes.append(hashes)

    def merge(self, other: Ranks) -> None:
        """Take into account the rows of another."""
        self._cells += other._cells
        self._hashes += other._hashes

    def thresholds(self, counts: NDArray[np.int64], taken: NDArray[np.int64]) -> tuple[Words, NDArray[np.int64]]:
        """Return below which hash the first ``taken`` rows of each cell are, and how many are there.

        Args:
            counts: Rows of each cell, (n_cells,).
            taken: Rows to take of each cell, fewer than there are, (n_cells,).

        Returns:
            uint64 (n_cells,) and int64 (n_cells,). The second is ``taken`` unless rows have equal hashes, of
            which either all or none are below.
        """
        from .resample_kernel import scatter

        ends = np.cumsum(counts)
        ordered = np.empty(int(ends[-1]) if len(ends) else 0, np.uint64)
        fill = ends - counts
        for cells, hashes in zip(self._cells, self._hashes, strict=True):
            scatter(cells, hashes, fill, ordered)
        thresholds, below = np.zeros(len(counts), np.uint64), np.zeros(len(counts), np.int64)
        for cell in np.flatnonzero(taken).tolist():
            own = ordered[ends[cell] - counts[cell] : ends[cell]]
            place = int(taken[cell])
            own.partition(place)
            thresholds[cell] = own[place]
            below[cell] = int((own[:place] < own[place]).sum())
        return thresholds, below

    def state(self) -> dict[str, str]:
        """Return the rows as JSON can hold them: base64 of little-endian numbers."""
        cells = np.concatenate([np.zeros(0, np.int32), *self._cells])
        hashes = np.concatenate([np.zeros(0, np.uint64), *self._hashes])
        return {
            "cells": base64.b64encode(cells.astype("<i4").tobytes()).decode(),
            "hashes": base64.b64encode(hashes.astype("<u8").tobytes()).decode(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the ranks whose :meth:`state` this is.

        Raises:
            ValueError: it is not one.
        """
        result = cls()
        cells = np.frombuffer(base64.b64decode(state["cells"]), "<i4").astype(np.int32)
        hashes = np.frombuffer(base64.b64decode(state["hashes"]), "<u8").astype(np.uint64)
        if len(cells) != len(hashes):
            raise ValueError("as many cells as hashes")
        result._cells, result._hashes = [cells], [hashes]
        return result
