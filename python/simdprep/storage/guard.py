"""Guard: an HDF5 file is opened, and nothing of it believed that could lead elsewhere or ask for too much."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .. import _core
from ..errors import DatasetError, SimdprepError
from .filters import lacking
from .sink import stored_dtype

#: Registered filters that format 1 reads.
_SHUFFLE, _DEFLATE, _FLETCHER = h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32
_FILTERS = {_SHUFFLE: "shuffle", _DEFLATE: "deflate", _FLETCHER: "fletcher32", 32004: "lz4", 32015: "zstd"}

#: Those that compress, and whose chunks the core reads: lz4 and zstd where it was built with their libraries.
_COMPRESSORS = ("deflate", "lz4", "zstd")
_BUILT_IN = frozenset(_core.built_in_compressors())

#: Most bytes that one stored byte may unpack to: the bound of deflate, which lz4 keeps, and of zstd for all others.
_BEST_RATIO, _BEST_RATIO_OF_OTHERS = 1032, 1 << 15

#: Most bytes that a chunk may unpack to: some of it cannot be read without the rest. Ours have about 1 MiB.
_MOST_CHUNK_BYTES = 1 << 30

#: What h5py raises when HDF5 cannot make sense of a file.
_HDF5_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError)


@dataclass(frozen=True)
class Pipeline:
    """The filters of a dataset, and whether the core decodes them.

    Attributes:
        shuffle_size: Bytes per shuffled element; 0 without shuffle.
        compressor: ``deflate``, ``lz4`` or ``zstd``; empty where nothing compresses.
        fletcher: Whether each chunk carries a checksum.
        chunk_rows: Entries of the first axis in a chunk.
        is_ours: Shuffle, a compressor that the core has, fletcher32 in this order, and chunks that divide the first
            axis only.
    """

    shuffle_size: int
    compressor: str
    fletcher: bool
    chunk_rows: int
    is_ours: bool

    @property
    def decoded_by(self) -> tuple[int, str, bool]:
        """What the core is told of it."""
        return self.shuffle_size, self.compressor, self.fletcher


@contextmanager
def guarded(where: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what h5py raises on a damaged file into a :class:`DatasetError` that names ``where``."""
    try:
        yield
    except SimdprepError:
        raise
    except _HDF5_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DatasetError(
            "structure of the HDF5 file",
            got=reason,
            expected="one that HDF5 can read",
            where=str(where),
            hint="simdprep verify, which names all that is damaged",
        ) from error


