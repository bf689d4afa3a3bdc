"""The order of rows: arithmetic on (seed, epoch, fingerprint of the dataset, mode), with no state.

Rows lie in **blocks** (runs of whole chunks), an epoch's blocks in **pools**. The epoch goes pool by
pool, and the pools of mode ``block`` are shuffled inside, so that a chunk is decoded once per epoch.
A **position** counts the rows in the order of the epoch; an **entry** counts the rows an epoch has in
stored order; a **place** counts the entries of a pool's blocks, one block after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .buckets import Buckets
from .draw import Draw
from .lanes import NUM_LANES, Lanes
from .permutation import hashes, key_of
from .pool_order import Layout, PoolOrder

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
        fingerprint: Identity of the dataset, and of what is drawn from it.
        num_pools: Pools per epoch; part of the order in mode ``block`` alone.
        batch_size: Rows of a batch; part of the order in mode ``block`` with several pools, whose
            rows go to :class:`~simdprep.loader.lanes.Lanes` of the batches.
        draw: Which rows an epoch has; ``None`` for all, each once.
        buckets: Brings rows of like length together; ``None`` leaves them.
    """

    bounds: NDArray[np.int64] = field(repr=False)
    shuffle: Shuffle
    seed: int
    fingerprint: str
    num_pools: int = 1
    batch_size: int = 1
    draw: Draw | None = field(default=None, repr=False)
    buckets: Buckets | None = field(default=None, repr=False)

    @property
    def num_rows(self) -> int:
        """Number of rows of an epoch, and of its positions; the same in every epoch."""
        return int(self.bounds[-1]) if self.draw is None else self.draw.size

    @property
    def num_blocks(self) -> int:
        """Number of blocks."""
        return len(self.bounds) - 1

    @cached_property
    def used_blocks(self) -> NDArray[np.int64]:
        """Numbers of the blocks that any epoch may take rows from."""
        numbers = np.arange(self.num_blocks, dtype=np.int64)
        if self.draw is None or self.draw.chosen is None:
            return numbers
        return numbers[np.diff(np.searchsorted(self.draw.chosen, self.bounds)) > 0]

    @cached_property
    def lanes(self) -> Lanes:
        """The lanes of the batches: one, unless ranks may each have blocks of their own."""
        if self.shuffle != "block" or self.num_pools <= 1:
            return Lanes()
        return Lanes(self.batch_size, min(NUM_LANES, self.batch_size))

    def epoch(self, epoch: int, *, origin: int = 0) -> EpochOrder:
        """Return the order of one epoch, whose positions count from ``origin`` on."""
        return EpochOrder(self, epoch, origin)

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
    """The order of rows of one epoch; see :class:`RowOrder`.

    Attributes:
        order: Of all epochs.
        number: Of the epoch.
        origin: Its first position.
    """

    def __init__(self, order: RowOrder, epoch: int, origin: int = 0) -> None:
        self.order = order
        self.number = epoch
        self.origin = origin

    @property
    def stop(self) -> int:
        """One past its last position."""
        return self.origin + self.order.num_rows

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
            origin = None if order.num_pools == 1 else self.origin
            return PoolOrder(self.layout, blocks, start, stop, self.key("rows"), origin=origin, buckets=order.buckets)
        sequence, firsts = self._blocks
        blocks = sequence[firsts[index] : firsts[index + 1]]
        if order.shuffle == "none":
            return PoolOrder(self.layout, blocks, start, stop, None, buckets=order.buckets)
        key = self.key(f"pool {index}")
        if order.lanes.number > 1:  # lanes take runs of blocks: none shall always have the first ones
            blocks = blocks[np.argsort(hashes(self.key(f"blocks of pool {index}"), len(blocks)), kind="stable")]
        return PoolOrder(self.layout, blocks, start, stop, key, lanes=order.lanes, buckets=order.buckets)

    def pool_of(self, position: int) -> int:
        """Return the index of the pool that holds a position."""
        return int(np.searchsorted(self.pool_bounds, position, side="right")) - 1

    def rows(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the row numbers at positions [start, stop); int64 (stop - start,)."""
        parts = [np.zeros(0, np.int64)]
        while start < stop:
            pool = self.pool(self.pool_of(start))
            parts.append(pool.rows(np.arange(start, min(stop, pool.stop), dtype=np.int64)))
            start = pool.stop
        return np.concatenate(parts)

    @cached_property
    def layout(self) -> Layout:
        """Where the rows of the epoch lie."""
        order = self.order
        if order.draw is None:
            return Layout(order.bounds, order.bounds)
        rows = order.draw.rows(self.key("draw"))
        return Layout(order.bounds, np.searchsorted(rows, order.bounds).astype(np.int64), rows)

    @cached_property
    def pool_bounds(self) -> NDArray[np.int64]:
        """First position of every pool, and one past the last; int64 (num_pools + 1,)."""
        order = self.order
        if order.shuffle == "full":
            shares = np.arange(order.num_pools + 1, dtype=np.int64) * order.num_rows // order.num_pools
            return shares + self.origin
        sequence, firsts = self._blocks
        ends = np.concatenate([[0], np.cumsum(np.diff(self.layout.entry_bounds)[sequence])])
        bounds: NDArray[np.int64] = ends[firsts].astype(np.int64)
        return bounds + self.origin

    @cached_property
    def _blocks(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All blocks pool by pool, and where in them each pool begins."""
        order = self.order
        num_pools = max(1, order.num_pools)
        if num_pools == 1:
            return np.arange(order.num_blocks, dtype=np.int64), np.array([0, order.num_blocks])
        numbers = order.used_blocks
        if order.shuffle != "block":
            return numbers, np.arange(num_pools + 1, dtype=np.int64) * len(numbers) // num_pools
        # Each stretch of num_pools blocks gives every pool one of them; which one is drawn. The last stretch
        # may be shorter: which pools go without is drawn with it.
        num_stretches = -(-len(numbers) // num_pools)
        draws = hashes(self.key("blocks"), num_stretches * num_pools).reshape(num_stretches, num_pools)
        pools = np.argsort(draws, axis=1, kind="stable").ravel()[: len(numbers)]
        sequence = np.argsort(pools, kind="stable")
        firsts = np.searchsorted(pools[sequence], np.arange(num_pools + 1))
        return numbers[sequence], firsts.astype(np.int64)
