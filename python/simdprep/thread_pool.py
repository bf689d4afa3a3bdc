"""Threads: the core's threads, shared by all datasets of a process."""

from __future__ import annotations

import os

from . import _core

_pools: dict[tuple[int, int], _core.ThreadPool] = {}


def thread_pool(threads: int = 0) -> _core.ThreadPool:
    """Return this process's pool of ``threads`` threads (0: one per usable core); a forked child gets its own."""
    key = (os.getpid(), threads)
    pool = _pools.get(key)
    if pool is None:
        pool = _pools.setdefault(key, _core.ThreadPool(threads))
    return pool
