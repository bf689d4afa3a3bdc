"""BatchIterator: one pass over the batches of an epoch, made ahead of the consumer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from .assembly import Assembly
from .batch import Batch
from .device import Move
from .order import EpochOrder, PoolOrder
from .plan import Plan, Scalar
from .pool import Pool
from .prefetch import Check, Ring
from .share import Share
from .state import Progress
from .stats import Stats
from .steps import Step, run_step

#: Decodes a pool.
Load = Callable[[PoolOrder, Check], Pool]

#: Pools and batches made ahead of their consumer. One pool more is two in memory; a few batches
#: hide that some take longer.
_POOLS_AHEAD = 1
_BATCHES_AHEAD = 4


@dataclass(frozen=True)
class Pass:
    """What the batches of a pass are made of.

    Attributes:
        order: Of the epoch.
        share: This rank's.
        plan: What batches hold.
        load: Decodes a pool.
        scalar_dtypes: Stored dtypes of labels and weights.
        steps: What is done to each batch.
        move: Turns batches into those of a framework.
    """

    order: EpochOrder
    share: Share
    plan: Plan
    load: Load
    scalar_dtypes: dict[Scalar, np.dtype[Any]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    move: Move | None = None

    def pools(self, first_step: int, check: Check) -> Iterator[Pool]:
        """Yield the decoded pools that the batches from ``first_step`` on need."""
        start, _ = self.share.positions(first_step)
        _, stop = self.share.positions(len(self.share) - 1)
        index = self.order.pool_of(start)
        while start < stop:
            order = self.order.pool(index)
            if order.stop > start:
                yield self.load(order, check)
            start, index = max(start, order.stop), index + 1

    def batches(self, first_step: int, pools: Iterator[Pool], check: Check) -> Iterator[Batch]:
        """Yield the batches from ``first_step`` on."""
        pool: Pool | None = None
        for step in range(first_step, len(self.share)):
            check()
            start, stop = self.share.positions(step)
            rows = Assembly.of_rows(self.plan, self.share.size(step), self.scalar_dtypes)
            at = 0
            while start < stop:
                while pool is None or pool.stop <= start:
                    pool = None  # its memory is free while the next one is awaited
                    pool = next(pools)
                count = min(stop, pool.stop) - start
                pool.take(start, start + count, rows, at)
                start, at = start + count, at + count
            rows.empty_from(at)
            yield self._finish(rows.to_batch(num_real=at, always_weigh=self.share.tail == "pad"), step)

    def _finish(self, batch: Batch, step: int) -> Batch:
        index = batch.index
        for entry in self.steps:
            try:
                batch = run_step(entry, batch)
            except Exception as error:
                name = getattr(entry, "__name__", type(entry).__name__)
                rows = f", rows {', '.join(str(row) for row in index[:3])}, ..." if len(index) else ""
                error.add_note(f"in the transform {name}, batch {step} of epoch {self.order.number}{rows}")
                raise
        return batch if self.move is None else self.move(batch)


class BatchIterator(Iterator[Batch]):
    """Batches of one pass, made in threads that begin with it and end with it.

    Args:
        work: What the batches are made of.
        progress: Where to begin; kept up to date.
        stats: Kept up to date.
    """

    def __init__(self, work: Pass, progress: Progress, stats: Stats) -> None:
        self._progress = progress
        self._stats = stats
        self._ring: Ring[Batch] | None = None
        self._closed = False
        first = progress.step
        if first < len(work.share):
            pools: Ring[Any] = Ring(lambda check: work.pools(first, check), ahead=_POOLS_AHEAD)
            self._ring = Ring(lambda check: work.batches(first, pools, check), ahead=_BATCHES_AHEAD, source=pools)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        if self._closed:
            raise StopIteration
        begun = time.perf_counter()
        try:
            batch = next(self._ring or iter(()))
        except StopIteration:
            self.close()
            self._progress.complete()
            raise
        except BaseException:
            self.close()
            raise
        self._stats.wait += time.perf_counter() - begun
        self._stats.batches += 1
        self._stats.rows += batch.num_rows
        self._progress.step += 1
        return batch

    def close(self) -> None:
        """Stop the threads and wait for them; no more batches come."""
        self._closed = True
        if self._ring is not None:
            self._ring.close()
