"""Pool: decoded rows that batches are taken from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..thread_pool import thread_pool
from .assembly import Assembly
from .block import Block, BlockReader
from .order import PoolOrder
from .plan import Input, Plan, Scalar
from .prefetch import Check

#: Positions whose places are worked out at once: hashing a few is all overhead.
_SLAB = 1 << 16


class Pool(Protocol):
    """Rows at a run of positions of the epoch, ready to be taken in any pieces."""

    stop: int

    def take(self, start: int, stop: int, into: Assembly, at: int) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its row ``at`` on."""
        ...


class BlockPool:
    """All rows of some blocks.

    Args:
        order: Which positions it has.
        blocks: Decoded, in the order of ``order.blocks`` joined.
        plan: What the batches hold.
        threads: Threads of the gather; 0 for one per core.
    """

    def __init__(self, order: PoolOrder, blocks: Sequence[Block], plan: Plan, threads: int) -> None:
        self.stop = order.stop
        self._order = order
        self._threads = threads
        self._gathers = {name: _gather(entry, blocks) for name, entry in plan.inputs.items()}
        self._scalars: dict[Scalar, NDArray[Any]] = {
            scalar: np.concatenate([block.scalars[scalar] for block in blocks]) for scalar in plan.scalars
        }
        self._slab_start = 0
        self._slab = np.zeros(0, np.int64)

    def with_order(self, order: PoolOrder) -> BlockPool:
        """Return a pool of the same blocks for another epoch; nothing is decoded again."""
        other = object.__new__(BlockPool)
        other.__dict__.update(self.__dict__)
        other._order, other.stop = order, order.stop
        other._slab = np.zeros(0, np.int64)
        return other

    def take(self, start: int, stop: int, into: Assembly, at: int) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its row ``at`` on."""
        places = self._places(start, stop)
        rows = slice(at, at + stop - start)
        threads = thread_pool(self._threads)
        for name, gather in self._gathers.items():
            gather.take(threads, places, into.values[name][rows], into.valid[name][rows])
        for scalar, values in self._scalars.items():
            into.scalars[scalar][rows] = values[places]
        into.index[rows] = self._order.rows_at(places)

    def _places(self, start: int, stop: int) -> NDArray[np.int64]:
        first = start - self._slab_start
        if first < 0 or stop - self._slab_start > len(self._slab):
            self._slab_start = start
            self._slab = self._order.places(start, min(self.stop, max(stop, start + _SLAB)))
            first = 0
        return self._slab[first : first + stop - start]


class ScatteredPool:
    """Rows from all over the dataset, as they lie in batches.

    Args:
        order: Which positions it has.
        rows: At these positions; see :func:`scattered_pool`.
    """

    def __init__(self, order: PoolOrder, rows: Assembly) -> None:
        self.stop = order.stop
        self._start = order.start
        self._rows = rows

    def take(self, start: int, stop: int, into: Assembly, at: int) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its row ``at`` on."""
        into.copy_rows(at, self._rows, start - self._start, stop - self._start)


class PoolLoader:
    """Decodes pools.

    Args:
        reader: Of the blocks.
        plan: What the batches hold.
        bounds: First row of every block, and the number of rows.
        threads: Threads that decode; 0 for one per core.
        scalar_dtypes: Stored dtypes of labels and weights.
    """

    def __init__(
        self,
        reader: BlockReader,
        plan: Plan,
        bounds: NDArray[np.int64],
        threads: int,
        scalar_dtypes: dict[Scalar, np.dtype[Any]],
    ) -> None:
        self._reader = reader
        self._plan = plan
        self._bounds = bounds
        self._threads = threads
        self._scalar_dtypes = scalar_dtypes

    def load(self, order: PoolOrder, check: Check) -> Pool:
        """Decode a pool; ``check`` is called between blocks.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        if order.is_whole:
            return BlockPool(order, list(self._blocks(order, check)), self._plan, self._threads)
        return self._scattered(order, check)

    def _scattered(self, order: PoolOrder, check: Check) -> ScatteredPool:
        """Go through all blocks and keep the rows that are asked for: exact, in bounded memory, slow."""
        rows = order.rows(order.start, order.stop)
        by_row = np.argsort(rows, kind="stable")
        ascending = rows[by_row]
        result = Assembly.of_rows(self._plan, len(rows), self._scalar_dtypes)
        threads = thread_pool(self._threads)
        for block in self._blocks(order, check):
            first, last = np.searchsorted(ascending, [block.start, block.stop])
            part = Assembly.of_rows(self._plan, int(last - first), self._scalar_dtypes)
            local = ascending[first:last] - block.start
            for name, entry in self._plan.inputs.items():
                _gather(entry, [block]).take(threads, local, part.values[name], part.valid[name])
            for scalar in self._plan.scalars:
                part.scalars[scalar][...] = block.scalars[scalar][local]
            part.index[...] = ascending[first:last]
            result.scatter(by_row[first:last], part)
        return ScatteredPool(order, result)

    def _blocks(self, order: PoolOrder, check: Check) -> Iterator[Block]:
        """Decode blocks on several threads, a few ahead, in their order."""
        blocks = deque(order.blocks.tolist())
        workers = thread_pool(self._threads).size
        waiting: deque[Future[Block]] = deque()
        with ThreadPoolExecutor(workers, "simdprep-decode") as executor:
            try:
                while blocks or waiting:
                    while blocks and len(waiting) < 2 * workers:
                        number = blocks.popleft()
                        rows = int(self._bounds[number]), int(self._bounds[number + 1])
                        waiting.append(executor.submit(self._reader.read, *rows))
                    block = waiting.popleft().result()
                    check()
                    yield block
            finally:
                for future in waiting:
                    future.cancel()


def _gather(entry: Input, blocks: Sequence[Block]) -> _core.Gather:
    packed = [block.packed[entry.spec.name] for block in blocks]
    return _core.Gather(packed, outer=entry.outer, inner=entry.inner)
