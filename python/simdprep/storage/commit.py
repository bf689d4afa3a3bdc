"""Commit: small files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .. import _core
from .output import file_error


def commit_text(path: Path, content: bytes) -> None:
    """Write a small file under a temporary name, sync it, and give it its name.

    Raises:
        OutputError: it cannot be written.
    """
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _core.commit_existing(str(temporary), str(path))
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise file_error(error, path) from error
