"""PartFile: a part that grows on the disk, run by run, under a name that nobody takes for a part."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

from .. import _core
from .disk_file import DiskFile
from .sink import create_objects, write_attribute


class PartFile:
    """A part in the making; it is removed if it does not get its name.

    HDF5 gives the chunks their places and writes what it says of them; the chunks are written by the core.

    Args:
        path: A temporary name in the file system of the final one.
        description: The core's description of the schema.
        threaded: Write chunks on a thread of the core, while the caller goes on.

    Raises:
        ResourceError: the disk is full.
        OutputError: the file cannot be written.
    """

    def __init__(self, path: Path, description: _core.Description, *, threaded: bool) -> None:
        self.path = path
        self._about = description.datasets
        self._disk = DiskFile(path, holds="a part of it", safe="what is committed already is safe")
        self._open = _OpenFile(self._disk, _core.WriteQueue(self._disk.descriptor, threaded))
        # Also where a program ends without having closed it: HDF5 would call us when there is no interpreter any more.
        self._discarded = weakref.finalize(self, self._open.discard)
        try:
            self._file = self._open.file = self._disk.create_hdf5()
            create_objects(self._file, description, [0] * len(self._about))
            self._datasets = [h5py.h5d.open(self._file, about.path.encode()) for about in self._about]
            self._disk.check()
        except BaseException:
            self.discard()
            raise

    def add(self, run: _core.Part) -> None:
        """Take the chunks of a run, or of the end of a part.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot be written.
        """
        addresses: list[int] = []
        for index, (about, dataset) in enumerate(zip(self._about, self._datasets, strict=True)):
            stored = run.dataset(index)
            inner = (0,) * len(about.slots)
            if stored.length:
                dataset.set_extent((stored.length, *about.slots))
            rows, first = about.chunk_rows, stored.first_chunk
            for number, (size, mask) in enumerate(stored.sizes_and_masks(), first):
                addresses.append(self._disk.place(dataset, (number * rows, *inner), size, mask))
                self._disk.needed += size
        self._open.queue.put(run, np.array(addresses, np.uint64))
        self._check(self._open.queue.failure)

    def finish(self, attributes: Sequence[_core.Attribute], *, hash: bool) -> tuple[str, int]:
        """Add the attributes, and wait until everything is written and the file closed.

        Args:
            attributes: All of them.
            hash: Return the SHA-256 of the file too, else an empty text.

        Returns:
            The hash, and the size in bytes.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot be written.
        """
        for attribute in attributes:
            write_attribute(self._file, attribute.owner, attribute.name, attribute.value)
        self._datasets = []
        self._open.close_hdf5()
        self._check(self._open.queue.finish())
        sha256 = ""
        if hash:
            with self._disk.syncing():  # the disk has its own time
                sha256 = _core.sha256_file(str(self.path))
        size = os.fstat(self._disk.descriptor).st_size
        self._disk.close()
        self._disk.check()
        return sha256, size

    def commit(self, path: Path) -> None:
        """Give the finished file its name, durably.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot have this name.
        """
        _core.commit_existing(str(self.path), str(path))
        self._discarded.detach()

    def discard(self) -> None:
        """Let go of the file and remove it."""
        self._datasets = []
        self._discarded()

    def _check(self, code: int) -> None:
        self._disk.fail(code, os.strerror(code))


class _OpenFile:
    """What must be let go of, in this order: the thread that writes, the descriptor, HDF5's file, the name."""

    def __init__(self, disk: DiskFile, queue: _core.WriteQueue) -> None:
        self.queue = queue
        self.file: h5py.h5f.FileID | None = None
        self._disk = disk
        self._owner = os.getpid()

    def close_hdf5(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None

    def discard(self) -> None:
        del self.queue  # which waits for a write that goes on
        self._disk.close()  # what HDF5 still has to write goes nowhere
        with suppress(Exception):
            self.close_hdf5()
        if os.getpid() == self._owner:  # what a forked child lets go is not its own
            with suppress(OSError):
                self._disk.path.unlink()
