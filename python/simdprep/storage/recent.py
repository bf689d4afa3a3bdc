"""Recent: the last few things a process opened; the oldest are let go, and a forked child starts anew."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """At most ``limit`` opened things by key, so that many parts and fields need few file descriptors.

    Whoever still uses a thing that was let go keeps it open: it closes when nothing refers to it.
    Threads may share it; two that ask for the same key at once may both open it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._owner = os.getpid()
        self._entries: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was opened under ``key``, or open it."""
        if self._owner != os.getpid():
            self._entries, self._owner = OrderedDict(), os.getpid()
        entries = self._entries
        try:
            entry = entries[key]
            entries.move_to_end(key)
            return entry
        except KeyError:
            pass
        entry = entries[key] = make()
        while len(entries) > self._limit:
            try:
                entries.popitem(last=False)
            except KeyError:  # another thread was faster
                break
        return entry

    def forget(self, keys: Callable[[Hashable], bool]) -> None:
        """Let go of what was opened under the keys for which ``keys`` is true."""
        for key in [key for key in list(self._entries) if keys(key)]:
            self._entries.pop(key, None)
