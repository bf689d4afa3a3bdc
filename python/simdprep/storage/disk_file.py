"""DiskFile: a file that HDF5 writes through us, so that a full disk is an error and not a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np

from ..errors import InternalError, OutputError, ResourceError, SimdprepError

#: What to tell a user whose disk is full: by the errno of the failed write.
_FULL = {28: "disk full", 122: "disk quota exhausted"}


class DiskFile:
    """A file object for HDF5's ``fileobj`` driver.

    A write that fails is remembered and reported as done: HDF5 that cannot flush its metadata
    aborts the process when it exits. :meth:`check` raises it.

    Args:
        path: Created anew.
        needed: Bytes it will take about, for the message of a full disk.
        holds: What the file is, for the same.
        safe: What is not lost then.

    Attributes:
        path: As given.
        needed: As given; may grow with the file.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(
        self,
        path: Path,
        *,
        needed: int = 0,
        holds: str = "the whole dataset beside its parts",
        safe: str = "the parts are safe",
    ) -> None:
        self.path = path
        self.needed = needed
        self._holds, self._safe = holds, safe
        self._position = 0
        self._failure: tuple[int, str] | None = None
        self._blank = memoryview(bytes(1 << 20))
        self._blank_address = _address(self._blank)
        self._awaited: int | None = None
        self._placed: int | None = None
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        except OSError as error:
            self._descriptor = -1
            self._failure = (error.errno or 0, error.strerror or str(error))
            raise self._error() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is None:
            self.check()

    def create_hdf5(self) -> h5py.h5f.FileID:
        """Create an HDF5 file in this one, with the settings of format 1."""
        creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
        creation.set_obj_track_times(False)
        return h5py.h5f.create(os.fsencode(self.path.name), h5py.h5f.ACC_TRUNC, fcpl=creation, fapl=self._access())

    def open_hdf5(self) -> h5py.h5f.FileID:
        """Open the HDF5 file that was created in this one, and closed, again."""
        return h5py.h5f.open(os.fsencode(self.path.name), h5py.h5f.ACC_RDWR, fapl=self._access())

    def _access(self) -> h5py.h5p.PropFAID:
        access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
        access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
        access.set_fileobj_driver(h5py.h5fd.fileobj_driver, self)
        return access

    @property
    def descriptor(self) -> int:
        """The open file, for those who write to places that HDF5 has given away."""
        return self._descriptor

    def place(self, dataset: h5py.h5d.DatasetID, place: tuple[int, ...], size: int, mask: int) -> int:
        """Enter a chunk into a dataset without writing it; returns the address at which its bytes belong.

        Args:
            dataset: Of the file that :meth:`create_hdf5` made.
            place: Of the chunk's first item.
            size: Stored bytes.
            mask: Filters that were skipped.
        """
        if len(self._blank) < size:
            self._blank = memoryview(bytes(max(size, 2 * len(self._blank))))
            self._blank_address = _address(self._blank)
        self._awaited, self._placed = size, None
        try:
            dataset.write_direct_chunk(place, self._blank[:size], filter_mask=mask)
        finally:
            self._awaited = None
        if self._placed is None:
            raise InternalError("place of a chunk", got="none from HDF5", expected="an address", where=str(self.path))
        return self._placed

    @contextmanager
    def syncing(self) -> Iterator[None]:
        """Make what was written permanent, beside the work of the block.

        Raises:
            ResourceError: the disk is full.
            OutputError: it cannot keep the file.
        """
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(os.fsync, self._descriptor)
            yield
        error = done.exception()
        if isinstance(error, OSError):
            self.fail(error.errno or 0, error.strerror or str(error))

    def fail(self, code: int, reason: str = "") -> None:
        """Raise for a write of somebody else that failed with this errno; 0 for none."""
        if code and self._failure is None:
            self._failure = (code, reason or os.strerror(code))
        self.check()

    def check(self) -> None:
        """Raise what went wrong with a write, if anything did.

        Raises:
            ResourceError: the disk is full.
            OutputError: the file cannot be written for another reason.
        """
        if self._failure is not None:
            raise self._error()

    def _error(self) -> SimdprepError:
        code, reason = self._failure or (0, "")
        if code in _FULL:
            info = os.statvfs(self.path.parent)
            return ResourceError(
                _FULL[code],
                got=f"{info.f_bavail * info.f_frsize} bytes free",
                expected=f"room for about {self.needed} bytes, {self._holds}",
                where=str(self.path),
                hint=f"freeing space and running again; {self._safe}",
            )
        return OutputError(
            "cannot write the file", got=reason, expected="a file that can be written", where=str(self.path)
        )

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        self._position = offset + (os.fstat(self._descriptor).st_size if base is None else base)
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read at the position; what lies past the end, because it could not be written, is zero."""
        view = memoryview(buffer).cast("B")
        count = 0
        try:
            count = os.preadv(self._descriptor, [view], self._position) if len(view) else 0
        except OSError as error:
            self._failure = self._failure or (error.errno or 0, error.strerror or str(error))
        view[count:] = bytes(len(view) - count)
        self._position += len(view)
        return len(view)

    def write(self, data: Any) -> int:
        """Write at the position; of a chunk that is only placed, nothing."""
        view = memoryview(data).cast("B")
        size, done = len(view), 0
        if size == self._awaited and _address(view) == self._blank_address:  # HDF5 hands chunks through as they are
            self._awaited, self._placed = None, self._position
            self._position += size
            return size
        try:
            while done < size and self._failure is None:
                done += os.pwrite(self._descriptor, view[done:], self._position + done)
        except OSError as error:
            # The exception itself would keep HDF5's buffer alive through its traceback.
            self._failure = (error.errno or 0, error.strerror or str(error))
        self._position += size
        return size

    def truncate(self, size: int | None = None) -> int:
        """Set the length."""
        length = self._position if size is None else size
        try:
            os.ftruncate(self._descriptor, length)
        except OSError as error:
            self._failure = self._failure or (error.errno or 0, error.strerror or str(error))
        return length

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Close the file; what the system says of that is left for :meth:`check`."""
        if self._descriptor >= 0:
            try:
                os.close(self._descriptor)
            except OSError as error:
                self._failure = self._failure or (error.errno or 0, error.strerror or str(error))
            self._descriptor = -1


def _address(view: memoryview) -> int:
    address: int = np.frombuffer(view, np.uint8).__array_interface__["data"][0]
    return address