def check_name(path: str | os.PathLike[str]) -> None:
    """Raise for a name that is no text, which the core cannot open.

    Raises:
        DatasetError: that is so.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        name = ascii(str(path))
        raise DatasetError("dataset", got=name, expected="a name in UTF-8", hint="renaming it") from None


def open_file(path: str | os.PathLike[str]) -> h5py.h5f.FileID:
    """Open a file for reading, with h5py's own settings: HDF5 refuses to open a file twice with others.

    Raises:
        DatasetError: it is missing, not an HDF5 file, truncated, or cannot be read.
    """
    path = Path(path)
    check_name(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise DatasetError("dataset", got=found, expected="an HDF5 file of simdprep", where=str(path))
    try:
        with path.open("rb") as file:  # the system's own words for a file that cannot be read
            file.read(1)
        return h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDONLY)
    except _HDF5_ERRORS as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: BaseException) -> DatasetError:
    text = " ".join(str(error).split())
    where = str(path)
    if isinstance(error, OSError) and error.strerror is not None and not text.startswith("Unable"):
        return DatasetError("cannot read the dataset", got=error.strerror, expected="a readable file", where=where)
    if "file signature not found" in text:
        return DatasetError("dataset", got="another kind of file", expected="an HDF5 file of simdprep", where=where)
    if "truncated file" in text:
        rule = "the length it was written with"
        return DatasetError("length of the HDF5 file", got="a truncated file", expected=rule, where=where)
    return DatasetError("structure of the HDF5 file", got=text, expected="one that HDF5 can read", where=where)


def open_member(group: Any, name: str, where: str) -> Any:
    """Open a member of a group, if a hard link leads there.

    Raises:
        DatasetError: there is nothing of that name, or a soft or external link.
    """
    key = name.encode()
    if not isinstance(group, h5py.h5g.GroupID) or not group.links.exists(key):
        raise DatasetError(
            "object of the file", got="nothing of that name", expected="what the schema names", where=where
        )
    kind = group.links.get_info(key).type
    if kind != h5py.h5l.TYPE_HARD:
        raise DatasetError(
            "link", got="a soft or external link", expected="a hard link: no other place is ever read", where=where
        )
    return h5py.h5o.open(group, key)


@dataclass(frozen=True)
class Checked:
    """What a sound dataset was made with: one that was made with the same, in another part, is as sound.

    Attributes:
        settings: How it is stored: layout, chunks, filters, fill value, external files.
        kind: Its dtype.
        pipeline: What these say.
    """

    settings: Any
    kind: Any
    pipeline: Pipeline


def check_like(
    dataset: Any, checked: Checked, description: _core.DatasetDescription, where: str, file_size: int
) -> int | None:
    """Return the length of a dataset that was made like one that was checked; ``None`` if it was not."""
    same = (
        isinstance(dataset, h5py.h5d.DatasetID)
        and dataset.get_create_plist().equal(checked.settings)
        and dataset.get_type().equal(checked.kind)
    )
    shape = dataset.shape if same else ()
    if not shape or shape[1:] != tuple(description.slots):
        return None
    _check_size(shape[0], description, checked.pipeline, where, file_size)
    return int(shape[0])


def check_dataset(
    dataset: Any, description: _core.DatasetDescription, where: str, file_size: int, *, by_core: bool = True
) -> Checked:
    """Compare a dataset with its description: kind of storage, dtype, slots, fill value, filters, length.

    Args:
        dataset: The open HDF5 object.
        description: What the schema says of it.
        where: File and path, for errors.
        file_size: Bytes of the file, which bound what the dataset may declare.
        by_core: Whether the core may read it; else HDF5 must have all of its filters.

    Raises:
        DatasetError: something differs, or the dataset would read from elsewhere.
    """
    if not isinstance(dataset, h5py.h5d.DatasetID):
        raise DatasetError("object of the file", got="a group", expected="a dataset", where=where)
    plist = dataset.get_create_plist()
    _check_storage(plist, where)
    _check_type(dataset, description, where)
    shape, slots = dataset.shape, tuple(description.slots)
    if len(shape) != 1 + len(slots) or shape[1:] != slots:
        raise DatasetError("shape", got=str(shape), expected=f"(n, {', '.join(map(str, slots))})", where=where)
    fill = np.zeros((), stored_dtype(description))
    plist.get_fill_value(fill)
    if fill.tobytes() != description.fill:
        raise DatasetError("fill value", got=str(fill), expected="that of the schema", where=where)
    pipeline = _pipeline(plist, description, where, by_core=by_core)
    _check_size(shape[0], description, pipeline, where, file_size)
    return Checked(plist, dataset.get_type(), pipeline)


def _check_storage(plist: h5py.h5p.PropDCID, where: str) -> None:
    if plist.get_external_count():
        raise DatasetError("storage", got="external files", expected="all bytes inside of the file", where=where)
    layout = plist.get_layout()
    if layout != h5py.h5d.CHUNKED:
        names = {h5py.h5d.VIRTUAL: "a virtual dataset", h5py.h5d.CONTIGUOUS: "contiguous", h5py.h5d.COMPACT: "compact"}
        raise DatasetError("storage", got=names.get(layout, "another kind"), expected="chunks", where=where)


def _check_type(dataset: h5py.h5d.DatasetID, description: _core.DatasetDescription, where: str) -> None:
    expected = stored_dtype(description)
    if description.compound:
        kind = h5py.h5t.py_create(expected, logical=True)
    else:
        kind = _type_id(description.members[0].dtype)
    if not dataset.get_type().equal(kind):
        raise DatasetError("dtype", got=str(dataset.dtype), expected=str(expected), where=where)


@lru_cache(maxsize=32)
def _type_id(name: str) -> Any:
    """The HDF5 type of a number."""
    return h5py.h5t.py_create(np.dtype(name), logical=True)


def _pipeline(
    plist: h5py.h5p.PropDCID, description: _core.DatasetDescription, where: str, *, by_core: bool
) -> Pipeline:
    filters = [plist.get_filter(index) for index in range(plist.get_nfilters())]
    codes = [code for code, *_ in filters]
    unknown = [str(code) for code in codes if code not in _FILTERS]
    if unknown:
        raise DatasetError(
            "filters", got=f"number {', '.join(unknown)}", expected=f"only {', '.join(_FILTERS.values())}", where=where
        )
    names = [_FILTERS[code] for code in codes]
    compressor = next((name for name in names if name in _COMPRESSORS), "")
    chunk = plist.get_chunk()
    size = next((values[0] for code, _, values, _ in filters if code == _SHUFFLE and values), 0)
    ours = (
        names == [name for name in ("shuffle", compressor, "fletcher32") if name in names]
        and compressor in _BUILT_IN | {""}
        and tuple(chunk[1:]) == tuple(description.slots)
        and size in (0, len(description.fill))
        and (_SHUFFLE in codes) == (size > 1)
    )
    if not (ours and by_core):
        _check_registered(codes, where)
    return Pipeline(size, compressor, _FLETCHER in codes, chunk[0], ours)


def written_pipeline(description: _core.DatasetDescription) -> Pipeline:
    """Return the filters that a dataset of this description is written with."""
    size = len(description.fill) if description.shuffle else 0
    compressor = "deflate" if description.deflate_level else ""
    return Pipeline(size, compressor, description.fletcher, description.chunk_rows, is_ours=True)


def _check_registered(codes: list[int], where: str) -> None:
    missing = [_FILTERS[code] for code in lacking(codes)]
    if missing:
        raise DatasetError(
            "filters",
            got=f"{', '.join(missing)}, which this HDF5 lacks",
            expected="filters that are registered",
            where=where,
            hint="pip install hdf5plugin",
        )


def best_ratio(pipeline: Pipeline) -> int:
    """Return the most bytes that one stored byte may unpack to."""
    if not pipeline.is_ours or pipeline.compressor == "zstd":
        return _BEST_RATIO_OF_OTHERS
    return _BEST_RATIO if pipeline.compressor else 1


def _check_size(
    length: int, description: _core.DatasetDescription, pipeline: Pipeline, where: str, file_size: int
) -> None:
    """Refuse a length that cannot fit the file, so that no caller allocates for it."""
    if pipeline.chunk_rows * description.row_bytes > _MOST_CHUNK_BYTES:
        raise DatasetError(
            "chunks",
            got=f"{pipeline.chunk_rows} entries of {description.row_bytes} bytes in each",
            expected=f"at most {_MOST_CHUNK_BYTES} bytes",
            where=where,
        )
    chunks = -(-length // pipeline.chunk_rows)
    least = max(1, min(pipeline.chunk_rows, length) * description.row_bytes // best_ratio(pipeline))
    if chunks * least > file_size:
        raise DatasetError(
            "declared length",
            got=f"{length} entries of {description.row_bytes} bytes",
            expected=f"what {file_size} stored bytes can hold",
            where=where,
        )
