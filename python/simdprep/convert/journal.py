"""Journal: the records of the tasks that are done, on disk before anything relies on them."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..storage.output import file_error


class Journal:
    """Records by task, one line of JSON each, appended and synced one by one.

    A line that was torn by a crash, or damaged, is as if it had never been written: each carries its hash.

    Args:
        path: Of the file; made with the first record. Several processes have a file each.
        others: Further files to read records from.
    """

    def __init__(self, path: Path, others: tuple[Path, ...] = ()) -> None:
        self.path = path
        self._others = others
        self._records: dict[str, dict[str, Any]] | None = None
        self._torn = False

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The last record of each task, by its id."""
        if self._records is None:
            self._records = {}
            for path in (*self._others, self.path):
                self._read(path, self._records)
        return self._records

    def append(self, task_id: str, record: dict[str, Any]) -> None:
        """Add a record; it is on disk when this returns.

        Raises:
            OutputError: it cannot be written.
            ResourceError: the disk is full.
        """
        text = json.dumps({"task": task_id, "record": record}, ensure_ascii=True, separators=(",", ":"))
        line = f"{_digest(text)} {text}\n"
        known = self.records  # also tells whether the last line is torn
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                data = (b"\n" if self._torn else b"") + line.encode()
                self._torn = False
                while data:
                    data = data[os.write(descriptor, data) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._torn = True
            raise file_error(error, self.path) from error
        known[task_id] = record

    def _read(self, path: Path, found: dict[str, dict[str, Any]]) -> None:
        try:
            content = path.read_bytes()
        except OSError:
            return  # none yet
        if path == self.path:
            self._torn = bool(content) and not content.endswith(b"\n")
        for line in content.decode("utf-8", errors="replace").split("\n"):
            digest, _, text = line.partition(" ")
            if text and digest == _digest(text):
                entry = json.loads(text)
                found[entry["task"]] = entry["record"]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
