"""Pool: decoded rows that batches are taken from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..storage import Dataset
from ..thread_pool import thread_pool
from .assembly import Assembly
from .block import Block, BlockReader
from .cache import BlockCache
from .decoder import Decoder
from .plan import Input, Plan, Scalar
from .prefetch import Check
from .source import PoolTask

Rows = NDArray[np.int64]

#: Positions whose places are worked out at once: hashing a few is all overhead.
_SLAB = 1 << 16


class Pool(Protocol):
    """Rows at some positions of the epoch, ready to be taken in their order."""

    stop: int

    def take(self, start: int, stop: int, into: Assembly, at: int) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its row ``at`` on."""
        ...


class BlockPool:
    """All rows of some blocks.

    Args:
        task: Which positions are taken.
        blocks: Decoded, by their index in ``task.order.blocks``.
        plan: What the batches hold.
        threads: Threads of the gather; 0 for one per core.
    """

    def __init__(self, task: PoolTask, blocks: Mapping[int, Block], plan: Plan, threads: int) -> None:
        self._threads = threads
        decoded = list(blocks.values())
        self._gathers = {name: gather_of(entry, decoded) for name, entry in plan.inputs.items()}
        self._scalars: dict[Scalar, NDArray[Any]] = {
            scalar: np.concatenate([block.scalars[scalar] for block in decoded]) for scalar in plan.scalars
        }
        firsts = np.cumsum([0, *(block.stop - block.start for block in decoded)])
        #: What to add to a row number to find the row among the decoded ones, by block of the pool.
        self._shifts = np.zeros(len(task.order.blocks), np.int64)
        for first, (index, block) in zip(firsts.tolist(), blocks.items(), strict=False):
            self._shifts[index] = first - block.start
        self._begin(task)

    def with_task(self, task: PoolTask) -> BlockPool:
        """Return a pool of the same blocks for another epoch; nothing is decoded again."""
        other = object.__new__(BlockPool)
        other.__dict__.update(self.__dict__)
        other._begin(task)
        return other

    def take(self, start: int, stop: int, into: Assembly, at: int) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its row ``at`` on."""
        numbers, places = self._located(start, stop)
        rows = slice(at, at + stop - start)
        into.take(self._gathers, thread_pool(self._threads), places, at)
        for scalar, values in self._scalars.items():
            into.scalars[scalar][rows] = values[places]
        into.index[rows] = numbers

    def _begin(self, task: PoolTask) -> None:
        self.stop = task.order.stop
        self._task = task
        self._slab: tuple[Rows, Rows, Rows] = (np.zeros(0, np.int64),) * 3

    def _located(self, start: int, stop: int) -> tuple[Rows, Rows]:
        """Return row numbers and places among the decoded rows; many positions are worked out at once."""
        positions, numbers, places = self._slab
        first = int(np.searchsorted(positions, start))
        if first >= len(positions) or positions[first] != start or int(positions[-1]) < stop - 1:
            positions = self._next_positions(start, stop)
            numbers, local = self._task.order.locate(positions)
            places = numbers + self._shifts[local]
            self._slab = positions, numbers, places
            first = 0
        return numbers[first : first + stop - start], places[first : first + stop - start]

    def _next_positions(self, start: int, stop: int) -> Rows:
        """Return the positions [start, stop), and those that are taken after them, up to a slab."""
        starts, stops = self._task.starts, self._task.stops
        after = int(np.searchsorted(starts, stop))
        sizes = np.cumsum(stops[after:] - starts[after:])
        count = int(np.searchsorted(sizes, _SLAB - (stop - start), side="right"))
        ranges = zip(starts[after : after + count].tolist(), stops[after : after + count].tolist(), strict=True)
        return np.concatenate([np.arange(start, stop), *(np.arange(*pair) for pair in ranges)]).astype(np.int64)


class ScatteredPool:
    """Rows from all over the dataset, as they lie in batches.

    Args:
        task: Which positions are taken.
        rows: At these positions, one range after the other.
    """

    def __init__(self, task: PoolTask, rows: Assembly) -> None:
        self.stop = task.order.stop
        self._starts = task.starts
        self._firsts = np.concatenate([[0], np.cumsum(task.stops - task.starts)])
        self._rows = rows

    def take(self, start: int, stop: int, into: Assembly, at: int) -> None:
        """Write the rows at positions [start, stop) to an assembly, from its row ``at`` on."""
        entry = int(np.searchsorted(self._starts, start, side="right")) - 1
        first = int(self._firsts[entry]) + start - int(self._starts[entry])
        into.copy_rows(at, self._rows, first, first + stop - start)


def decode_all(dataset: Dataset, plan: Plan, bounds: Rows, threads: int) -> list[Block]:
    """Decode all blocks of a dataset on several threads; in the order of their rows.

    Raises:
        DatasetError: stored bytes are damaged.
    """
    reader = BlockCache(BlockReader(dataset, plan), 0)
    rows = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    with Decoder(threads) as decoder:
        return [block for block, _ in decoder.blocks(reader, rows, _never)]


class PoolLoader:
    """Makes pools of blocks that a decoder decodes.

    Args:
        reader: Of the blocks.
        decoder: Decodes them.
        plan: What the batches hold.
        bounds: First row of every block, and the number of rows.
        threads: Threads that decode; 0 for one per core.
        scalar_dtypes: Stored dtypes of labels and weights.

    Attributes:
        decoded_rows: Rows it has decoded.
        decoded_bytes: Bytes of these, as they lie in memory.
    """

    def __init__(
        self,
        reader: BlockCache,
        decoder: Decoder,
        plan: Plan,
        bounds: NDArray[np.int64],
        threads: int,
        scalar_dtypes: dict[Scalar, np.dtype[Any]],
    ) -> None:
        self._reader = reader
        self._decoder = decoder
        self._plan = plan
        self._bounds = bounds
        self._threads = threads
        self._scalar_dtypes = scalar_dtypes
        self.decoded_rows = 0
        self.decoded_bytes = 0

    def load(
        self, task: PoolTask, check: Check, *, keep: Rows | None = None, following: PoolTask | None = None
    ) -> Pool:
        """Decode a pool; ``check`` is called between blocks.

        Args:
            task: Which pool, and what is taken of it.
            check: Raises if nobody wants the pool any more.
            keep: Blocks of the only pool to decode, for this epoch and all others; ``None`` for
                those that are needed.
            following: The pool behind it, whose blocks threads may begin with.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        order = task.order
        if order.is_whole:
            needed = (order.blocks_at(task.starts, task.stops) if keep is None else keep).tolist()
        elif all(self._reader.holds(*self._rows(number)) for number in order.blocks.tolist()):
            needed = list(range(len(order.blocks)))
        else:
            return self._scattered(task, check)
        numbers = [int(order.blocks[index]) for index in needed]
        behind: list[int] = []
        if following is not None and following.order.is_whole:
            there = following.order
            behind = there.blocks[there.blocks_at(following.starts, following.stops)].tolist()
        blocks = dict(zip(needed, self._blocks(numbers, check, behind), strict=True))
        return BlockPool(task, blocks, self._plan, self._threads)

    def _scattered(self, task: PoolTask, check: Check) -> ScatteredPool:
        """Go through the blocks and keep the rows that are asked for: exact, in bounded memory, slow."""
        ranges = zip(task.starts.tolist(), task.stops.tolist(), strict=True)
        rows = task.order.rows(np.concatenate([np.arange(*pair) for pair in ranges]).astype(np.int64))
        by_row = np.argsort(rows, kind="stable")
        ascending = rows[by_row]
        result = Assembly.of_rows(self._plan, len(rows), self._scalar_dtypes)
        threads = thread_pool(self._threads)
        held = np.diff(np.searchsorted(ascending, self._bounds)) > 0
        for block in self._blocks(np.flatnonzero(held).tolist(), check):
            first, last = np.searchsorted(ascending, [block.start, block.stop])
            part = Assembly.of_rows(self._plan, int(last - first), self._scalar_dtypes)
            local = ascending[first:last] - block.start
            part.take({name: gather_of(entry, [block]) for name, entry in self._plan.inputs.items()}, threads, local, 0)
            for scalar in self._plan.scalars:
                part.scalars[scalar][...] = block.scalars[scalar][local]
            part.index[...] = ascending[first:last]
            result.scatter(by_row[first:last], part)
        return ScatteredPool(task, result)

    def _blocks(self, numbers: Sequence[int], check: Check, behind: Sequence[int] = ()) -> Iterator[Block]:
        """Decode blocks in their order, and begin with some of those ``behind`` them."""
        wanted, following = map(self._rows, numbers), map(self._rows, behind)
        for block, is_kept in self._decoder.blocks(self._reader, wanted, check, following=following):
            if not is_kept:
                self.decoded_rows += block.stop - block.start
                self.decoded_bytes += block.num_bytes
            yield block

    def _rows(self, number: int) -> tuple[int, int]:
        """The first row of a block, and one past its last."""
        return int(self._bounds[number]), int(self._bounds[number + 1])


def _never() -> None:
    """Check of what is always wanted."""


def gather_of(entry: Input, blocks: Sequence[Block]) -> _core.Gather:
    """Return what gathers the rows of blocks, numbered one block after the other."""
    packed = [block.packed[entry.spec.name] for block in blocks]
    return _core.Gather(packed, outer=entry.outer, inner=entry.inner)
