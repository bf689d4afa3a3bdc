"""Small files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import OutputError


def write_text(path: str | Path, text: str, *, what: str) -> None:
    """Write a text as UTF-8; see :func:`write_bytes`."""
    write_bytes(path, text.encode(), what=what)


def write_bytes(path: str | Path, content: bytes, *, what: str) -> None:
    """Write beside the file, then rename.

    Args:
        path: The file; one that is there is replaced.
        content: What it shall hold.
        what: What it is, for errors.

    Raises:
        OutputError: it cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(what, got=error.strerror, expected="a file that can be written", where=str(path)) from error
