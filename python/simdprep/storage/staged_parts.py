"""StagedParts: the parts that one task commits under names of its own, until they become part of a dataset."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from .. import _core
from ..errors import OutputError
from ..schema import Schema
from .part_file import PartFile
from .part_stream import FinishedPart, PartStream


@dataclass(frozen=True)
class StagedPart:
    """A part that waits to be given its place in a dataset.

    Attributes:
        name: Of the file, in the folder of staged parts.
        num_rows: Rows of the row object.
        num_events: Events, those without rows included.
        rows: Entries stored of every object, in the order of the schema.
        num_bytes: Size of the file.
        sha256: Of the file.
        inputs_json: Which entries of which inputs its rows come from, as the manifest says it.
    """

    name: str
    num_rows: int
    num_events: int
    rows: tuple[tuple[str, int], ...]
    num_bytes: int
    sha256: str
    inputs_json: str

    def to_json(self) -> list[Any]:
        """Return the fields."""
        return [
            self.name,
            self.num_rows,
            self.num_events,
            [list(entry) for entry in self.rows],
            self.num_bytes,
            self.sha256,
            self.inputs_json,
        ]

    @classmethod
    def from_json(cls, data: Sequence[Any]) -> Self:
        """Return the part of what :meth:`to_json` gave."""
        name, num_rows, num_events, rows, num_bytes, sha256, inputs_json = data
        return cls(
            name, num_rows, num_events, tuple((key, count) for key, count in rows), num_bytes, sha256, inputs_json
        )

    def is_there(self, path: Path) -> bool:
        """Return True where a file has this part's size and hash."""
        try:
            return path.stat().st_size == self.num_bytes and _core.sha256_file(str(path)) == self.sha256
        except (OSError, OutputError):
            return False


class StagedParts:
    """Takes the parts of one task; the same names and bytes each time it is done.

    Whoever does tasks may do one twice at a time: on a worker that is thought lost, or for a client that is gone. So
    each attempt writes a file of its own; which of them gets its name last makes no difference.

    Args:
        folder: Where they are staged; it exists.
        task_id: Begins their names.
        threaded: Write on threads of its own, while the caller makes the next chunks.

    Attributes:
        folder: As given.
    """

    def __init__(self, folder: Path, task_id: str, *, threaded: bool = False) -> None:
        self.folder = folder
        self._task_id = task_id
        self.told: list[str] = []
        self._staged: list[StagedPart] = []
        self._stream = PartStream(self._begin_part, self._commit, threaded=threaded)

    @property
    def staged(self) -> list[StagedPart]:
        """Those committed so far; waits for what is being written.

        Raises:
            SimdprepError: it cannot be written.
        """
        self._stream.settle()
        return self._staged

    @property
    def parts(self) -> tuple[StagedPart, ...]:
        """The same."""
        return tuple(self.staged)

    @property
    def num_bytes(self) -> int:
        """Of all of them."""
        return sum(part.num_bytes for part in self.staged)

    def add(self, run: _core.Part, finished: FinishedPart | None = None) -> None:
        """Store a run of chunks; with ``finished`` its part is committed.

        A part without rows and events is left out, unless there is no other.

        Raises:
            ResourceError: the disk is full.
            OutputError: the part cannot be written.
        """
        self._stream.add(run, finished)

    def close(self, schema: Schema, *, config_text: str = "") -> None:
        """Wait until all parts are committed.

        Raises:
            ResourceError: the disk is full.
            OutputError: a part cannot be written.
        """
        try:
            self._stream.settle()
        finally:
            self._stream.stop()

    def abandon(self) -> None:
        """Stop; what is committed may be of use."""
        self._stream.stop()

    @property
    def _next_name(self) -> str:
        return f"part-{self._task_id}-{len(self._staged):04d}.h5"

    def _begin_part(self) -> Path:
        return self.folder / f"{self._next_name}.tmp-{secrets.randbits(63)}"  # processes of two hosts share numbers

    def _commit(self, file: PartFile, part: FinishedPart) -> None:
        if self._staged and not part.num_rows and not part.num_events:
            file.discard()
            return
        name = self._next_name
        sha256, size = file.finish(part.attributes, hash=True)
        file.commit(self.folder / name)
        self._staged.append(StagedPart(name, part.num_rows, part.num_events, part.rows, size, sha256, part.inputs_json))
