"""Committer: stores one thing after the other on a thread of its own, while the next is being made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

#: Steps that wait: runs of chunks, of 16 MiB and a little.
_MOST_WAITING = 4


class Committer:
    """Runs steps in their order; an error comes out of the next call, and no step runs after it.

    Args:
        threaded: ``False`` runs each step within :meth:`submit`.
    """

    def __init__(self, *, threaded: bool) -> None:
        self._pool = ThreadPoolExecutor(1, "simdprep-commit") if threaded else None
        self._pending: deque[Future[None]] = deque()
        self._ended = False

    def submit(self, step: Callable[[], None]) -> None:
        """Run ``step`` once those before have ended; waits while several wait.

        Raises:
            SimdprepError: of a step before, or of this one where there is no thread.
        """
        while self._pending and (self._pending[0].done() or len(self._pending) >= _MOST_WAITING):
            self._pending.popleft().result()
        if self._pool is None:
            self._run(step)
        else:
            self._pending.append(self._pool.submit(self._run, step))

    def settle(self) -> None:
        """Wait for the last step.

        Raises:
            SimdprepError: of a step.
        """
        while self._pending:
            self._pending.popleft().result()

    def stop(self) -> None:
        """Wait for the step that runs, whatever becomes of it, leave out those after it, and end the thread."""
        self._ended = True
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        self._pending.clear()

    def _run(self, step: Callable[[], None]) -> None:
        if self._ended:
            return
        try:
            step()
        except BaseException:
            self._ended = True
            raise
