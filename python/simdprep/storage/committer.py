"""Committer: writes one part after the other on a thread of its own, while the next is being made."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Committer:
    """Runs one step at a time, in their order; an error comes out of the next call.

    Args:
        threaded: ``False`` runs each step within :meth:`submit`.
    """

    def __init__(self, *, threaded: bool) -> None:
        self._pool = ThreadPoolExecutor(1, "simdprep-commit") if threaded else None
        self._pending: Future[None] | None = None

    def submit(self, step: Callable[[], None]) -> None:
        """Begin ``step`` once the one before has ended.

        Raises:
            SimdprepError: of the step before, or of this one where there is no thread.
        """
        self.settle()
        if self._pool is None:
            step()
        else:
            self._pending = self._pool.submit(step)

    def settle(self) -> None:
        """Wait for the last step.

        Raises:
            SimdprepError: of that step.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def stop(self) -> None:
        """Wait for the last step, whatever becomes of it, and end the thread."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        self._pending = None
