"""Cache: decoded blocks that are kept from epoch to epoch."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from itertools import groupby
from typing import Literal, Protocol, get_args

from .block import Block
from .free_memory import free_memory, ranks_here

CacheName = Literal["auto", "ram", "device"]
CACHES: tuple[CacheName | None, ...] = (*get_args(CacheName), None)

#: Of the free memory, the share that a loader's ranks take without being asked.
AUTO_SHARE = 0.25


class Reader(Protocol):
    """Reads blocks; ``together`` neighbours at once are best."""

    together: int

    def read(self, start: int, stop: int) -> Block:
        """Read rows [start, stop)."""
        ...


class BlockCache:
    """Reads blocks, and keeps those that fit. Blocks are packed, without empty slots: ragged.

    Several threads may read at once.

    Args:
        reader: Who reads what is not kept.
        limit: Bytes to keep, at most.
    """

    def __init__(self, reader: Reader, limit: int) -> None:
        self._reader = reader
        self.together = reader.together
        self._limit = limit
        self._lock = threading.Lock()
        self._blocks: dict[tuple[int, int], Block] = {}
        self.num_bytes = 0

    def holds(self, start: int, stop: int) -> bool:
        """Return whether rows [start, stop) are kept."""
        return (start, stop) in self._blocks

    def read(self, start: int, stop: int) -> Block:
        """Return rows [start, stop), decoded now or before.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        return self.read_run([(start, stop)])[0]

    def read_run(self, bounds: Sequence[tuple[int, int]]) -> list[Block]:
        """Return neighbouring blocks, each by its first row and one past its last.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        found = {entry: self._blocks.get(entry) for entry in bounds}
        for is_kept, entries in groupby(bounds, lambda entry: found[entry] is not None):
            if not is_kept:
                missing = list(entries)
                run = self._reader.read(missing[0][0], missing[-1][1])
                for entry in missing:
                    found[entry] = run if len(missing) == 1 else run.rows(*entry)
        blocks = [block for block in found.values() if block is not None]
        for block in blocks:
            self._keep(block)
        return blocks

    def _keep(self, block: Block) -> None:
        key, size = (block.start, block.stop), block.num_bytes
        with self._lock:
            if self.num_bytes + size <= self._limit and key not in self._blocks:
                self._blocks[key] = block
                self.num_bytes += size


def cache_limit(cache: CacheName | None, memory: int | None, world_size: int) -> int:
    """Return the bytes to keep from epoch to epoch, beside those of the pools in use.

    ``ram`` keeps all there is. ``auto`` keeps nothing more where the user said how much ``memory``
    decoded rows may take, else what fits a share of the free memory.
    """
    if cache == "ram":
        return sys.maxsize
    if cache != "auto" or memory is not None:
        return 0
    return int(AUTO_SHARE * free_memory() / ranks_here(world_size))
