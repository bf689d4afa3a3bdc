"""The order of rows: arithmetic on (seed, epoch, fingerprint of the dataset, mode), with no state.

Rows lie in **blocks** (runs of whole chunks), an epoch's blocks in **pools**. The epoch goes pool by
pool, and the pools of mode ``block`` are shuffled inside, so that a chunk is decoded once per epoch.
A **position** counts the rows in the order of the epoch; a **place** counts the rows of a pool's
blocks, one block after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .permutation import hashes, key_of, permute

Shuffle = Literal["none", "block", "full"]
SHUFFLES: tuple[Shuffle, ...] = get_args(Shuffle)


def block_bounds(part_rows: Sequence[int], chunk_rows: int) -> NDArray[np.int64]:
    """Return the first row of every block, and the number of rows; int64 (blocks + 1,).

    Blocks hold ``chunk_rows`` rows, and end with their part.
    """
    bounds = [np.zeros(1, np.int64)]
    start = 0
    for rows in part_rows:
        stop = start + rows
        bounds.append(np.append(np.arange(start + chunk_rows, stop, chunk_rows), stop) if rows else bounds[0][:0])
        start = stop
    return np.concatenate(bounds).astype(np.int64)


@dataclass(frozen=True)
class RowOrder:
    """The rows of a dataset in the order of every epoch.

    Attributes:
        bounds: As :func:`block_bounds` gives them.
        shuffle: ``none`` keeps the stored order. ``block`` shuffles within pools of blocks that are
            drawn from all over the dataset. ``full`` is one permutation of all rows.
        seed: Any integer.
        fingerprint: Identity of the dataset.
        num_pools: Pools per epoch; part of the order in mode ``block`` alone.
    """

    bounds: NDArray[np.int64]
    shuffle: Shuffle
    seed: int
    fingerprint: str
    num_pools: int = 1

    @property
    def num_rows(self) -> int:
        """Number of rows, and of positions in every epoch."""
        return int(self.bounds[-1])

    @property
    def num_blocks(self) -> int:
        """Number of blocks."""
        return len(self.bounds) - 1

    def epoch(self, epoch: int) -> EpochOrder:
        """Return the order of one epoch."""
        return EpochOrder(self, epoch)

    def inflation(self, batch_size: int) -> float:
        """Return by how much the noise of a batch's mean may exceed that of a full shuffle.

        At most sqrt(1 + block rows / pool batches), for datasets whose blocks differ from each other
        entirely and without pattern; 1 where one pool holds all rows. Sorted datasets, or those put
        together of samples, do better: a pool takes one block from every stretch of the dataset.
        """
        if self.shuffle == "none":
            return math.sqrt(batch_size)
        if self.shuffle == "full" or self.num_pools <= 1:
            return 1.0
        block_rows = self.num_rows / self.num_blocks
        pool_batches = self.num_rows / self.num_pools / batch_size
        return math.sqrt(1 + (1 - 1 / self.num_pools) * block_rows / pool_batches)


class EpochOrder:
    """The order of rows of one epoch; see :class:`RowOrder`."""

    def __init__(self, order: RowOrder, epoch: int) -> None:
        self.order = order
        self.number = epoch

    def key(self, purpose: str) -> int:
        """Return the key that orders one thing in this epoch."""
        order = self.order
        return key_of(order.fingerprint, order.seed, order.shuffle, self.number, purpose)

    def pool(self, index: int) -> PoolOrder:
        """Return pool ``index``, 0 to ``num_pools - 1``."""
        order = self.order
        start, stop = int(self.pool_bounds[index]), int(self.pool_bounds[index + 1])
        if order.shuffle == "full":
            blocks = np.arange(order.num_blocks, dtype=np.int64)
            return PoolOrder(order.bounds, blocks, start, stop, self.key("rows"), is_whole=order.num_pools == 1)
        sequence, firsts = self._blocks
        blocks = sequence[firsts[index] : firsts[index + 1]]
        key = self.key(f"pool {index}") if order.shuffle == "block" else None
        return PoolOrder(order.bounds, blocks, start, stop, key)

    def pool_of(self, position: int) -> int:
        """Return the index of the pool that holds a position."""
        return int(np.searchsorted(self.pool_bounds, position, side="right")) - 1

    def rows(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the row numbers at positions [start, stop); int64 (stop - start,)."""
        parts = [np.zeros(0, np.int64)]
        while start < stop:
            pool = self.pool(self.pool_of(start))
            parts.append(pool.rows(start, min(stop, pool.stop)))
            start = pool.stop
        return np.concatenate(parts)

    @cached_property
    def pool_bounds(self) -> NDArray[np.int64]:
        """First position of every pool, and the number of positions; int64 (num_pools + 1,)."""
        order = self.order
        if order.shuffle == "full":
            return np.arange(order.num_pools + 1, dtype=np.int64) * order.num_rows // order.num_pools
        sequence, firsts = self._blocks
        ends = np.concatenate([[0], np.cumsum(np.diff(order.bounds)[sequence])])
        bounds: NDArray[np.int64] = ends[firsts].astype(np.int64)
        return bounds

    @cached_property
    def _blocks(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All blocks pool by pool, and where in them each pool begins."""
        order = self.order
        num_pools = max(1, order.num_pools)
        if order.shuffle != "block" or num_pools == 1:
            numbers = np.arange(order.num_blocks, dtype=np.int64)
            return numbers, np.arange(num_pools + 1, dtype=np.int64) * order.num_blocks // num_pools
        # Each stretch of num_pools blocks gives every pool one of them; which one is drawn. The last stretch
        # may be shorter: which pools go without is drawn with it.
        num_stretches = -(-order.num_blocks // num_pools)
        draws = hashes(self.key("blocks"), num_stretches * num_pools).reshape(num_stretches, num_pools)
        pools = np.argsort(draws, axis=1, kind="stable").ravel()[: order.num_blocks]
        sequence = np.argsort(pools, kind="stable")
        firsts = np.searchsorted(pools[sequence], np.arange(num_pools + 1))
        return sequence, firsts.astype(np.int64)


class PoolOrder:
    """One pool of an epoch.

    Attributes:
        blocks: Numbers of the blocks whose rows its places count, int64.
        start: Its first position in the epoch.
        stop: One past its last position.
        is_whole: Its positions are all rows of its blocks, rather than some of them.
    """

    def __init__(
        self,
        bounds: NDArray[np.int64],
        blocks: NDArray[np.int64],
        start: int,
        stop: int,
        key: int | None,
        *,
        is_whole: bool = True,
    ) -> None:
        self.blocks = blocks
        self.start = start
        self.stop = stop
        self.is_whole = is_whole
        self._bounds = bounds
        self._key = key

    @cached_property
    def place_bounds(self) -> NDArray[np.int64]:
        """First place of each of its blocks, and the number of places; int64 (blocks + 1,)."""
        sizes = np.diff(self._bounds)[self.blocks]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def places(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the places at positions [start, stop) of the epoch, which lie in this pool; int64."""
        origin = self.start if self.is_whole else 0
        positions = np.arange(start - origin, stop - origin, dtype=np.int64)
        return positions if self._key is None else permute(positions, int(self.place_bounds[-1]), self._key)

    def rows_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row numbers at places; int64, as long."""
        local = np.searchsorted(self.place_bounds, places, side="right") - 1
        rows: NDArray[np.int64] = places - self.place_bounds[local] + self._bounds[self.blocks[local]]
        return rows

    def rows(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the row numbers at positions [start, stop) of the epoch, which lie in this pool; int64."""
        return self.rows_at(self.places(start, stop))
