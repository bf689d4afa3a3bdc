"""The format of an input file, told by its first bytes."""

from __future__ import annotations

import struct
from pathlib import Path

from ..errors import InputError
from .guard import reading
from .identity import first_bytes
from .inputs import is_dataset_folder, is_url
from .source import Source

_ROOT, _PARQUET, _ARROW, _HDF5 = b"root", b"PAR1", b"ARROW1", b"\x89HDF"
_HEAD_BYTES = 32

#: Added to the version of a ROOT file with wide pointers, beyond 2 GB.
_WIDE = 1_000_000


def open_source(path: str, tree: str | None = None, *, threads: int | None = None) -> Source:
    """Open one tree of one input file.

    Args:
        path: A ROOT file (TTree, TNtuple or RNTuple), Parquet, or feather (Arrow IPC); local or a URL.
        tree: Name of the tree within a ROOT file, with folders (``dir/tree``); a name alone is enough where
            only one tree has it. ``None`` takes the only tree, or the one of the events in NanoAOD (``Events``)
            and PHYSLITE (``CollectionTree``).
        threads: Threads that decompress, for this source alone; ``None`` takes all processors.

    Returns:
        The source; close it, or use it in a ``with`` block.

    Raises:
        InputError: the file is missing, of another format, truncated or damaged; it has no tree, several and none
            was named, or none of that name (the text lists them); or the tree has no branches.
    """
    head, size = _head(path)
    if is_root(head):
        _check_complete(path, head, size)
        from .root_file import open_tree

        return open_tree(path, tree, threads)
    if head.startswith((_PARQUET, _ARROW)):
        if tree:
            raise InputError(
                "tree", got=repr(tree), expected="none: only ROOT files have trees", where=path, hint="leaving it out"
            )
        return _open_table(path, threads, parquet=head.startswith(_PARQUET))
    raise _unknown(path, head)


def is_root(head: bytes) -> bool:
    """Return True for the magic and a version that can be; other files begin with ``root``, too (``/etc/passwd``)."""
    version = int.from_bytes(head[4:8], "big")
    return head.startswith(_ROOT) and version < 2 * _WIDE


def is_hdf5(path: str) -> bool:
    """Return True for a local HDF5 file, and for a folder of parts that simdprep wrote."""
    if is_url(path):
        return False
    if is_dataset_folder(path):
        return True
    with reading("input file", expected="a readable file", where=path), Path(path).open("rb") as file:
        return file.read(len(_HDF5)) == _HDF5


def _open_table(path: str, threads: int | None, *, parquet: bool) -> Source:
    try:
        from .feather import FeatherSource
        from .parquet import ParquetSource
    except ModuleNotFoundError as error:  # an extra of the package
        hint = "pip install pyarrow, the extra [parquet]"
        raise InputError("table", got="no pyarrow", expected="it to be installed", where=path, hint=hint) from error
    return ParquetSource(path, threads) if parquet else FeatherSource(path, threads)


def _head(path: str) -> tuple[bytes, int | None]:
    """The first bytes, and the size where it is known without asking a server."""
    hint = None if is_url(path) else "checking name and permissions"
    with reading("input file", expected="a readable file", where=path, hint=hint):
        return first_bytes(path, _HEAD_BYTES), None if is_url(path) else Path(path).stat().st_size


def _unknown(path: str, head: bytes) -> InputError:
    rule, hint = "a ROOT, Parquet, feather or HDF5 file", None
    if not head:
        got = "0 bytes"
    elif head.startswith(_HDF5):  # local ones never come here but from who asks for a table
        got, rule = "an HDF5 file", "a ROOT, Parquet or feather file"
        hint = "a copy on a local disk" if is_url(path) else "simdprep.convert, which reads those"
    elif head.startswith(b"version https://git-lfs"):
        got, hint = "a Git LFS pointer", "git lfs pull"
    else:
        got = f"a file that starts with {head[:8]!r}"
    return InputError("input file", got=got, expected=rule, where=path, hint=hint)


def _check_complete(path: str, head: bytes, size: int | None) -> None:
    """Compare a ROOT file's size with the one its header promises."""
    if size is None:
        return
    end = -1
    if len(head) >= 20:
        version, _, end = struct.unpack(">iii", head[4:16])
        if version >= _WIDE:
            (end,) = struct.unpack(">q", head[12:20])
    if end < 0 or size < end:
        raise InputError(
            "truncated ROOT file",
            got=f"{size} bytes",
            expected=f"{end} as its header says" if end >= 0 else "a whole header",
            where=path,
            hint="copying it again",
        )
