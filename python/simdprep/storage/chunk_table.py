"""ChunkTable: where the chunks of one dataset lie in its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError

#: So many chunks are listed before they are looked at; more are looked at one by one, which takes less memory.
_FEW = 1024


@dataclass(frozen=True)
class ChunkTable:
    """Places of all chunks of a dataset, in the order of its rows.

    Attributes:
        addresses: uint64 (n_chunks,), bytes from the start of the file.
        sizes: uint64 (n_chunks,), stored bytes.
        masks: uint32 (n_chunks,), bit i set where the i-th filter was skipped.
    """

    addresses: NDArray[np.uint64]
    sizes: NDArray[np.uint64]
    masks: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.addresses)

    @property
    def columns(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32]]:
        """Addresses, sizes and masks."""
        return self.addresses, self.sizes, self.masks

    @property
    def stored_bytes(self) -> int:
        """Stored bytes of all chunks."""
        return int(self.sizes.sum())

    @classmethod
    def take(cls, dataset: h5py.h5d.DatasetID, chunk_rows: int, where: str, file_size: int) -> ChunkTable:
        """Read the table of a dataset that is chunked along its first axis.

        Args:
            dataset: The open dataset.
            chunk_rows: Entries of the first axis in a chunk.
            where: File and path, for errors.
            file_size: Bytes of the file.

        Raises:
            DatasetError: a chunk is missing, stands where none belongs, or lies outside of the file.
        """
        count = -(-dataset.shape[0] // chunk_rows)
        if count <= _FEW:
            table = cls._take_few(dataset, chunk_rows, count)
            if table is not None and not table._outside(file_size).any():
                return table
        addresses = np.zeros(count, np.uint64)
        sizes = np.zeros(count, np.uint64)
        masks = np.zeros(count, np.uint32)
        seen = np.zeros(count, np.bool_)

        def add(info: Any) -> None:
            index, rest = divmod(info.chunk_offset[0], chunk_rows)
            if rest or index >= count or any(info.chunk_offset[1:]):
                raise DatasetError("chunk", got=f"one at {info.chunk_offset}", expected="none there", where=where)
            seen[index] = True
            addresses[index], sizes[index], masks[index] = info.byte_offset, info.size, info.filter_mask

        visit_chunks(dataset, add)
        if not seen.all():
            missing = int(np.argmin(seen))
            raise DatasetError("chunk", got=f"no chunk {missing}", expected=f"{count} chunks", where=where)
        outside = cls(addresses, sizes, masks)._outside(file_size)
        if outside.any():
            index = int(np.argmax(outside))
            place = f"{sizes[index]} bytes at address {addresses[index]}"
            rule = f"one inside of the file's {file_size} bytes"
            raise DatasetError("place of a chunk", got=place, expected=rule, where=f"{where}, chunk {index}")
        return cls(addresses, sizes, masks)

    @classmethod
    def _take_few(cls, dataset: h5py.h5d.DatasetID, chunk_rows: int, count: int) -> ChunkTable | None:
        """The table of few chunks that stand in order, as ours do; ``None`` where they are any other."""
        infos: list[Any] = []
        if hasattr(dataset, "chunk_iter"):
            dataset.chunk_iter(infos.append)
        if [info.chunk_offset[0] for info in infos] != list(range(0, count * chunk_rows, chunk_rows)):
            return None
        if any(map(any, (info.chunk_offset[1:] for info in infos))):
            return None
        return cls(
            np.array([info.byte_offset for info in infos], np.uint64),
            np.array([info.size for info in infos], np.uint64),
            np.array([info.filter_mask for info in infos], np.uint32),
        )

    def _outside(self, file_size: int) -> NDArray[np.bool_]:
        """Which chunks do not lie inside of a file of this size."""
        outside: NDArray[np.bool_] = (self.addresses > file_size) | (
            self.sizes > file_size - np.minimum(self.addresses, file_size)
        )
        return outside


@dataclass(frozen=True)
class ChunkTables:
    """Those of several datasets.

    Attributes:
        chunks: Of all, one dataset after the other.
        ends: int64 (n_datasets,), chunks of each and all before it.
    """

    chunks: ChunkTable
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, tables: Sequence[ChunkTable]) -> ChunkTables:
        """Put tables together."""
        none = ChunkTable(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.uint32))
        tables = [none, *tables]
        chunks = ChunkTable(
            np.concatenate([table.addresses for table in tables]),
            np.concatenate([table.sizes for table in tables]),
            np.concatenate([table.masks for table in tables]),
        )
        return cls(chunks, np.cumsum([len(table) for table in tables], dtype=np.int64)[1:])

    def __getitem__(self, index: int) -> ChunkTable:
        """The table of a dataset."""
        end = int(self.ends[index])
        return self._at(slice(int(self.ends[index - 1]) if index else 0, end))

    def pick(self, datasets: NDArray[np.int64], first: NDArray[np.int64], counts: NDArray[np.int64]) -> ChunkTable:
        """Return so many chunks from the first wanted on of every dataset wanted, one dataset after the other.

        Args:
            datasets: int64 (n,), their indices.
            first: int64 (n,), the first chunk of each.
            counts: int64 (n,), how many.
        """
        begins = np.concatenate([[0], self.ends])[datasets] + first
        before = np.cumsum(counts) - counts
        return self._at(np.arange(counts.sum()) + np.repeat(begins - before, counts))

    def _at(self, where: slice | NDArray[np.int64]) -> ChunkTable:
        chunks = self.chunks
        return ChunkTable(chunks.addresses[where], chunks.sizes[where], chunks.masks[where])


def visit_chunks(dataset: h5py.h5d.DatasetID, add: Any) -> None:
    """Call ``add`` with what HDF5 says of every chunk that is stored, in any order."""
    if hasattr(dataset, "chunk_iter"):
        failures: list[DatasetError] = []

        def visit(info: Any) -> bool | None:
            try:
                add(info)
            except DatasetError as error:  # HDF5 must not see an exception
                failures.append(error)
                return True
            return None

        dataset.chunk_iter(visit)
        if failures:
            raise failures[0]
        return
    for index in range(dataset.get_num_chunks()):  # h5py on an HDF5 before 1.12.3
        add(dataset.get_chunk_info(index))
