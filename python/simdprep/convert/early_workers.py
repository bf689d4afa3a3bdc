"""EarlyWorkers: processes that are started before this one has imported what it plans with; both import at once."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Self

from .executors import LocalPool
from .worker_process import import_modules

#: Bytes of files that are certainly many tasks: `WORTH_TASKS` of `TASK_BYTES`, which are not known without an import.
WORTH_BYTES = 8 << 26

#: What tasks on ROOT files need.
_MODULES = ("simdprep.convert.conversion_task", "simdprep.readers.root_file", "simdprep.readers.ttree")

_BEGUN: ContextVar[EarlyWorkers | None] = ContextVar("simdprep_early_workers", default=None)


class EarlyWorkers:
    """Workers for the conversion that follows in this thread; none where it is not worth them. A context manager.

    Args:
        inputs: Of the conversion, as given; what is no local file does not count.
        jobs: Processes; ``None`` for one per core.
    """

    def __init__(self, inputs: Iterable[str], jobs: int | None) -> None:
        width = len(os.sched_getaffinity(0)) if jobs is None else jobs
        self._pool = LocalPool(width) if width > 1 and _size(inputs) >= WORTH_BYTES else None

    @staticmethod
    def taken(jobs: int) -> LocalPool | None:
        """Return the workers that were begun, if there are as many; whoever takes them closes them."""
        begun = _BEGUN.get()
        if begun is None or begun._pool is None or begun._pool.width != jobs:
            return None
        pool, begun._pool = begun._pool, None
        return pool

    def __enter__(self) -> Self:
        if self._pool is not None:
            self._pool.begin(import_modules, *_MODULES)
        self._token = _BEGUN.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _BEGUN.reset(self._token)
        if self._pool is not None:  # nobody wanted them
            self._pool.close()
            self._pool = None


def _size(inputs: Iterable[str]) -> int:
    size = 0
    for name in inputs:
        with suppress(OSError):
            paths = [name] if os.path.exists(name) else glob.glob(name, recursive=True)  # noqa: PTH110, PTH207
            size += sum(os.path.getsize(path) for path in paths)  # noqa: PTH202
        if size >= WORTH_BYTES:
            break
    return size
