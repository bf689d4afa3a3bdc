"""PartStream: parts grow run by run, and are committed, beside the one who makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import _core
from .committer import Committer
from .part_file import PartFile


@dataclass(frozen=True)
class FinishedPart:
    """What is known of a part when its last chunk is there.

    Attributes:
        attributes: All of its file.
        num_rows: Rows of the row object.
        num_events: Events, those without rows included.
        rows: Entries stored of every object.
        inputs_json: Which entries of which inputs its rows come from, for the manifest.
        is_last: The dataset ends with it.
    """

    attributes: tuple[_core.Attribute, ...]
    num_rows: int
    num_events: int
    rows: tuple[tuple[str, int], ...]
    inputs_json: str
    is_last: bool


class PartStream:
    """Stores one part after the other.

    Args:
        begin: Returns the path at which the next part grows; no file is there.
        commit: Gives a part its name, or discards it.
        threaded: Do all this on threads of its own, while the caller makes the next chunks.
    """

    def __init__(
        self, begin: Callable[[], Path], commit: Callable[[PartFile, FinishedPart], None], *, threaded: bool
    ) -> None:
        self._begin = begin
        self._commit = commit
        self._threaded = threaded
        self._committer = Committer(threaded=threaded)
        self._growing: PartFile | None = None

    def add(self, run: _core.Part, finished: FinishedPart | None) -> None:
        """Store a run of chunks; with ``finished`` it is the last of its part, which is committed.

        Raises:
            ResourceError: the disk is full, found now or before; committed parts are safe.
            OutputError: the part, or one before, cannot be written.
        """
        self._committer.submit(lambda: self._store(run, finished))

    def settle(self) -> None:
        """Wait until all that was added is stored.

        Raises:
            SimdprepError: something cannot be written.
        """
        self._committer.settle()

    def stop(self) -> None:
        """End; a part that is not committed is removed."""
        self._committer.stop()
        if self._growing is not None:
            self._growing.discard()
            self._growing = None

    def _store(self, run: _core.Part, finished: FinishedPart | None) -> None:
        part = self._growing or PartFile(self._begin(), run.description, threaded=self._threaded)
        self._growing = None
        try:
            part.add(run)
            if finished is not None:
                self._commit(part, finished)
            else:
                self._growing = part
        except BaseException:
            part.discard()  # first of all, so that the space it took counts as free
            raise
