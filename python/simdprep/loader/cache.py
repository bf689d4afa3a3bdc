"""Cache: decoded blocks that are kept from epoch to epoch."""

from __future__ import annotations

import sys
import threading
from typing import Literal, Protocol, get_args

from .block import Block
from .free_memory import free_memory, ranks_here

CacheName = Literal["auto", "ram", "device"]
CACHES: tuple[CacheName | None, ...] = (*get_args(CacheName), None)

#: Of the free memory, the share that a loader's ranks take without being asked.
AUTO_SHARE = 0.25


class Reader(Protocol):
    """Reads blocks."""

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
        kept = self._blocks.get((start, stop))
        if kept is not None:
            return kept
        block = self._reader.read(start, stop)
        size = block.num_bytes
        with self._lock:
            if self.num_bytes + size <= self._limit and (start, stop) not in self._blocks:
                self._blocks[start, stop] = block
                self.num_bytes += size
        return block


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
