"""TableChunks: rows of a foreign compound dataset, decoded by the core.

HDF5 unpacks a chunk to whatever it unpacks to, before it looks at what it may hold; the core stops there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from ..thread_pool import thread_pool
from .chunk_table import ChunkTable

#: Filters in the order in which the core undoes them last to first; see :class:`simdprep.storage.guard.Pipeline`.
_SHUFFLE, _DEFLATE, _FLETCHER = h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32
_ORDER = (_SHUFFLE, _DEFLATE, _FLETCHER)


class TableChunks:
    """The chunks of one dataset.

    Args:
        reader: Of its chunks.
        members: Place and dtype of each member that can be read, in a record.
        record_bytes: Size of a record.
        slots: The axes after the first.
        where: File and dataset, for errors.
    """

    def __init__(
        self,
        reader: _core.ChunkReader,
        members: dict[str, tuple[int, np.dtype[Any]]],
        record_bytes: int,
        slots: tuple[int, ...],
        where: str,
    ) -> None:
        self._reader, self._members = reader, members
        self._record_bytes, self._slots, self._where = record_bytes, slots, where

    @classmethod
    def of(cls, dataset: h5py.Dataset, members: dict[str, np.dtype[Any]], where: str) -> Self | None:
        """Return the chunks of a dataset; ``None`` where HDF5 must read it.

        That is so for other filters, axes that are divided, values that are not stored as in memory, and chunks that
        were never written.

        Args:
            dataset: Of records.
            members: Those that are wanted.
            where: File and dataset, for errors.

        Raises:
            DatasetError: a chunk lies outside of the file.
        """
        plist = dataset.id.get_create_plist()
        if plist.get_layout() != h5py.h5d.CHUNKED or not dataset.shape[0]:
            return None
        filters = [plist.get_filter(index) for index in range(plist.get_nfilters())]
        codes = [code for code, *_ in filters]
        if _DEFLATE not in codes or codes != [code for code in _ORDER if code in codes]:
            return None
        chunk = plist.get_chunk()
        slots = tuple(int(size) for size in dataset.shape[1:])
        places = _places(dataset.id.get_type(), members)
        if (
            tuple(chunk[1:]) != slots
            or places is None
            or dataset.id.get_num_chunks() != -(-dataset.shape[0] // chunk[0])
        ):
            return None
        path = dataset.file.filename
        table = ChunkTable.take(dataset.id, chunk[0], where, dataset.file.id.get_filesize())
        record = int(dataset.id.get_type().get_size())
        shuffled = next((values[0] for code, _, values, _ in filters if code == _SHUFFLE and values), 0)
        reader = _core.ChunkReader(
            path,
            *table.columns,
            chunk_rows=chunk[0],
            row_bytes=int(np.prod([record, *slots])),
            row_fill=b"",
            shuffle_size=shuffled if shuffled > 1 else 0,
            compressor="deflate",
            fletcher=_FLETCHER in codes,
        )
        return cls(reader, places, record, slots, where)

    def read(self, members: Sequence[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Read some members of the rows [start, stop).

        Raises:
            DatasetError: a chunk is damaged.
        """
        names = list(dict.fromkeys(members))
        places = [self._members[name] for name in names]
        kind = np.dtype({
            "names": names,
            "formats": [dtype for _, dtype in places],
            "offsets": [offset for offset, _ in places],
            "itemsize": self._record_bytes,
        })  # fmt: skip
        records = np.empty((stop - start, *self._slots, self._record_bytes), np.uint8)
        try:
            self._reader.read(thread_pool(1), start, stop, records)
        except DatasetError as error:
            chunk = (error.where or "").rpartition(": ")[2]
            where = f"{self._where}, {chunk}" if chunk.startswith("chunk ") else self._where
            raise DatasetError(error.what, got=error.got, expected=error.expected, where=where) from None
        found = records.view(kind)[..., 0]
        return {name: _values(found[name]) for name in names}


def _places(
    kind: h5py.h5t.TypeCompoundID, members: dict[str, np.dtype[Any]]
) -> dict[str, tuple[int, np.dtype[Any]]] | None:
    """Where members lie in a record; ``None`` if numpy does not read their bytes as HDF5 does."""
    found = {}
    for index in range(kind.get_nmembers()):
        name = kind.get_member_name(index).decode("utf-8", "surrogateescape")
        if name in members:
            dtype = members[name]
            if not kind.get_member_type(index).equal(h5py.h5t.py_create(dtype, logical=True)):
                return None
            found[name] = int(kind.get_member_offset(index)), dtype
    return found if len(found) == len(members) else None


def _values(found: NDArray[Any]) -> NDArray[Any]:
    values = np.ascontiguousarray(found)
    return values.view(np.uint8) != 0 if values.dtype == np.bool_ else values  # a damaged bool may be any byte
