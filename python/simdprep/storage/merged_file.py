"""MergedFile: a file that takes one part after the other, their stored chunks as they are wherever borders allow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..thread_pool import thread_pool
from .adapted_part import AdaptedPart, Before, Wanted
from .disk_file import DiskFile
from .part_reader import PartReader
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
        dataset: The open HDF5 dataset.
        num_chunks: Chunks that have their place.
        carry: Entries after these, fewer than a chunk's.
        length: Entries so far.
    """

    index: int
    about: _core.DatasetDescription
    dtype: np.dtype[Any]
    dataset: Any
    num_chunks: int = 0
    carry: NDArray[Any] | None = None
    length: int = 0

    def __post_init__(self) -> None:
        self.slots = tuple(self.about.slots)
        self.chunk_rows = self.about.chunk_rows
        self.row_bytes = self.about.row_bytes
        self.inner = (0,) * len(self.slots)

    def grow(self, count: int) -> None:
        if count:
            self.length += count
            self.dataset.set_extent((self.length, *self.slots))

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


@dataclass
class _Copies:
    """Ranges of one part's file and where they go."""

    sources: list[NDArray[np.uint64]] = field(default_factory=list)
    sizes: list[NDArray[np.uint64]] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)


class MergedFile:
    """Writes a file of parts that are added in the order of their rows. Its bytes do not depend on the threads.

    Chunks that stay as they are get their place from HDF5 and are copied from file to file by threads of the core,
    beside what goes on here. All else is decoded and encoded in windows of bounded size.

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
        self._file = disk.create_hdf5()
        create_objects(self._file, placement.description, [0] * len(placement.datasets))
        self._targets = [
            _Target(index, about, stored_dtype(about), h5py.h5d.open(self._file, about.path.encode()))
            for index, about in enumerate(placement.datasets)
        ]
        self._finished = False

    @property
    def hdf5(self) -> h5py.h5f.FileID:
        """The open file, for what is added beside the datasets."""
        return self._file

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
        copies, rest = _Copies(), []
        for target in self._targets:
            start, stop = part.skipped[target.index], part.length(target.index)
            target.grow(stop - start)
            start = self._copy(part, target, start, stop, copies, is_last=is_last)
            if start < stop:
                rest.append((target, start, stop))
        if copies.targets:
            self._copier.copy(
                str(reader.path),
                np.concatenate(copies.sources),
                np.array(copies.targets, np.uint64),
                np.concatenate(copies.sizes),
            )
        self._encode_windows(part, rest)
        self._disk.check()

    def write_attribute(self, owner: str, name: str, value: str | int) -> None:
        """Add an attribute of the format."""
        write_attribute(self._file, owner, name, value)

    def finish(self) -> None:
        """Write what does not fill a chunk, wait for all copies, and close the file.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot be written.
            DatasetError: a part cannot be read any more.
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
        self.close()
        self._disk.fail(*self._copier.finish())

    def close(self) -> None:
        """Let go of the HDF5 file."""
        if not self._finished:
            self._finished = True
            self._targets = []
            self._file.close()

    def _copy(
        self, part: AdaptedPart, target: _Target, start: int, stop: int, copies: _Copies, *, is_last: bool
    ) -> int:
        """Give the chunks that can be copied their places; returns the first entry that is not among them."""
        rows = target.chunk_rows
        aligned = target.carry is None and start % rows == 0 and start < stop
        source = part.copied_source(target.index) if aligned else None
        if source is None:
            return start
        first, last = start // rows, stop // rows
        if is_last and stop % rows:
            last += 1  # the last chunk of all is filled with the fill value, as it is here
        if first == last:
            return start
        table = part.reader.table(source)
        sizes, masks = table.sizes[first:last], table.masks[first:last]
        for size, mask in zip(sizes.tolist(), masks.tolist(), strict=True):
            copies.targets.append(self._place(target, size, mask))
        copies.sources.append(table.addresses[first:last])
        copies.sizes.append(sizes)
        return min(last * rows, stop)

    def _place(self, target: _Target, size: int, mask: int) -> int:
        """Let HDF5 enter the next chunk; returns the address in the file at which its bytes belong."""
        place = (target.num_chunks * target.chunk_rows, *target.inner)
        target.num_chunks += 1
        return self._disk.place(target.dataset, place, size, mask)

    def _encode_windows(self, part: AdaptedPart, rest: list[tuple[_Target, int, int]]) -> None:
        """Decode, change and encode, so many bytes of all datasets at once."""
        total = sum((stop - start) * target.row_bytes for target, start, stop in rest)
        windows = max(1, -(-total // _WINDOW_BYTES))
        for window in range(windows):
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
                runs.append(target.run(raw[:whole]))
            self._store([target for target, _, _ in rest], _core.encode_chunks(self._pool, runs))

    def _store(self, targets: list[_Target], encoded: list[list[tuple[bytes, int]]]) -> None:
        for target, chunks in zip(targets, encoded, strict=True):
            for stored, mask in chunks:
                self._copier.write(stored, self._place(target, len(stored), mask))

    def _empty(self, target: _Target, rows: int, *, from_row: int) -> NDArray[Any]:
        raw = np.empty((rows, *target.slots), target.dtype)
        raw[from_row:] = np.frombuffer(target.about.fill, target.dtype)[0]
        return raw
