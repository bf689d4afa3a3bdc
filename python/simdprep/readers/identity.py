"""Identity of an input file, for the provenance of every row."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO, cast

from .guard import reading
from .inputs import is_url
from .remote import file_system

_BLOCK = 1 << 20


def identify(path: str, *, uuid: str | None, tree: str) -> dict[str, str | int]:
    """Return what tells an input from any other.

    Args:
        path: File or URL, stored as given.
        uuid: The file's own UUID; without one the SHA-256 of its bytes is taken instead.
        tree: Name of the tree, or empty.

    Returns:
        ``name``, ``size`` in bytes, ``uuid`` or ``sha256``, and ``tree``.

    Raises:
        InputError: the file cannot be read.
    """
    with reading("input file", expected="a readable file", where=path):
        if uuid is not None and not is_url(path):
            size = Path(path).stat().st_size
            return {"name": path, "size": size, "uuid": uuid, "tree": tree}
        with open_bytes(path) as file:
            if uuid is not None:
                return {"name": path, "size": file.seek(0, 2), "uuid": uuid, "tree": tree}
            digest, size = hashlib.sha256(), 0
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    return {"name": path, "size": size, "sha256": digest.hexdigest(), "tree": tree}


def first_bytes(path: str, count: int) -> bytes:
    """Return the first bytes of a file or URL, of which no more is fetched."""
    if not is_url(path):
        with Path(path).open("rb") as file:
            return file.read(count)
    system, name = file_system(path)
    return bytes(system.cat_file(name, start=0, end=count))


def open_bytes(path: str) -> BinaryIO:
    """Open a file or URL for reading bytes; the caller closes it."""
    if not is_url(path):
        return Path(path).open("rb")
    system, name = file_system(path)
    return cast("BinaryIO", system.open(name, "rb"))


def change_of(path: str) -> tuple[str, int]:
    """Return the time of the last change of a file, as text, and its size; of a URL what its server says.

    Raises:
        InputError: there is no such file.
    """
    with reading("input file", expected="a readable file", where=path):
        if not is_url(path):
            found = Path(path).stat()
            return f"changed {found.st_mtime_ns}", found.st_size
        system, name = file_system(path)
        info = system.info(name)
        marks = [str(info[key]) for key in ("ETag", "etag", "mtime", "LastModified", "last_modified") if info.get(key)]
        return f"changed {marks[0]}" if marks else "", int(info.get("size") or 0)
