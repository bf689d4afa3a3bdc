"""SharedPasses: which pass over the data is under way, for the processes that share its batches."""

from __future__ import annotations

import multiprocessing
from typing import Any

#: Entries in front of the marks of the workers: the key of the pass, its epoch and first step, those of
#: the next pass, and whether any has begun.
_KEY, _EPOCH, _STEP, _NEXT_EPOCH, _NEXT_STEP, _BEGUN, _MARKS = range(7)


class SharedPasses:
    """Memory that processes share, so that all workers of a pass take the same epoch.

    A worker that joins brings the key of its pass, which all workers of it have in common. A key of
    its own, or a worker that has joined already, means that a new pass has begun. So it does not
    matter whether workers live for one pass or for many, nor whether a pass is left early.

    Args:
        most_workers: Workers of a pass, at most.
    """

    def __init__(self, most_workers: int = 1024) -> None:
        # The lock of this context goes to children however they are started.
        context = multiprocessing.get_context("spawn")
        self._shared: Any = context.Array("q", _MARKS + most_workers)

    def join(self, key: int, worker: int) -> tuple[int, int]:
        """Return the epoch and first step of the pass that a worker begins."""
        with self._shared.get_lock():
            entries = self._shared.get_obj()
            if not entries[_BEGUN] or entries[_KEY] != key or entries[_MARKS + worker]:
                entries[_KEY], entries[_BEGUN] = key, 1
                entries[_EPOCH], entries[_STEP] = entries[_NEXT_EPOCH], entries[_NEXT_STEP]
                entries[_NEXT_EPOCH], entries[_NEXT_STEP] = entries[_EPOCH] + 1, 0
                entries[_MARKS:] = [0] * (len(entries) - _MARKS)
            entries[_MARKS + worker] = 1
            return entries[_EPOCH], entries[_STEP]

    def set_next(self, epoch: int, step: int) -> None:
        """Let the next pass begin there; none is under way."""
        with self._shared.get_lock():
            entries = self._shared.get_obj()
            entries[_NEXT_EPOCH], entries[_NEXT_STEP], entries[_BEGUN] = epoch, step, 0

    @property
    def epoch(self) -> int | None:
        """Epoch of the latest pass of workers, if any has begun."""
        with self._shared.get_lock():
            entries = self._shared.get_obj()
            return int(entries[_EPOCH]) if entries[_BEGUN] else None
