"""BatchIterator: one pass over the batches of an epoch, made ahead of the consumer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from .assembly import Assembly
from .batch import Batch
from .decoder import Decoder
from .device import Move, Stay
from .fault import FindFault
from .plan import Plan, Scalar
from .pool import Pool
from .prefetch import Check, Ring
from .share import Batches
from .source import PoolTask, Source
from .state import Progress
from .stats import Stats
from .steps import Step, run_step

#: Decodes a pool, and may begin with the one behind it.
Load = Callable[[PoolTask, PoolTask | None, Decoder, Check], Pool]

#: Pools and batches made ahead of their consumer. One pool more is two in memory; a few batches
#: hide that some take longer.
_POOLS_AHEAD = 1
_BATCHES_AHEAD = 4

Rings = tuple[Ring[Pool], ...]


@dataclass(frozen=True)
class Pass:
    """What the batches of a pass are made of.

    Attributes:
        epoch: Its number.
        share: This rank's.
        sources: Where the rows come from.
        plan: What batches hold.
        load: Decodes a pool.
        scalar_dtypes: Stored dtypes of labels and weights.
        steps: What is done to each batch.
        move: Turns batches into those of a framework.
        stride: Of this many processes, each makes every so-manieth batch.
        find_fault: Finds the row that a step failed for.
        threads: Threads that decode; 0 for one per core.
    """

    epoch: int
    share: Batches
    sources: tuple[Source, ...]
    plan: Plan
    load: Load
    scalar_dtypes: dict[Scalar, np.dtype[Any]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    move: Move = field(default_factory=Stay)
    stride: int = 1
    find_fault: FindFault | None = None
    threads: int = 0

    def numbers(self, first: int) -> range:
        """Return the steps from ``first`` on that are made here."""
        return range(first, len(self.share), self.stride)

    def pools(self, source: Source, first: int, check: Check) -> Iterator[Pool]:
        """Yield the decoded pools of a source that the batches from step ``first`` on need."""
        with Decoder(self.threads) as decoder:
            tasks = source.pools(self.numbers(first))
            task = next(tasks, None)
            while task is not None:
                following = next(tasks, None)
                yield self.load(task, following, decoder, check)
                task = following

    def batches(self, first: int, pools: Rings, check: Check) -> Iterator[Any]:
        """Yield the batches from step ``first`` on, sent to where they go."""
        feeds = [_Feed(source, ring) for source, ring in zip(self.sources, pools, strict=True)]
        for step in self.numbers(first):
            check()
            rows = Assembly.of_rows(self.plan, self.share.size(step), self.scalar_dtypes)
            at = 0
            for feed in feeds:
                at += self._fill(feed, step, rows)
            rows.empty_from(at)
            yield self._finish(rows.to_batch(num_real=at, always_weigh=self.share.tail == "pad"), step, check)

    def _fill(self, feed: _Feed, step: int, rows: Assembly) -> int:
        """Write what one source gives to a batch; returns how many rows."""
        start, stop = feed.source.slices.positions(step)
        if feed.source.targets is None:
            feed.take(start, stop, rows)
        elif stop > start:
            part = Assembly.of_rows(self.plan, stop - start, self.scalar_dtypes)
            feed.take(start, stop, part)
            rows.scatter(feed.source.targets, part)
        return stop - start

    def _finish(self, batch: Batch, step: int, check: Check) -> Any:
        index = batch.index.copy()  # a step may change it
        for number, entry in enumerate(self.steps):
            try:
                batch = run_step(entry, batch)
            except Exception as error:
                name = getattr(entry, "__name__", type(entry).__name__)
                rows = f", rows {', '.join(str(row) for row in index[:3])}, ..." if len(index) else ""
                if self.find_fault is not None:
                    row = self.find_fault(index, self.steps[: number + 1], error, check)
                    rows = rows if row is None else f", row {row}"
                note = f"in the transform {name}, batch {step} of epoch {self.epoch}{rows}"
                if not isinstance(error, StopIteration):
                    error.add_note(note)
                    raise
                raise RuntimeError(f"StopIteration {note}") from error  # a generator lets none through
        return self.move.send(batch)


class _Feed:
    """A source, and the pool that is being taken from."""

    def __init__(self, source: Source, pools: Iterator[Pool]) -> None:
        self.source = source
        self._pools = pools
        self._pool: Pool | None = None

    def take(self, start: int, stop: int, rows: Assembly) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its first row on."""
        at = 0
        while start < stop:
            while self._pool is None or self._pool.stop <= start:
                self._pool = None  # its memory is free while the next one is awaited
                self._pool = next(self._pools)
            count = min(stop, self._pool.stop) - start
            self._pool.take(start, start + count, rows, at)
            start, at = start + count, at + count


class BatchIterator(Iterator[Batch]):
    """Batches of one pass, made in threads that begin with it and end with it.

    Args:
        work: What the batches are made of.
        progress: Where to begin; kept up to date.
        stats: Kept up to date.
        offset: Of the processes that take turns, which one this is.
    """

    def __init__(self, work: Pass, progress: Progress, stats: Stats, *, offset: int = 0) -> None:
        self._progress = progress
        self._stats = stats
        self._stride = work.stride
        self._ring: Ring[Any] | None = None
        self._move = work.move
        self._pools: Rings = ()
        self._closed = False
        first = progress.step + offset
        if first < len(work.share):
            pools = tuple(_pool_ring(work, source, first) for source in work.sources)
            self._pools = pools
            self._ring = Ring(lambda check: work.batches(first, pools, check), ahead=_BATCHES_AHEAD, sources=pools)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        if self._closed:
            raise StopIteration
        asked = self._stats.epoch.asked()
        ready = 0 if self._ring is None else self._ring.ready
        try:
            batch = self._move.receive(next(self._ring or iter(())))
        except StopIteration:
            self.close()
            self._progress.complete()
            raise
        except BaseException:
            self.close()
            raise
        self._stats.given(asked, batch.num_rows, ready)
        self._time()
        self._progress.step += self._stride
        return batch

    def close(self) -> None:
        """Stop the threads and wait for them; no more batches come."""
        self._closed = True
        if self._ring is not None:
            self._ring.close()

    def _time(self) -> None:
        """Note how long the threads have worked."""
        epoch = self._stats.epoch
        epoch.decode_seconds = sum(pools.making for pools in self._pools)
        epoch.make_seconds = 0.0 if self._ring is None else self._ring.making


def _pool_ring(work: Pass, source: Source, first: int) -> Ring[Pool]:
    return Ring(lambda check: work.pools(source, first, check), ahead=_POOLS_AHEAD)
