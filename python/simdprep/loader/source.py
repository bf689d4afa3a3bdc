"""Source: a run of rows that batches take from, and the pools they come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .order import EpochOrder, RowOrder
from .pool_order import PoolOrder
from .share import Slices

Positions = NDArray[np.int64]


class PoolTask(NamedTuple):
    """A pool, and what a rank takes of it.

    Attributes:
        order: Of the pool.
        starts: First position of each range it takes, increasing.
        stops: One past the last position of each; no range leaves its batch.
    """

    order: PoolOrder
    starts: Positions
    stops: Positions


@dataclass(frozen=True)
class Source:
    """Rows in the order of an epoch, or in that of one epoch after the other.

    Attributes:
        order: Of the rows.
        slices: Which positions this rank takes at each step.
        epoch: Of the order, whose positions count from 0; ``None`` where positions count on
            through all epochs of the order, which follow each other when its rows are used up.
        targets: Which rows of the rank's batch it fills; ``None`` for all from the first on.
    """

    order: RowOrder
    slices: Slices
    epoch: int | None = 0
    targets: Positions | None = None
    _epochs: dict[int, EpochOrder] = field(default_factory=dict, repr=False)

    def epoch_at(self, position: int) -> EpochOrder:
        """Return the order that a position lies in."""
        number = position // max(1, self.order.num_rows) if self.epoch is None else self.epoch
        if number not in self._epochs:
            self._epochs.clear()  # what an epoch draws may be large
            origin = 0 if self.epoch is not None else number * self.order.num_rows
            self._epochs[number] = self.order.epoch(number, origin=origin)
        return self._epochs[number]

    def pools(self, steps: range) -> Iterator[PoolTask]:
        """Yield the pools that the batches of some steps need, in the order they need them."""
        starts: list[int] = []
        stops: list[int] = []
        pool: PoolOrder | None = None
        for step in steps:
            start, stop = self.slices.positions(step)
            while start < stop:
                if pool is None or start >= pool.stop:
                    if pool is not None:
                        yield _task(pool, starts, stops)
                    starts, stops = [], []
                    epoch = self.epoch_at(start)
                    pool = epoch.pool(epoch.pool_of(start))
                starts.append(start)
                start = min(stop, pool.stop)
                stops.append(start)
        if pool is not None:
            yield _task(pool, starts, stops)


def _task(pool: PoolOrder, starts: list[int], stops: list[int]) -> PoolTask:
    return PoolTask(pool, np.array(starts, np.int64), np.array(stops, np.int64))
