"""RootHeader: name, size and number of entries of a ROOT file's tree, without its branches.

uproot makes objects of everything it passes, which takes it 0.15 s for a NanoAOD file. Planning needs four numbers,
which stand at the beginning of the tree. What is not as expected here is left to uproot: it says what is wrong.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

import uproot.compression
from uproot.source.chunk import Chunk
from uproot.source.cursor import Cursor

from ..errors import InputError
from .block_sizes import SizeCheck
from .root_file import RNTUPLES, TTREES
from .trees import choose_tree, name_of

#: Added to a version where pointers have 64 bits.
_WIDE_FILE, _WIDE_KEY = 1_000_000, 1000
#: Versions of TTree whose first members are known to be those read here.
_TREE_VERSIONS = (19, 20)
_IS_REFERENCED = 1 << 4
#: Bytes no list of keys and no tree exceeds.
_MUCH = 1 << 30


class Unusual(Exception):
    """Something that only uproot reads."""


@dataclass(frozen=True)
class RootHeader:
    """What the beginning of a tree says.

    Attributes:
        uuid: Of the file.
        tree: Name with folders; with its cycle, where it is not the newest.
        num_entries: Of the tree.
        num_bytes: Of all its branches, uncompressed.
    """

    uuid: str
    tree: str
    num_entries: int
    num_bytes: int


@dataclass(frozen=True)
class _Key:
    name: str
    kind: str
    seek: int
    num_bytes: int
    object_bytes: int
    key_bytes: int


def read_root_header(file: BinaryIO, size: int, tree: str | None, path: str) -> RootHeader:
    """Read the header of a tree.

    Args:
        file: The ROOT file.
        size: Of it, in bytes.
        tree: As in :func:`simdprep.readers.open_source`.
        path: Of the file, for errors.

    Raises:
        Unusual: it takes uproot to say, or to say what is wrong.
    """
    try:
        uuid, top = _top(file, size)
        keys = {name: key for name, key in _keys(file, top, "", set()) if key.kind in TTREES + RNTUPLES}
        chosen = choose_tree(list(keys), tree, lambda _: 0, path)
        key = keys[chosen]
        if key.kind != "TTree":
            raise Unusual(key.kind)
        num_entries, num_bytes = _tree(_object(file, key))
    except (InputError, struct.error, ValueError, KeyError, OSError, NotImplementedError) as error:
        raise Unusual(str(error)) from error
    return RootHeader(uuid, name_of(chosen, list(keys)), num_entries, num_bytes)


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    if not 0 <= count <= _MUCH or place < 0:
        raise Unusual("a size that cannot be")
    file.seek(place)
    data = file.read(count)
    if len(data) != count:
        raise Unusual("an end before its time")
    return data


def _top(file: BinaryIO, size: int) -> tuple[str, int]:
    """UUID of the file, and where its first folder's list of keys is."""
    head = _at(file, 0, min(size, 80))
    version, begin = struct.unpack(">ii", head[4:12])
    wide = version >= _WIDE_FILE
    end = struct.unpack(">q" if wide else ">i", head[12 : 20 if wide else 16])[0]
    # seekFree, nbytesFree, nfree, nbytesName, units, compress, seekInfo, nbytesInfo, version of the UUID
    rest = struct.unpack_from(">qiiibiqiH" if wide else ">iiiibiiiH", head, 20 if wide else 16)
    start = (20 if wide else 16) + struct.calcsize(">qiiibiqiH" if wide else ">iiiibiiiH")
    if end > size or rest[8] != 1:
        raise Unusual("truncated, or of another version")
    uuid = UUID(bytes=head[start : start + 16])
    if not uuid.int:
        raise Unusual("no UUID")
    return str(uuid), _folder(_at(file, begin + rest[3], 42))


def _folder(data: bytes) -> int:
    """Where the list of keys of a folder is."""
    version = struct.unpack_from(">h", data)[0]
    wide = version > _WIDE_KEY
    place = struct.unpack_from(">qqq" if wide else ">iii", data, 18)[2]
    return int(place)


def _keys(file: BinaryIO, place: int, prefix: str, seen: set[int]) -> Iterator[tuple[str, _Key]]:
    """Names with folders and cycles, and the keys; folders first of all are gone into."""
    if place in seen:
        raise Unusual("a folder in itself")
    seen.add(place)
    num_bytes, _, _, _, key_bytes = struct.unpack(">ihiih", _at(file, place, 16))
    data = _at(file, place + key_bytes, num_bytes - key_bytes)
    at = 4
    for _ in range(struct.unpack_from(">i", data)[0]):
        num_bytes, version, object_bytes, _, key_bytes, cycle = struct.unpack_from(">ihiihh", data, at)
        wide = version > _WIDE_KEY
        seek = struct.unpack_from(">q" if wide else ">i", data, at + 18)[0]
        kind, after = _text(data, at + (34 if wide else 26))
        name, after = _text(data, after)
        _, at = _text(data, after)
        key = _Key(name, kind, seek, num_bytes, object_bytes, key_bytes)
        if kind in ("TDirectory", "TDirectoryFile"):
            inner = _at(file, seek + key_bytes, min(num_bytes - key_bytes, 42))
            yield from _keys(file, _folder(inner), f"{prefix}{name}/", seen)
        else:
            yield f"{prefix}{name};{cycle}", key


def _text(data: bytes, at: int) -> tuple[str, int]:
    length = data[at]
    at += 1
    if length == 255:
        length = struct.unpack_from(">i", data, at)[0]
        at += 4
    if length < 0 or at + length > len(data):
        raise Unusual("a text longer than its place")
    return data[at : at + length].decode("utf-8"), at + length


def _object(file: BinaryIO, key: _Key) -> bytes:
    stored = _at(file, key.seek + key.key_bytes, key.num_bytes - key.key_bytes)
    if len(stored) == key.object_bytes:
        return stored
    if not 0 <= key.object_bytes <= _MUCH:
        raise Unusual("a size that cannot be")
    chunk: Any = Chunk.wrap(None, memoryview(stored))
    with SizeCheck():
        found: Any = uproot.compression.decompress(chunk, Cursor(0), {}, len(stored), key.object_bytes)
    return bytes(found.raw_data)


def _tree(data: bytes) -> tuple[int, int]:
    """Entries and uncompressed bytes of a TTree."""
    if struct.unpack_from(">H", data, 4)[0] not in _TREE_VERSIONS:
        raise Unusual("a tree of another version")
    at = _after(data, 6, times=4)  # TNamed, and the attributes of lines, fills and markers
    entries, num_bytes = struct.unpack_from(">qq", data, at)
    if entries < 0 or num_bytes < 0:
        raise Unusual("less than nothing")
    return int(entries), int(num_bytes)


def _after(data: bytes, at: int, *, times: int) -> int:
    """The place after so many objects, each of which begins with its size."""
    for _ in range(times):
        size = struct.unpack_from(">I", data, at)[0]
        if not size & 0x40000000:
            raise Unusual("an object without a size")
        at += 4 + (size & 0x3FFFFFFF)
    return at
