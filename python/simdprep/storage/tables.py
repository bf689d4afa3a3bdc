"""Tables: the compound datasets of an HDF5 file that is not of format 1, such as those of ATLAS HDF5Utils."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from .attributes import FORMAT
from .chunk_table import visit_chunks
from .filters import lacking
from .guard import guarded, open_file, open_member
from .source import PathLike
from .table_chunks import TableChunks

#: Most bytes of a row, and most bytes that one stored byte may unpack to.
_ROW_BYTES, _RATIO = 1 << 28, 1 << 15

_NUMBERS = "biuf"

#: Whether the core reads a table is not known yet.
_UNKNOWN = object()


class Table:
    """One compound dataset: records in slots of rows, read when asked for.

    Attributes:
        name: Of the dataset.
        dtype: Of its records.
        num_rows: Length of the first axis.
        slots: The axes after it, outermost first.
        chunk_rows: Rows that are decoded together.
        members: Dtype of each member that holds numbers or bools, sub-arrays included.
        refused: Why other members cannot be read.
    """

    def __init__(self, name: str, dataset: h5py.Dataset, where: str) -> None:
        self.name = name
        self.dtype: np.dtype[Any] = dataset.dtype
        self.num_rows, self.slots = int(dataset.shape[0]), tuple(int(size) for size in dataset.shape[1:])
        self.chunk_rows = int(dataset.chunks[0]) if dataset.chunks else max(self.num_rows, 1)
        self.members: dict[str, np.dtype[Any]] = {}
        self.refused: dict[str, str] = {}
        for member in self.dtype.names or ():
            kind = self.dtype[member]
            if kind.base.kind in _NUMBERS and kind.base.itemsize <= 8:
                self.members[member] = kind
            else:
                self.refused[member] = f"values of type {kind}"
        self._dataset: h5py.Dataset | None = dataset
        self._chunks: Any = _UNKNOWN
        self._where = where

    @property
    def has_valid(self) -> bool:
        """A member ``valid`` says which slots hold an entry."""
        return self.members.get("valid") == np.dtype(bool)

    def read(self, members: Sequence[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Read some members of the rows [start, stop).

        Returns:
            By member, arrays (stop - start, slots...), and the axes of a sub-array after them.

        Raises:
            DatasetError: stored bytes are damaged, or of a filter this HDF5 lacks.
        """
        if self._dataset is None:
            raise DatasetError("table", got="a closed file", expected="an open one", where=f"{self._where}/{self.name}")
        with guarded(f"{self._where}/{self.name}"):
            if self._chunks is _UNKNOWN:
                self._chunks = TableChunks.of(self._dataset, self.members, f"{self._where}/{self.name}")
            if isinstance(self._chunks, TableChunks):
                return self._chunks.read(members, start, stop)
            records = self._dataset.fields(list(members))[start:stop]
        return {member: records[member] for member in members}

    def close(self) -> None:
        """Let go of the dataset."""
        self._dataset, self._chunks = None, _UNKNOWN


class Tables(Mapping[str, Table]):
    """The compound datasets at the root of an HDF5 file; see :func:`open_tables`.

    Attributes:
        refused: What else is there, with the reason why it is no table.
    """

    def __init__(self, path: PathLike) -> None:
        self._where = os.fspath(path)
        self._size = Path(path).stat().st_size if Path(path).is_file() else 0
        self.refused: dict[str, str] = {}
        self._tables: dict[str, Table] = {}
        self._file = open_file(path)
        try:
            with guarded(self._where):
                self._find()
        except BaseException:
            self._file.close()
            raise

    def _find(self) -> None:
        root = h5py.h5g.open(self._file, b"/")
        names: list[str] = []
        root.links.iterate(lambda name: names.append(name.decode("utf-8", "surrogateescape")))
        for name in names:
            try:
                member = open_member(root, name, f"{self._where}/{name}")
            except DatasetError as error:
                self.refused[name] = str(error.got)
                continue
            reason = self._reason(member)
            if reason:
                self.refused[name] = reason
                continue
            table = Table(name, h5py.Dataset(member), self._where)
            self.refused.update((f"{name}.{member}", reason) for member, reason in table.refused.items())
            self._tables[name] = table

    def _reason(self, member: Any) -> str:
        """Why a member of the file is no table; empty if it is one."""
        if not isinstance(member, h5py.h5d.DatasetID):
            return "a group"
        if member.get_type().get_class() != h5py.h5t.COMPOUND or member.rank < 1:
            return "no compound dataset"
        plist = member.get_create_plist()
        if plist.get_external_count() or plist.get_layout() == h5py.h5d.VIRTUAL:
            return "a dataset whose bytes lie in other files"
        codes = [plist.get_filter(index)[0] for index in range(plist.get_nfilters())]
        missing = ", ".join(map(str, lacking(codes)))
        if missing:
            return f"compressed by filter {missing}, which this HDF5 lacks (pip install hdf5plugin)"
        row_bytes = int(np.prod([member.get_type().get_size(), *map(int, member.shape[1:])], dtype=object))
        if row_bytes > _ROW_BYTES or row_bytes * member.shape[0] > _RATIO * self._size:
            return f"{member.shape[0]} rows of {row_bytes} bytes, which {self._size} stored bytes cannot hold"
        return _bomb(member, plist)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def close(self) -> None:
        """Close the file and its datasets: HDF5 keeps a file open as long as any of these is."""
        for table in self._tables.values():
            table.close()
        self._file.close()


def _bomb(member: h5py.h5d.DatasetID, plist: h5py.h5p.PropDCID) -> str:
    """Which chunk is stored in more bytes than it holds, as no program does it; empty if there is none.

    HDF5 unpacks all of it, a thousandfold, before it looks at what the chunk may hold.
    """
    if not plist.get_nfilters():
        return ""
    held = int(np.prod([member.get_type().get_size(), *plist.get_chunk()], dtype=object))
    most = held + held // 50 + 4096
    large: list[int] = []
    visit_chunks(member, lambda info: large.append(info.size) if info.size > most else None)
    return f"a chunk of {held} bytes stored in {large[0]}" if large else ""


def open_tables(path: PathLike) -> Tables:
    """Open an HDF5 file of compound datasets that simdprep did not write.

    Args:
        path: A local file. Links that leave it are not followed.

    Raises:
        DatasetError: it is no HDF5 file, or cannot be read.
    """
    return Tables(path)


def is_dataset(path: PathLike) -> bool:
    """Return True for a file that says of itself that simdprep wrote it.

    Raises:
        DatasetError: it is no HDF5 file, or cannot be read.
    """
    with guarded(path):
        file = open_file(path)
        try:
            return bool(h5py.h5a.exists(h5py.h5g.open(file, b"/"), FORMAT.encode()))
        finally:
            file.close()
