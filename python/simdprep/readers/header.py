"""Header: what planning needs of an input file, read without opening its branches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from .file_format import is_root, open_source
from .inputs import is_url
from .source import Source


@dataclass(frozen=True)
class Header:
    """Size and identity of one input.

    Attributes:
        path: As given.
        tree: Name with folders; empty where the format has none.
        num_entries: Of the tree.
        num_bytes: Of all branches, uncompressed.
        size: Of the file, in bytes.
        stamp: What tells this file from another of its name: its UUID, or the time it was last changed.
    """

    path: str
    tree: str
    num_entries: int
    num_bytes: int
    size: int
    stamp: str

    def to_json(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return a header of what :meth:`to_json` gave."""
        return cls(**data)


def read_header(path: str, tree: str | None = None) -> Header:
    """Read the header of one tree of an input.

    Args:
        path: As of :func:`simdprep.readers.open_source`.
        tree: As there.

    Raises:
        InputError: as there.
    """
    if not is_url(path):
        header = _of_root(path, tree)
        if header is not None:
            return header
    with open_source(path, tree, threads=1) as source:
        return header_of(source)


def header_of(source: Source) -> Header:
    """Return the header of an open source."""
    stamp, size = source.stamp
    num_bytes = round(source.layout(source.branches)[0]) if source.num_entries and source.branches else 0
    return Header(source.path, source.tree, source.num_entries, num_bytes, size, stamp)


def _of_root(path: str, tree: str | None) -> Header | None:
    """The header of a plain TTree; ``None`` for what takes more to read."""
    from .root_header import Unusual, read_root_header

    try:
        with Path(path).open("rb", buffering=4096) as file:
            size = file.seek(0, 2)
            file.seek(0)
            if not is_root(file.read(8)):
                return None
            found = read_root_header(file, size, tree, path)
    except (Unusual, OSError):
        return None
    return Header(path, found.tree, found.num_entries, found.num_bytes, size, found.uuid)
