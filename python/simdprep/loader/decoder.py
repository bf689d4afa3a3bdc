"""Decoder: blocks decoded on several threads, in order, a few ahead of whoever takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Self

from ..thread_pool import thread_pool
from .block import Block
from .cache import BlockCache
from .prefetch import Check

#: First row of a block, and one past its last.
Bounds = tuple[int, int]

#: Blocks that are decoded together.
Group = tuple[Bounds, ...]


class Decoded(NamedTuple):
    """A block, and whether it had been kept from before."""

    block: Block
    is_kept: bool


class Decoder:
    """Threads that decode blocks, from one pool to the next.

    While the last blocks of a pool are decoded, threads that have nothing left to do begin with
    those of the pool behind it: together as many blocks as there are threads, no more.

    Args:
        threads: How many; 0 for one per core.
    """

    def __init__(self, threads: int) -> None:
        self._workers = thread_pool(threads).size
        self._executor = ThreadPoolExecutor(self._workers, "simdprep-decode")
        self._begun: dict[Group, Future[list[Decoded]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._begun.values():
            future.cancel()
        self._executor.shutdown()

    def blocks(
        self, reader: BlockCache, wanted: Iterable[Bounds], check: Check, *, following: Iterable[Bounds] = ()
    ) -> Iterator[Decoded]:
        """Yield blocks in their order.

        Args:
            reader: Of the blocks.
            wanted: The blocks.
            check: Raises if nobody wants them any more; called between groups.
            following: Blocks of the pool behind this one.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        groups = deque(_groups(wanted, reader.together))
        behind = deque(_groups(following, reader.together))
        expected = set(groups)
        for group in [group for group in self._begun if group not in expected]:
            self._begun.pop(group).cancel()
        waiting: deque[Future[list[Decoded]]] = deque()
        try:
            while groups or waiting:
                while groups and len(waiting) < 2 * self._workers:
                    group = groups.popleft()
                    begun = self._begun.pop(group) if group in self._begun else None
                    waiting.append(self._begin(reader, group) if begun is None else begun)
                while not groups and behind and self._ahead + len(behind[0]) <= self._workers:
                    group = behind.popleft()
                    self._begun[group] = self._begin(reader, group)
                decoded = waiting.popleft().result()
                check()
                yield from decoded
        finally:
            for future in waiting:
                future.cancel()

    @property
    def _ahead(self) -> int:
        """Blocks of the pool behind that were begun."""
        return sum(map(len, self._begun))

    def _begin(self, reader: BlockCache, group: Group) -> Future[list[Decoded]]:
        return self._executor.submit(_decode, reader, group)


def _decode(reader: BlockCache, group: Group) -> list[Decoded]:
    is_kept = all(reader.holds(*bounds) for bounds in group)
    return [Decoded(block, is_kept) for block in reader.read_run(group)]


def _groups(bounds: Iterable[Bounds], together: int) -> Iterator[Group]:
    """Cut blocks into runs of at most so many neighbours."""
    run: list[Bounds] = []
    for start, stop in bounds:
        if run and (run[-1][1] != start or len(run) == together):
            yield tuple(run)
            run = []
        run.append((start, stop))
    if run:
        yield tuple(run)
