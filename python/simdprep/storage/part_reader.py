"""PartReader: one part file, checked when opened; its datasets read by our own chunk reader or by h5py."""

from __future__ import annotations

import os
import threading
import weakref
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from ..schema import EVENTS, ObjectSpec
from ..thread_pool import thread_pool
from .chunk_table import ChunkTable, ChunkTables
from .guard import guarded, open_file
from .part_lengths import PartLengths
from .part_read import PartRead, read_all
from .part_structure import Engine, PartStructure, identity_of
from .recent import Recent
from .sink import stored_dtype

# Well below the usual limit of 1,024 open files, whatever the number of parts and fields.
_files: Recent[h5py.h5f.FileID] = Recent(64)
_readers: Recent[_core.ChunkReader] = Recent(256)
_streams: Recent[BinaryIO] = Recent(64)


class PartReader:
    """One part of a dataset.

    Safe in threads and in forked children: it holds what the file says of itself, and opens the
    file anew in each process.

    Args:
        path: The file.
        engine: What decodes chunks.
        threads: Threads that decode; 0 for one per core.
        with_tables: Take all chunk tables at once, which is faster than one by one.

    Attributes:
        root: Attributes of the file itself.
        placement: Where each number lies.
        lengths: First axis of every dataset of the description.
        sizes: What these say of rows and items.
        storage: How every dataset is stored.
        pipelines: Filters of every dataset.
        num_truncated: Per object of the schema.
        num_rows: Rows of the row object.
        num_bytes: Size of the file.
        has_counters: There is a group of counters, as ATLAS tools store them.
        owners_of_others: Objects with attributes that are not of the format.

    Raises:
        DatasetError: the file is missing, damaged, or not what its schema says.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, engine: Engine = "core", threads: int = 0, with_tables: bool = False
    ) -> None:
        self.path = Path(path)
        self.engine: Engine = engine
        self.threads = threads
        self._lock, self._lock_owner = threading.RLock(), os.getpid()
        found = PartStructure.read(self.path, engine=engine, with_tables=with_tables)
        self._identity = found.identity
        self.num_bytes = found.identity[2]
        self.root, self.placement = found.root, found.placement
        self.lengths, self.storage, self.pipelines = found.lengths, found.storage, found.storage.pipelines
        self._tables: dict[int, ChunkTable] = {}
        self._all_tables = found.tables
        self.num_truncated = found.num_truncated
        self.has_counters, self.owners_of_others = found.has_counters, found.owners_of_others
        self.sizes = PartLengths(self.placement, self.lengths, str(self.path))
        self.num_rows = self.sizes.num_rows
        file = found.file
        if file is not None:
            _files.get(self._key, lambda: file)
        # A dataset that nobody refers to any more holds no file open.
        weakref.finalize(self, _forget, self._key).atexit = False

    @property
    def description(self) -> _core.Description:
        """The core's description of the part's schema."""
        return self.placement.description

    @cached_property
    def num_events(self) -> int:
        """Events; in layout compound with other rows those that have rows."""
        if self.root.schema.rows == EVENTS:
            return self.num_rows
        if self.placement.is_compound:
            return len(self.event_starts) - 1
        return self.sizes.num_events(self.root.schema.object(EVENTS))

    @cached_property
    def event_starts(self) -> NDArray[np.int64]:
        """Layout compound with other rows: the first row of each event, and the end (num_events + 1,).

        Read once, from the rows' event numbers.
        """
        place = self.placement.event_index
        assert place is not None
        starts, last, step = [np.zeros(0, np.int64)], None, self.description.chunk_rows * 32
        for start in range(0, self.num_rows, step):
            numbers = self.read(place.dataset, start, min(start + step, self.num_rows))[place.member]
            changed = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
            if last is None or numbers[0] != last:
                changed = np.concatenate([[0], changed])
            starts.append(changed.astype(np.int64) + start)
            last = numbers[-1]
        return np.concatenate([*starts, np.array([self.num_rows], np.int64)])

    def event_offsets(self, start: int, stop: int) -> NDArray[np.int64]:
        """Rows at which the events [start, stop) begin, and the end of the last: int64 (stop - start + 1,)."""
        if self.root.schema.rows == EVENTS:
            return np.arange(start, stop + 1, dtype=np.int64)
        if self.placement.is_compound:
            return self.event_starts[start : stop + 1]
        place = self.placement.offsets(self.root.schema.object(EVENTS))
        assert place is not None
        return self.read_offsets(place.dataset, start, stop, end=self.num_rows)

    def num_items(self, spec: ObjectSpec) -> int:
        """Return how many entries of a ragged object there are."""
        count = self.sizes.num_items(spec)
        if count is not None:
            return count
        place = self.placement.offsets(spec)  # an object without fields: only its offsets know
        assert place is not None
        last = self.lengths[place.dataset] - 1
        return int(self.read_offsets(place.dataset, last, last, end=None)[-1])

    def read_offsets(self, index: int, start: int, stop: int, *, end: int | None) -> NDArray[np.int64]:
        """Read ``stop - start + 1`` offsets that must not lie.

        Args:
            index: Of the dataset.
            start: First parent entry.
            stop: One past the last.
            end: Entries there are; ``None`` where only the offsets say it.

        Raises:
            DatasetError: they decrease, or point outside of what there is.
        """
        offsets: NDArray[np.int64] = self.read(index, start, stop + 1)
        sound = offsets[0] >= 0 and bool((offsets[1:] >= offsets[:-1]).all()) and (start > 0 or offsets[0] == 0)
        if end is not None:
            sound = sound and offsets[-1] <= end and (stop + 1 < self.lengths[index] or offsets[-1] == end)
        if not sound:
            raise DatasetError(
                "offsets",
                got="numbers that decrease or point elsewhere",
                expected="ascending ones from 0 to the number of entries",
                where=f"{self.place(index)}, entries {start}:{stop}",
            )
        return offsets

    def read(self, index: int, start: int, stop: int, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Read entries [start, stop) of a dataset.

        Args:
            index: Of the dataset in the description.
            start: First entry.
            stop: One past the last; within the dataset.
            out: Where to; contiguous, of the stored dtype and shape. ``None`` makes a new array.

        Returns:
            ``out``: (stop - start, slots...), of the stored dtype.

        Raises:
            DatasetError: stored bytes are damaged, or hold what their dtype cannot be.
        """
        dataset = self.description.datasets[index]
        if out is None:
            out = _core.empty((max(stop - start, 0), *dataset.slots), stored_dtype(dataset))
        read_all([PartRead(self, index, start, stop, out)])
        return out

    def table(self, index: int) -> ChunkTable:
        """Return the chunk table of a dataset, taken when first asked for."""
        if self._all_tables is not None:
            return self._all_tables[index]
        table = self._tables.get(index)
        if table is None:
            with guarded(self.place(index)):
                dataset = self._open_dataset(index)
                rows = self.pipelines[index].chunk_rows
                table = ChunkTable.take(dataset, rows, self.place(index), self.num_bytes)
            self._tables[index] = table
        return table

    @property
    def tables(self) -> ChunkTables:
        """The chunk tables of all datasets."""
        if self._all_tables is None:
            self._all_tables = ChunkTables.of([self.table(index) for index in range(len(self.lengths))])
        return self._all_tables

    def read_stored(self, index: int, chunk: int) -> bytes:
        """Return the stored bytes of a chunk as they lie in the file, compared with their checksum.

        Raises:
            DatasetError: they are not what was written.
        """

        def make() -> BinaryIO:
            opened = self.path.open("rb", buffering=0)
            self._check_unchanged()
            return opened

        table, pipeline = self.table(index), self.pipelines[index]
        stream = _streams.get(self._key, make)  # kept by name: it must not close before the read
        data = os.pread(stream.fileno(), int(table.sizes[chunk]), int(table.addresses[chunk]))
        try:
            _core.check_chunk(
                data,
                int(table.masks[chunk]),
                shuffle_size=pipeline.shuffle_size,
                compressor=pipeline.compressor,
                fletcher=pipeline.fletcher,
            )
        except DatasetError as error:
            raise DatasetError(error.what, where=f"{self.place(index)}, chunk {chunk}", hint=error.hint) from None
        return data

    def place(self, index: int) -> str:
        """The file and path of a dataset, for errors."""
        return f"{self.path}: {self.description.datasets[index].path}"

    def forget(self) -> None:
        """Close what this process holds open of the part."""
        _forget(self._key)

    @cached_property
    def _key(self) -> tuple[str, tuple[int, ...]]:
        return str(self.path.absolute()), self._identity

    def _check_unchanged(self) -> None:
        try:
            same = identity_of(self.path) == self._identity
        except OSError:
            same = False
        if not same:
            raise DatasetError(
                "dataset",
                got="a file that changed since it was opened",
                expected="the same",
                where=str(self.path),
                hint="opening it again",
            )

    def _file(self) -> h5py.h5f.FileID:
        def make() -> h5py.h5f.FileID:
            opened = open_file(self.path)
            self._check_unchanged()
            return opened

        return _files.get(self._key, make)

    def _open_dataset(self, index: int) -> Any:
        # The links were checked when the part was opened, and the file has not changed since.
        return h5py.h5d.open(self._file(), self.description.datasets[index].path.encode())

    def check_range(self, index: int, start: int, stop: int) -> None:
        """Raise a :class:`DatasetError` unless the entries [start, stop) are within a dataset."""
        if not 0 <= start <= stop <= self.lengths[index]:
            rule = f"a range within 0:{self.lengths[index]}"
            raise DatasetError("entries", got=f"{start}:{stop}", expected=rule, where=self.place(index))

    def chunk_reader(self, index: int) -> _core.ChunkReader | None:
        """Return the core's reader of a dataset; ``None`` where HDF5 must read it."""
        if self.engine != "core" or not self.pipelines[index].is_ours:
            return None
        with self._alone:  # several threads begin with the same part: each dataset is looked up once
            return _readers.get((*self._key, index), lambda: self._make_reader(index))

    @property
    def _alone(self) -> threading.RLock:
        """The lock of this process: that of another may be held for ever by a thread that is not here."""
        if self._lock_owner != os.getpid():
            self._lock, self._lock_owner = threading.RLock(), os.getpid()
        return self._lock

    def check_chunks(self) -> None:
        """Compare the checksums of all chunks, without unpacking them.

        Raises:
            DatasetError: the first chunk that holds other bytes than were written.
        """
        if self.engine == "core" and all(pipeline.is_ours for pipeline in self.pipelines):
            tables = self.tables
            datasets = [
                (count, pipeline.chunk_rows * about.row_bytes, *pipeline.decoded_by)
                for count, pipeline, about in zip(
                    np.diff(tables.ends, prepend=0).tolist(), self.pipelines, self.placement.datasets, strict=True
                )
            ]
            if _core.are_sound(str(self.path), thread_pool(self.threads), datasets, *tables.chunks.columns):
                return
        for index in range(len(self.lengths)):  # one by one, to name what is not
            reader = self.chunk_reader(index)
            if reader is None:
                raise DatasetError("filters", got="others", expected="those of the core", where=self.place(index))
            try:
                reader.check_chunks(thread_pool(self.threads))
            except DatasetError as error:
                raise self.named(error, index) from None

    def _make_reader(self, index: int) -> _core.ChunkReader:
        table, pipeline = self.table(index), self.pipelines[index]
        try:
            reader = _core.ChunkReader(
                str(self.path),
                table.addresses,
                table.sizes,
                table.masks,
                chunk_rows=pipeline.chunk_rows,
                row_bytes=self.description.datasets[index].row_bytes,
                row_fill=b"",
                shuffle_size=pipeline.shuffle_size,
                compressor=pipeline.compressor,
                fletcher=pipeline.fletcher,
            )
        except DatasetError:
            self._check_unchanged()  # another file under this name has its chunks elsewhere
            raise
        self._check_unchanged()
        return reader

    def named(self, error: DatasetError, index: int) -> DatasetError:
        """Return an error of the core with the dataset it is about."""
        chunk = (error.where or "").rpartition(": ")[2]
        where = f"{self.place(index)}, {chunk}" if chunk.startswith("chunk ") else self.place(index)
        return DatasetError(error.what, got=error.got, expected=error.expected, where=where, hint=error.hint)

    def read_by_hdf5(self, index: int, start: int, stop: int, out: NDArray[Any]) -> None:
        """Let HDF5 read entries [start, stop) of a dataset into ``out``."""
        self.table(index)  # HDF5 takes a missing chunk for fill values
        slots = self.description.datasets[index].slots
        with guarded(self.place(index)):
            dataset = self._open_dataset(index)
            space = dataset.get_space()
            space.select_hyperslab((start, *(0 for _ in slots)), (stop - start, *slots))
            dataset.read(h5py.h5s.create_simple(out.shape), space, out)


def _forget(part: tuple[str, tuple[int, ...]]) -> None:
    _files.forget(lambda key: key == part)
    _streams.forget(lambda key: key == part)
    _readers.forget(lambda key: isinstance(key, tuple) and key[:-1] == part)
