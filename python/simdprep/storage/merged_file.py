"""MergedFile: a file that takes one part after the other, their stored chunks as they are wherever borders allow it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..thread_pool import thread_pool
from .adapted_part import AdaptedPart, Before, Wanted
from .disk_file import DiskFile
from .part_reader import PartReader
from .part_structure import learn_written
from .placed_chunks import PlacedChunks
from .placement import Placement
from .sink import create_objects, stored_dtype, write_attribute

#: Raw bytes that are decoded, changed and encoded at once.
_WINDOW_BYTES = 128 << 20

#: Threads that copy: one reads while the other writes; a file takes one writer at a time.
_COPYING_THREADS = 2


@dataclass
class _Target:
    """A dataset of the merged file.

    Attributes:
        index: In the description.
        about: Its description.
        dtype: Of its items.
        carry: Entries after the chunks that have their place, fewer than a chunk's.
    """

    index: int
    about: _core.DatasetDescription
    dtype: np.dtype[Any]
    carry: NDArray[Any] | None = None

    def __post_init__(self) -> None:
        self.slots = tuple(self.about.slots)
        self.chunk_rows = self.about.chunk_rows
        self.row_bytes = self.about.row_bytes

    def run(self, raw: NDArray[Any]) -> tuple[Any, int, int, int, bool]:
        """Whole chunks as the core's encoder takes them."""
        about = self.about
        return (
            raw.reshape(-1).view(np.uint8),
            self.chunk_rows * self.row_bytes,
            self.dtype.itemsize if about.shuffle else 0,
            about.deflate_level,
            about.fletcher,
        )


