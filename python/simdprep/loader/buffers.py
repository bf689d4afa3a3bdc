"""Buffers: aligned memory for batches, used again when nothing refers to it any more."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import ResourceError

Memory = NDArray[np.uint8]

#: Bytes to which an array's first byte is aligned: a cache line, and what frameworks ask for to
#: share memory.
ALIGNMENT = 64

#: Arrays of one size that wait to be used again. What a pass has in flight comes back; a consumer
#: that has kept more gives the rest to the system.
IDLE_PER_SIZE = 8

#: Sizes that are kept: of two objects, their masks and the small arrays, for two or three lengths.
SIZES = 24

#: Below this a new array costs less than one that is used again.
_LEAST_BYTES = 1 << 14


def plain_memory(size: int) -> Memory:
    """Return new aligned memory of ``size`` bytes.

    Raises:
        ResourceError: there is not as much.
    """
    try:
        whole = np.empty(size + ALIGNMENT, np.uint8)
    except (MemoryError, ValueError) as error:  # a size that no array can have is no less too large
        raise ResourceError(
            "memory for a batch",
            got=f"{size:,} bytes",
            expected="what the system can give",
            hint="a smaller batch_size",
        ) from error
    first = -whole.ctypes.data % ALIGNMENT
    return whole[first : first + size]


class Buffers:
    """Hands out arrays in memory that it takes back.

    An array owns its memory as long as the array, any view of it or any tensor that shares it is
    alive; then the memory waits here for the next array of its size. So nothing that anybody can
    still see is written to, however long a batch is kept, and handing one out never waits.

    Safe to use from several threads, and in a forked child.

    Args:
        new_memory: Makes aligned memory of a number of bytes, uint8.
    """

    def __init__(self, new_memory: Callable[[int], Memory] = plain_memory) -> None:
        self._new_memory = new_memory
        self._idle: dict[int, deque[Memory]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._new_memory,)  # another process has its own memory

    def array(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return a contiguous array with nothing in particular in it."""
        dtype = np.dtype(dtype)
        used = math.prod(shape) * dtype.itemsize
        if used < _LEAST_BYTES and self._new_memory is plain_memory:
            return plain_memory(used).view(dtype).reshape(shape)
        size = _rounded(used)
        # Neither line takes a lock, which a child could find locked after a fork: each step on a
        # deque or dict is one of the interpreter's own.
        idle = self._idle.get(size)
        if idle is None:
            if len(self._idle) >= SIZES:
                self._idle.clear()
            idle = self._idle.setdefault(size, deque(maxlen=IDLE_PER_SIZE))
        try:
            memory = idle.pop()
        except IndexError:
            memory = self._new_memory(size)
        return np.asarray(_Lease(memory, idle))[:used].view(dtype).reshape(shape)

    @property
    def idle_bytes(self) -> int:
        """Bytes that wait to be used again."""
        return sum(size * len(idle) for size, idle in list(self._idle.items()))


class _Lease:
    """What the arrays in a piece of memory refer to; when it goes, they all have gone."""

    def __init__(self, memory: Memory, idle: deque[Memory]) -> None:
        self._memory = memory
        self._idle = idle
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        self._idle.append(self._memory)  # a full one lets its oldest go


def _rounded(size: int) -> int:
    """The next of eight sizes per power of two, so that batches of ragged rows share them."""
    step = max(4096, 1 << max(0, (size - 1).bit_length() - 3))
    return -(-max(size, 1) // step) * step
