"""KeptSource: the input that the last task read stays open for the next one of this process."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from ..readers import Source
from .opening import Opening

#: Device, number, last change and size of a file.
_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Key:
    """What must be the same for an open source to do.

    Attributes:
        opening: How it was opened.
        path: Of the file.
        threads: Of its reading.
        stamp: Of the file before it was opened: one that is changed, or put into its place, is opened anew.
    """

    opening: Opening
    path: str
    threads: int | None
    stamp: _Stamp


class KeptSource:
    """At most one open source, of a local file without friends; whoever takes it has it alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[_Key, Source] | None = None

    def open(self, opening: Opening, path: str, threads: int | None) -> tuple[Source, _Key | None]:
        """Return a source, the kept one if it is of this file as it is now; and what :meth:`keep` wants of it.

        Raises:
            InputError: as of :meth:`Opening.open`.
        """
        key = _key(opening, path, threads)
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            if held[0] == key:
                return held[1], key
            held[1].close()  # before another is opened: one at a time is what memory is reckoned with
        return opening.open(path, threads=threads), key

    def keep(self, key: _Key | None, source: Source) -> None:
        """Take a source back; it is closed where another is kept, or where it cannot be."""
        with self._lock:
            if self._held is None and key is not None:
                self._held = key, source
                return
        source.close()

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            held, self._held = self._held, None
        if held is not None:
            held[1].close()


#: That of this process.
KEPT = KeptSource()


def _key(opening: Opening, path: str, threads: int | None) -> _Key | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - of a URL it fails
    except OSError:
        return None
    if opening.friends or not os.path.isfile(path):  # noqa: PTH113
        return None
    return _Key(opening, path, threads, (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size))