class MergedFile:
    """Writes a file of parts that are added in the order of their rows. Its bytes do not depend on the threads.

    HDF5 makes the objects, and at the end the attributes; the chunks between them are placed here, one behind the
    other, and entered into the indexes of their datasets all at once. Those that stay as they are are copied from file
    to file by threads of the core, beside what goes on here. All else is decoded and encoded in windows of bounded
    size.

    Args:
        disk: The file; closed by the caller.
        placement: Of the schema of all parts.
        threads: Threads that decode and encode; 0 for one per core.
        before: Event numbers that have been given to other files.
    """

    def __init__(self, disk: DiskFile, placement: Placement, *, threads: int = 0, before: Before | None = None) -> None:
        self._disk = disk
        self._placement = placement
        self._pool = thread_pool(threads)
        self._before = before or Before()
        self._copier = _core.RangeCopier(disk.descriptor, _COPYING_THREADS)
        file = disk.create_hdf5()
        create_objects(file, placement.description, [0] * len(placement.datasets))
        file.close()
        disk.check()
        learn_written(disk.path, placement)
        self._file: h5py.h5f.FileID | None = None
        self._targets = [_Target(index, about, stored_dtype(about)) for index, about in enumerate(placement.datasets)]
        self._chunk_rows = np.array([target.chunk_rows for target in self._targets], np.int64)
        self._lengths = np.zeros(len(self._targets), np.int64)
        self._carries = np.zeros(len(self._targets), np.bool_)
        self._chunks = PlacedChunks(os.fstat(disk.descriptor).st_size)

    def add(self, reader: PartReader, *, is_last: bool, event_shift: int | None = None) -> None:
        """Add the rows of a part.

        Args:
            reader: The part.
            is_last: None comes after it.
            event_shift: What to add to its event numbers; ``None`` finds it by those before.

        Raises:
            DatasetError: the part is damaged; chunks that are copied are compared by whoever checks the file.
        """
        part = AdaptedPart(reader, self._placement, self._before, event_shift=event_shift)
        starts, stops = part.ranges()
        self._lengths += stops - starts
        starts = self._copy(part, starts, stops, is_last=is_last)
        rest = np.flatnonzero(starts < stops).tolist()
        self._encode_windows(part, [(self._targets[index], int(starts[index]), int(stops[index])) for index in rest])
        self._disk.check()

    def end_rows(self) -> None:
        """Write what does not fill a chunk: no part comes after those that were added.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot be written.
        """
        runs, targets = [], []
        for target in self._targets:
            if target.carry is not None and len(target.carry):
                raw = self._empty(target, target.chunk_rows, from_row=len(target.carry))
                raw[: len(target.carry)] = target.carry
                runs.append(target.run(raw))
                targets.append(target)
                target.carry = None
        self._store(targets, _core.encode_chunks(self._pool, runs))
        self._disk.truncate(self._chunks.end)  # HDF5 opens no file that is shorter than it should be
        self._disk.check()
        self._disk.fail(_core.write_end_of_file(str(self._disk.path), self._disk.descriptor, self._chunks.end))
        self._file = self._disk.open_hdf5()

    @property
    def hdf5(self) -> h5py.h5f.FileID:
        """The open file, after :meth:`end_rows`, for what is added beside the datasets."""
        assert self._file is not None
        return self._file

    def write_attribute(self, owner: str, name: str, value: str | int) -> None:
        """Add an attribute of the format, after :meth:`end_rows`."""
        write_attribute(self.hdf5, owner, name, value)

    def finish(self) -> None:
        """Close the file, wait for all copies, and enter all chunks.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot be written.
            DatasetError: a part cannot be read any more.
        """
        self.close()
        self._disk.fail(*self._copier.finish())
        paths = list(self._placement.paths)
        lengths, chunks = self._lengths.astype(np.uint64), self._chunks.by_dataset(len(paths))
        self._disk.fail(_core.write_chunk_indexes(str(self._disk.path), self._disk.descriptor, paths, lengths, *chunks))

    def close(self) -> None:
        """Let go of the HDF5 file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _copy(
        self, part: AdaptedPart, starts: NDArray[np.int64], stops: NDArray[np.int64], *, is_last: bool
    ) -> NDArray[np.int64]:
        """Place the chunks that can be copied; returns the first entries that are not among them."""
        rows = self._chunk_rows
        first, last = starts // rows, stops // rows
        if is_last:
            last = -(-stops // rows)  # the last chunk of all is filled with the fill value, as it is here
        copied = part.copied & ~self._carries & (starts % rows == 0) & (first < last)
        counts = np.where(copied, last - first, 0)
        if not counts.any():
            return starts
        found = part.chunks(first, counts)
        places = self._chunks.add(np.repeat(np.arange(len(counts)), counts), found.sizes, found.masks)
        self._copier.copy(str(part.reader.path), found.addresses, places, found.sizes)
        return np.where(copied, np.minimum(last * rows, stops), starts)

    def _encode_windows(self, part: AdaptedPart, rest: list[tuple[_Target, int, int]]) -> None:
        """Decode, change and encode, so many bytes of all datasets at once."""
        total = sum((stop - start) * target.row_bytes for target, start, stop in rest)
        windows = max(1, -(-total // _WINDOW_BYTES))
        for window in range(windows if rest else 0):
            wanted, raws = [], []
            for target, start, stop in rest:
                low, high = (start + (stop - start) * at // windows for at in (window, window + 1))
                carried = 0 if target.carry is None else len(target.carry)
                raw = np.empty((carried + high - low, *target.slots), target.dtype)
                if target.carry is not None:
                    raw[:carried] = target.carry
                wanted.append(Wanted(target.index, low, high, raw[carried:]))
                raws.append(raw)
            part.read(wanted)
            runs = []
            for (target, _, _), raw in zip(rest, raws, strict=True):
                whole = len(raw) // target.chunk_rows * target.chunk_rows
                target.carry = raw[whole:].copy() if whole < len(raw) else None
                self._carries[target.index] = target.carry is not None
                runs.append(target.run(raw[:whole]))
            self._store([target for target, _, _ in rest], _core.encode_chunks(self._pool, runs))

    def _store(self, targets: list[_Target], encoded: list[list[tuple[bytes, int]]]) -> None:
        for target, chunks in zip(targets, encoded, strict=True):
            sizes = np.array([len(stored) for stored, _ in chunks], np.uint64)
            masks = np.array([mask for _, mask in chunks], np.uint32)
            places = self._chunks.add(np.full(len(chunks), target.index), sizes, masks)
            for (stored, _), place in zip(chunks, places.tolist(), strict=True):
                self._copier.write(stored, place)

    def _empty(self, target: _Target, rows: int, *, from_row: int) -> NDArray[Any]:
        raw = np.empty((rows, *target.slots), target.dtype)
        raw[from_row:] = np.frombuffer(target.about.fill, target.dtype)[0]
        return raw
