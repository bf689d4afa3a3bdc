"""StagedParts: the parts that one task commits under names of its own, until they become part of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from .. import _core
from ..errors import OutputError
from ..schema import Schema
from .output import FinishedPart


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

    Args:
        folder: Where they are staged; it exists.
        task_id: Begins their names.

    Attributes:
        folder: As given.
        staged: Those committed so far.
    """

    def __init__(self, folder: Path, task_id: str) -> None:
        self.folder = folder
        self._task_id = task_id
        self.told: list[str] = []
        self.staged: list[StagedPart] = []

    @property
    def parts(self) -> tuple[StagedPart, ...]:
        """Those committed so far."""
        return tuple(self.staged)

    @property
    def num_bytes(self) -> int:
        """Of all of them."""
        return sum(part.num_bytes for part in self.staged)

    def add(self, part: FinishedPart) -> None:
        """Commit a part; one without rows and events is left out, unless there is no other.

        Raises:
            ResourceError: the disk is full.
            OutputError: the part cannot be written.
        """
        if self.staged and not part.num_rows and not part.num_events:
            return
        name = f"part-{self._task_id}-{len(self.staged):04d}.h5"
        sha256, size = part.image.commit(str(self.folder / name), hash=True)
        self.staged.append(StagedPart(name, part.num_rows, part.num_events, part.rows, size, sha256, part.inputs_json))

    def close(self, schema: Schema, *, last: FinishedPart | None, config_text: str = "", threads: int = 0) -> None:
        """Commit the last part, if any."""
        if last is not None:
            self.add(last)

    def abandon(self) -> None:
        """Do nothing: what is committed may be of use."""
