"""Prefetch: the next items of an iterator are made in a thread while the last one is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def prefetched(items: Iterable[T], *, ahead: int = 1) -> Iterator[T]:
    """Yield ``items``, up to ``ahead`` of them made before they are asked for, in their order.

    The thread ends with the items, with an error (which is raised here), or when the iterator is
    closed; it then finishes the item at hand and closes ``items``.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(maxsize=ahead)
    stop = threading.Event()

    def put(entry: tuple[T | None, BaseException | None]) -> None:
        while not stop.is_set():
            with suppress(queue.Full):
                ready.put(entry, timeout=0.1)
                return

    def work() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                put((item, None))
                if stop.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:  # noqa: BLE001 - raised in the consumer
            put((None, error))
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=work, name="simdprep-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # only an entry with an error has no item
    finally:
        stop.set()
        thread.join()
