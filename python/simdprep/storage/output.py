"""Output: where finished parts go, a file or a folder, and how they become one dataset.

Everything carries its final name only when it is whole: the core commits each part (temporary name,
fsync, rename, fsync of the folder). What an earlier run left behind is named and cleaned.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import _core
from ..errors import OutputError, ResourceError
from ..schema import Schema
from .part_file import PartFile
from .part_stream import FinishedPart, PartStream

if TYPE_CHECKING:
    from .merge_ahead import MergeAhead

MANIFEST = "manifest.json"
_PART_NAME = re.compile(r"part-\d{5,}\.h5")
_TEMPORARY = re.compile(r"\.tmp-\d+$")
_FILE_SUFFIXES = (".h5", ".hdf5", ".hdf")
#: How often a folder is emptied before it counts as one that cannot be.
_REMOVALS = 20
_EXHAUSTED = {errno.ENOSPC: "disk full", errno.EDQUOT: "disk quota exhausted"}


@dataclass(frozen=True)
class PartRecord:
    """A committed part: its file, and what the manifest says of it."""

    path: Path
    num_rows: int
    rows: tuple[tuple[str, int], ...]
    bytes: int
    sha256: str
    inputs_json: str
    config_sha256: str = ""
    version: str = ""


class Output:
    """A dataset being written, locked against other writers until closed.

    Args:
        path: ``*.h5`` for one file, any other name for a folder of parts.
        overwrite: Replace what is there; otherwise that is an error and it is kept.
        threads: Threads of all that is done, 0 for one per core. With more than one, it is written while the caller
            makes the next chunks, and finished parts are merged to the one file meanwhile.

    Attributes:
        told: Lines about leftovers and locks, for the user.

    Raises:
        OutputError: the output exists, is locked by a live writer, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False, threads: int = 1) -> None:
        self._locate(path)
        self._threads = threads
        self._stream = PartStream(self._begin_part, self._commit, threaded=threads != 1)
        self._ahead: MergeAhead | None = None
        self._overwrite = overwrite
        self.told: list[str] = []
        self._parts: list[PartRecord] = []
        self._configs: list[str] = []  # of parts that have another than the rest
        self._check()
        self._lock = _core.OutputLock(str(self.path))
        try:
            self._check()  # another writer may have finished before the lock was ours
            if self._lock.taken_over is not None:
                self.told.append(f"took over the lock of process {self._lock.taken_over}, which is gone")
            with self._file_errors():
                self._clean()
                if not self.is_file:
                    self.path.mkdir(exist_ok=True)
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    def check(cls, path: str | os.PathLike[str], *, overwrite: bool) -> None:
        """Raise what opening this output would raise, and touch nothing.

        Raises:
            OutputError: the output exists or cannot be written.
        """
        probe = cls.__new__(cls)
        probe._locate(path)
        probe._overwrite = overwrite
        probe._check()

    def _locate(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.is_file = self.path.suffix.lower() in _FILE_SUFFIXES
        try:
            str(self.path).encode()
        except UnicodeEncodeError:
            raise OutputError("output", got=ascii(str(self.path)), expected="a name in UTF-8") from None

    @contextmanager
    def _file_errors(self) -> Iterator[None]:
        """Make one of our errors of those of the file system."""
        try:
            yield
        except OSError as error:
            raise file_error(error, self.path) from error

    @property
    def parts(self) -> tuple[PartRecord, ...]:
        """The parts committed so far; waits for the one that is being written.

        Raises:
            SimdprepError: it cannot be written.
        """
        self._stream.settle()
        return tuple(self._parts)

    @property
    def num_bytes(self) -> int:
        """Size of the dataset in bytes, once closed."""
        return self.path.stat().st_size if self.is_file else sum(part.bytes for part in self._parts)

    @property
    def _staging(self) -> Path:
        return self.path.with_name(self.path.name + ".parts") if self.is_file else self.path

    def add(self, run: _core.Part, finished: FinishedPart | None = None) -> None:
        """Store a run of chunks.

        Args:
            run: Of the part that grows, or the first of a new one.
            finished: Where it is the last run of its part, which is committed then.

        Raises:
            ResourceError: the disk is full, found now or at a run before; committed parts are safe.
            OutputError: a part cannot be written.
        """
        if finished is not None and not finished.is_last:
            with self._file_errors():
                self._staging.mkdir(exist_ok=True)
        self._stream.add(run, finished)

    def close(self, schema: Schema, *, config_text: str = "") -> None:
        """Make the dataset whole under its final name, once all parts are committed.

        Args:
            schema: For the manifest of a folder.
            config_text: For the manifest of a folder.
        """
        try:
            self._stream.settle()
            if not self.is_file:
                self._write_manifest(schema, config_text)
            elif self.is_whole_already:
                return
            else:
                from .merge import merge_parts

                self._check()  # what somebody else put there meanwhile is kept
                paths = [part.path for part in self._parts]
                if self._ahead is None or not self._ahead.finish(paths):
                    merge_parts(paths, self.path, threads=self._threads)
                with self._file_errors():
                    remove_folder(self._staging)
        finally:
            self._stream.stop()
            self._lock.release()

    @property
    def is_whole_already(self) -> bool:
        """The only part is the file."""
        return self.is_file and [part.path for part in self._parts] == [self.path]

    @property
    def next_part(self) -> Path:
        """The name of the next part."""
        return self._staging / f"part-{len(self._parts):05d}.h5"

    def adopt(
        self,
        temporary: Path,
        *,
        num_rows: int,
        rows: tuple[tuple[str, int], ...],
        inputs_json: str,
        config_sha256: str,
        version: str,
    ) -> None:
        """Commit a part that was made under another name in the folder.

        Raises:
            ResourceError: the disk is full.
            OutputError: the part cannot be written.
        """
        path = self.next_part
        with self._file_errors():
            size = temporary.stat().st_size
        sha256 = _core.sha256_file(str(temporary))
        _core.commit_existing(str(temporary), str(path))
        self._parts.append(PartRecord(path, num_rows, rows, size, sha256, inputs_json, config_sha256, version))

    def write_manifest(self, schema: Schema, configs: Mapping[str, str]) -> None:
        """Make a folder of adopted parts whole; those of several configs or versions say so one by one.

        Args:
            schema: Of the dataset.
            configs: The texts of all configs, by their SHA-256.
        """
        digests = {part.config_sha256 for part in self._parts}
        self._configs = list(configs.values())
        self._write_manifest(schema, configs.get(digests.pop(), "") if len(digests) == 1 else "")

    def recheck(self) -> None:
        """Raise if somebody else has put something there meanwhile, which is kept.

        Raises:
            OutputError: the output exists.
        """
        self._check()

    def abandon(self) -> None:
        """Release the lock after a failure; committed parts stay where they are."""
        self._stream.stop()
        if self._ahead is not None:
            self._ahead.abandon()
        self._lock.release()

    def _begin_part(self) -> Path:
        """Where the next part grows: beside the output as long as it may become the file itself."""
        may_be_all = self.is_file and not self._parts
        target = self.path if may_be_all else self.next_part
        return target.with_name(f"{target.name}.tmp-{os.getpid()}")

    def _commit(self, file: PartFile, part: FinishedPart) -> None:
        sha256, size = file.finish(part.attributes, hash=not self.is_file)  # a manifest names it
        path = self.next_part
        if self.is_file and part.is_last and not self._parts:
            self._check()  # what somebody else put there meanwhile is kept
            path = self.path
        file.commit(path)
        self._parts.append(PartRecord(path, part.num_rows, part.rows, size, sha256, part.inputs_json))
        if self.is_file and self._threads != 1 and path != self.path:
            self._merge_ahead(path, size)

    def _merge_ahead(self, path: Path, size: int) -> None:
        """Begin to merge with the first part; the rest follows one by one."""
        from .merge import schema_of_files
        from .merge_ahead import MergeAhead, is_merged_ahead

        if len(self._parts) == 1 and is_merged_ahead(schema_of_files([path])):
            self._ahead = MergeAhead(self.path, threads=self._threads, needed=2 * size)
            # Also where a program ends without having closed it.
            weakref.finalize(self, self._ahead.abandon)
        if self._ahead is not None:
            self._ahead.add(path)

    def _write_manifest(self, schema: Schema, config_text: str) -> None:
        config_sha256 = _core.sha256_bytes(config_text.encode()) if config_text else ""
        manifest = _core.Manifest(schema.to_json(), config_sha256)
        for text in (config_text, *self._configs):
            manifest.add_config(text)
        for part in self._parts:
            manifest.add(
                name=part.path.name,
                num_rows=part.num_rows,
                rows=list(part.rows),
                bytes=part.bytes,
                sha256=part.sha256,
                inputs_json=part.inputs_json,
                config_sha256=part.config_sha256 if part.config_sha256 != config_sha256 else "",
                version=part.version if part.version != _core.__version__ else "",
            )
        manifest.commit(str(self.path))

    def _check(self) -> None:
        with self._file_errors():
            self._check_parent()
            self._check_existing(self._overwrite)

    def _check_parent(self) -> None:
        parent = self.path.parent
        if not parent.is_dir():
            raise OutputError(
                "folder of the output", got=str(parent), expected="a folder that exists", hint=f"mkdir -p {parent}"
            )
        if not os.access(parent, os.W_OK | os.X_OK):
            raise OutputError(
                "folder of the output", got=str(parent), expected="a folder you may write to", hint="another -o"
            )

    def _check_existing(self, overwrite: bool) -> None:
        if self.path.is_dir() and self.is_file:
            raise OutputError("output", got=f"the folder {self.path}", expected="a file", hint="another name for -o")
        if self.path.is_file() and not self.is_file:
            raise OutputError(
                "output", got=f"the file {self.path}", expected="a folder, or a name ending in .h5", hint="another -o"
            )
        occupied = self.path.exists() and (self.is_file or any(self.path.iterdir()))
        if occupied and not overwrite:
            raise OutputError(
                "output exists, kept as it is", got=str(self.path), expected="a new name", hint="--overwrite"
            )
        if occupied and not self.is_file:
            foreign = sorted(entry.name for entry in self.path.iterdir() if not self._is_ours(entry.name))
            if foreign:
                raise OutputError(
                    "output folder holds other files",
                    got=", ".join(foreign[:3]),
                    expected="parts and a manifest only",
                    where=str(self.path),
                    hint="an empty folder",
                )

    def _is_ours(self, name: str) -> bool:
        stem = _TEMPORARY.sub("", name)
        return stem == MANIFEST or _PART_NAME.fullmatch(stem) is not None

    def _clean(self) -> None:
        """Remove what earlier runs left: temporaries, staged parts, the parts of a folder to be replaced."""
        if self.is_file:
            self._clean_temporaries()
        if self.is_file and self._staging.is_dir():
            count = len(list(self._staging.iterdir()))
            remove_folder(self._staging)
            self.told.append(f"removed {self._staging} with {count} files, left by an interrupted run")
        if not self.is_file and self.path.is_dir():
            self._clean_folder()

    def _clean_temporaries(self) -> None:
        temporary = re.compile(re.escape(self.path.name) + r"(\.merge)?\.tmp-\d+")
        for entry in sorted(self.path.parent.iterdir()):
            if temporary.fullmatch(entry.name):
                entry.unlink()
                self.told.append(f"removed {entry}, left by an interrupted run")

    def _clean_folder(self) -> None:
        # The manifest goes first: without it the folder is not a dataset any more.
        entries = sorted(_in_order_of_removal(self.path), key=lambda entry: entry.name != MANIFEST)
        is_whole = bool(entries) and entries[0].name == MANIFEST
        parts = [entry for entry in entries if _PART_NAME.fullmatch(entry.name)]
        for entry in entries:
            entry.unlink()
            if _TEMPORARY.search(entry.name):
                self.told.append(f"removed {entry}, left by an interrupted run")
        if parts and not is_whole:
            self.told.append(f"removed {len(parts)} parts in {self.path}, left by an interrupted run")


def file_error(error: OSError, path: Path) -> OutputError | ResourceError:
    """Return our error for one of the file system, met while ``path`` was written."""
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(path)
    if error.errno in _EXHAUSTED:
        return ResourceError(
            _EXHAUSTED[error.errno],
            got=f"{_free_bytes(path.parent)} bytes free",
            expected="room for another file",
            where=place,
            hint="freeing space and running again; what is committed already is safe",
        )
    reason = error.strerror or type(error).__name__
    return OutputError("output", got=reason, expected="a place to write to", where=place)


def _in_order_of_removal(folder: Path) -> list[Path]:
    """The last first: if this is killed, the parts that are left still begin with the dataset's first row."""
    return sorted(folder.iterdir(), reverse=True)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all that is in it, the last names first; what somebody still adds to it too."""
    for attempt in range(_REMOVALS):
        for entry in _in_order_of_removal(folder):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink(missing_ok=True)
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt == _REMOVALS - 1:
                raise
        else:
            return


def _free_bytes(folder: Path) -> int | str:
    try:
        info = os.statvfs(folder)
    except OSError:
        return "an unknown number of"
    return info.f_bavail * info.f_frsize
