"""Ring: an iterator that works in a thread of its own, a bounded number of items ahead."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Self, TypeVar

from ..errors import SimdprepError

T = TypeVar("T")

#: Raises in the thread of a ring that was stopped.
Check = Callable[[], None]
Make = Callable[[Check], Iterator[T]]


class Ring(Generic[T]):
    """Runs an iterator ahead of whoever consumes it.

    The thread begins with the object and ends with its iterator, with :meth:`close`, or when
    nothing refers to the ring any more. An exception of the iterator is raised to the consumer
    after the items made before it. A ring cannot be used in a forked child.

    Args:
        make: Makes the iterator, in the thread. It is given a function to call now and then during
            long work, which raises if nobody wants the items any more. It must not refer to the ring.
        ahead: Items made or being made, but not taken: 1 makes the next while the last taken is used.
        sources: Rings that the iterator takes from; they are closed with this one.
    """

    def __init__(self, make: Make[T], *, ahead: int, sources: Sequence[Ring[Any]] = ()) -> None:
        self._work: _Work[T] = _Work(make, ahead, [ring._work for ring in sources])
        self._work.begin()
        # The thread refers to the work, not to the ring: this runs when a consumer just walks away.
        weakref.finalize(self, self._work.stop).atexit = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return self._work.take()

    @property
    def ready(self) -> int:
        """Items that are made and not taken."""
        return len(self._work.items)

    @property
    def making(self) -> float:
        """Seconds the iterator has worked, without those it waited for its sources."""
        return self._work.making - sum(source.waited for source in self._work.sources)

    def close(self) -> None:
        """Stop the thread and wait until it has ended; items that were not taken are gone."""
        self._work.stop()
        self._work.join()


class _Stopped(Exception):
    """Unwinds an iterator that is no longer wanted."""


class _Work(Generic[T]):
    """What a ring and its thread share."""

    def __init__(self, make: Make[T], ahead: int, sources: list[_Work[Any]]) -> None:
        self._make: Make[T] | None = make
        self._ahead = ahead
        self.sources = sources
        self._owner = os.getpid()
        self._changed = threading.Condition()  # its lock is reentrant: a finalizer may run anywhere
        self.items: deque[T] = deque()
        self.making = 0.0
        self.waited = 0.0
        self._error: BaseException | None = None
        self._stopped = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="simdprep-loader", daemon=True)

    def begin(self) -> None:
        _running.add(self)
        self._thread.start()

    def take(self) -> T:
        """Wait for an item."""
        if self._owner != os.getpid():
            raise SimdprepError(
                "iterator of a loader",
                got=f"a use in process {os.getpid()}",
                expected=f"one in process {self._owner}, which made it",
                hint="making the iterator after the fork",
            )
        inside = threading.current_thread() in _threads
        with self._changed:
            if not self.items:
                begun = time.perf_counter()
                while not (self.items or self._ended or self._stopped):
                    self._changed.wait()
                self.waited += time.perf_counter() - begun
            if self._stopped:
                raise _Stopped if inside else StopIteration
            if self.items:
                item = self.items.popleft()
                self._changed.notify_all()
                return item
            error, self._error = self._error, None
        if error is None:
            raise StopIteration
        try:
            raise error
        finally:
            del error  # its traceback holds this frame

    def stop(self) -> None:
        """Tell the thread to end; returns at once."""
        if self._owner != os.getpid():
            return  # the thread is not in this process, and the lock may be held for ever
        with self._changed:
            self._stopped = True
            self.items.clear()
            self._changed.notify_all()
        for source in self.sources:
            source.stop()

    def join(self) -> None:
        if self._owner == os.getpid() and self._thread is not threading.current_thread():
            self._thread.join()
            for source in self.sources:
                source.join()

    def _run(self) -> None:
        _threads.add(threading.current_thread())
        make, self._make = self._make, None
        assert make is not None
        try:
            self._fill(make(self._check))
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 -- it is the consumer's, whatever it is
            self._error = error
        finally:
            del make
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            _running.discard(self)

    def _check(self) -> None:
        if self._stopped:
            raise _Stopped

    def _fill(self, items: Iterator[T]) -> None:
        while self._has_room():
            begun = time.perf_counter()
            try:
                item = next(items)
            except StopIteration:
                return
            self.making += time.perf_counter() - begun
            with self._changed:
                if self._stopped:
                    return
                self.items.append(item)
                self._changed.notify_all()
            del item  # the consumer's alone: its memory goes when they are done

    def _has_room(self) -> bool:
        """Wait until one more item may be made; false when none is wanted."""
        with self._changed:
            while len(self.items) >= self._ahead and not self._stopped:
                self._changed.wait()
            return not self._stopped


_running: weakref.WeakSet[_Work[Any]] = weakref.WeakSet()
_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()


def _stop_all() -> None:
    """End all threads while the interpreter still can: one that comes back from the core later is killed."""
    for work in list(_running):
        work.stop()
        work.join()


atexit.register(_stop_all)
