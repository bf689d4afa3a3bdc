"""PoolOrder: which rows one pool of an epoch holds, and in which order they leave it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._core import find_runs
from .buckets import Buckets
from .lanes import Lanes
from .permutation import hashes, permute, permute_each

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Where the rows of an epoch lie.

    Attributes:
        bounds: First row of every block, and the number of rows.
        entry_bounds: First entry of every block, and the number of entries; the entries of an epoch
            are the rows it draws, in stored order, with repetitions.
        rows: Row of every entry; ``None`` where each row is one entry.
    """

    bounds: Positions
    entry_bounds: Positions
    rows: Positions | None = None

    def rows_of(self, entries: Positions) -> Positions:
        """Return the row numbers of entries."""
        return entries if self.rows is None else self.rows[entries]


class PoolOrder:
    """One pool of an epoch.

    Args:
        layout: Of the epoch.
        blocks: Numbers of its blocks, whose entries its places count one block after the other.
        start: Its first position in the epoch.
        stop: One past its last position.
        key: Of its shuffle; ``None`` keeps the order of places.
        lanes: Of the batches.
        origin: Position that place 0 stands for where the pool has some positions of all blocks;
            ``None`` where its positions are all entries of its blocks.
        buckets: What brings rows of like length together.

    Attributes:
        blocks, start, stop: As given.
    """

    def __init__(
        self,
        layout: Layout,
        blocks: Positions,
        start: int,
        stop: int,
        key: int | None,
        *,
        lanes: Lanes | None = None,
        origin: int | None = None,
        buckets: Buckets | None = None,
    ) -> None:
        self.blocks = blocks
        self.start = start
        self.stop = stop
        self._layout = layout
        self._key = key
        self._lanes = lanes or Lanes()
        self._origin = origin
        self._buckets = buckets

    @property
    def is_whole(self) -> bool:
        """Its positions are all entries of its blocks, rather than some of them."""
        return self._origin is None

    @cached_property
    def place_bounds(self) -> Positions:
        """First place of each of its blocks, and the number of places; int64 (blocks + 1,)."""
        sizes = np.diff(self._layout.entry_bounds)[self.blocks]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def places(self, positions: Positions) -> Positions:
        """Return the places at positions of the epoch, which lie in this pool; int64."""
        if self._buckets is not None:
            positions = self._moved[positions - self.start]
        return self._places(positions)

    def locate(self, positions: Positions) -> tuple[Positions, Positions]:
        """Return the row numbers at positions, and for each which of the pool's blocks it lies in."""
        places = self.places(positions)
        local = find_runs(self.place_bounds, places)
        entries = places - self.place_bounds[local] + self._layout.entry_bounds[self.blocks[local]]
        return self._layout.rows_of(entries), local

    def rows(self, positions: Positions) -> Positions:
        """Return the row numbers at positions of the epoch, which lie in this pool; int64."""
        return self.locate(positions)[0]

    def blocks_at(self, starts: Positions, stops: Positions) -> Positions:
        """Return which of its blocks may hold rows at the position ranges [start, stop), as indices into them.

        Args:
            starts: First position of each range, within the pool.
            stops: One past the last; no range leaves its batch.
        """
        full = np.diff(self.place_bounds) > 0
        mixed = self._lanes.number == 1 and (self._key is not None or self._buckets is not None)
        if mixed or not self.is_whole:
            return np.flatnonzero(full).astype(np.int64)
        if self._key is None:
            firsts, ends = starts - self.start, stops - self.start
        else:
            touched = self._lanes.touched(starts, stops)
            firsts, ends = self._lane_bounds[:-1][touched], self._lane_bounds[1:][touched]
        some = firsts < ends
        change = np.zeros(len(self.blocks) + 1, np.int64)
        np.add.at(change, np.searchsorted(self.place_bounds, firsts[some], side="right") - 1, 1)
        np.add.at(change, np.searchsorted(self.place_bounds, ends[some], side="left"), -1)
        held = np.cumsum(change)[:-1] > 0
        return np.flatnonzero(held & full).astype(np.int64)

    @cached_property
    def _lane_bounds(self) -> Positions:
        """First place of each lane, and the number of places."""
        lanes = np.arange(self._lanes.number)
        counts = self._lanes.ranks(np.full(len(lanes), self.stop), lanes) - self._lane_firsts
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def _places(self, positions: Positions) -> Positions:
        if self._key is None:
            return positions - self.start
        if self._origin is not None:
            return permute(positions - self._origin, int(self.place_bounds[-1]), self._key)
        if self._lanes.number == 1:
            return permute(positions - self.start, int(self.place_bounds[-1]), self._key)
        lanes = self._lanes.of(positions)
        local = self._lanes.ranks(positions, lanes) - self._lane_firsts[lanes]
        keys = hashes(self._key, self._lanes.number)
        return self._lane_bounds[lanes] + permute_each(local, lanes, np.diff(self._lane_bounds), keys)

    @cached_property
    def _lane_firsts(self) -> Positions:
        """Positions of each lane before the pool."""
        return self._lanes.ranks(np.full(self._lanes.number, self.start), np.arange(self._lanes.number))

    @cached_property
    def _moved(self) -> Positions:
        """The position that each of the pool's positions is taken from, by lane and window."""
        assert self._buckets is not None
        positions = np.arange(self.start, self.stop, dtype=np.int64)
        places = self._places(positions)
        local = find_runs(self.place_bounds, places)
        entries = places - self.place_bounds[local] + self._layout.entry_bounds[self.blocks[local]]
        counts = self._buckets.counts[self._layout.rows_of(entries)]
        return self._buckets.arrange(positions, counts, self._lanes, self._key)
