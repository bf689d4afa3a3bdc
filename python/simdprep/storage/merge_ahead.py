"""MergeAhead: parts are merged while later ones are still being made."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from .. import _core
from ..schema import EVENTS, Schema
from .merge import build, schema_of_files


def is_merged_ahead(schema: Schema) -> bool:
    """Return True where the first part says enough: later ones may have more strings, or count events on."""
    has_strings = any(field.categories is not None for spec in schema.objects for field in spec.fields)
    return not has_strings and not (schema.layout == "compound" and schema.rows != EVENTS)


class MergeAhead:
    """Merges the parts it is given, one by one in the order of their rows, in a thread of its own.

    It never fails: whatever goes wrong is left to whoever merges all parts at once, with the error that this raises.
    The parts stay, and nothing carries the name of the output before :meth:`finish`.

    Args:
        output: The file.
        threads: Threads that decode and encode; 0 for one per core.
        needed: Bytes it will take about.
    """

    def __init__(self, output: Path, *, threads: int = 0, needed: int = 0) -> None:
        self._output = output
        self._temporary = output.with_name(f"{output.name}.merge.tmp-{os.getpid()}")
        self._threads, self._needed = threads, needed
        self._taken: list[Path] = []
        self._waiting: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._abandoned = self._is_whole = self._has_ended = False
        self._owner = os.getpid()
        self._thread = threading.Thread(target=self._work, name="simdprep-merge", daemon=True)
        self._thread.start()

    def add(self, path: Path) -> None:
        """Take the next part."""
        self._taken.append(path)
        self._waiting.put(path)

    def finish(self, paths: Sequence[Path]) -> bool:
        """Wait, and give the file its name.

        Args:
            paths: The parts that it should hold.

        Returns:
            False where it does not, for whatever reason; nothing is left of it then.

        Raises:
            OutputError: the file cannot get its name.
        """
        if list(paths) != self._taken:
            self.abandon()
            return False
        self._waiting.put(None)
        self._thread.join()
        self._has_ended = True
        if self._is_whole:
            _core.commit_existing(str(self._temporary), str(self._output))
        return self._is_whole

    def abandon(self) -> None:
        """Stop, and leave nothing; a second time, or after :meth:`finish`, nothing happens."""
        if self._has_ended or self._owner != os.getpid():  # a forked child has no thread, and the file is not its own
            return
        self._has_ended = self._abandoned = True
        self._waiting.put(None)
        self._thread.join()
        self._remove()

    def _work(self) -> None:
        try:
            parts = self._parts()
            first = next(parts)
            schema = schema_of_files([first])
            build(chain([first], parts), self._temporary, schema, threads=self._threads, needed=self._needed)
            self._is_whole = True
        except BaseException:  # noqa: BLE001 - merging all at once says what is wrong
            self._remove()

    def _parts(self) -> Iterator[Path]:
        while (path := self._waiting.get()) is not None:
            yield path
        if self._abandoned:
            raise InterruptedError

    def _remove(self) -> None:
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)
