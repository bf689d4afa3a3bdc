"""StagedOutput: parts that many processes have staged become one dataset, a file or a folder.

What is staged lies in ``OUT.parts`` beside the output, with all that is needed to go on after a crash; nothing else is
touched until every part is there. A dataset that is replaced stays until then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .. import _core
from ..errors import OutputError
from ..schema import Schema
from .commit import commit_text
from .manifest import MANIFEST, Manifest
from .merge import merge_parts
from .merge_ahead import MergeAhead, is_merged_ahead
from .output import Output, PartRecord, file_error, remove_folder
from .staged_parts import StagedPart

#: Files that are removed at a time.
_REMOVING_THREADS = 4

#: In the staging folder: which part of a folder each staged one becomes, once they are being moved.
_MOVES = "moves.json"


class StagedOutput(Output):
    """An output whose parts are staged, locked against other writers until released.

    Args:
        path: ``*.h5`` for one file, any other name for a folder of parts.
        overwrite: Replace what is there.
        resume: Go on with what is staged.
        update: Add to the dataset that is there.

    Raises:
        OutputError: as of :class:`Output`.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, overwrite: bool = False, resume: bool = False, update: bool = False
    ) -> None:
        self._resume, self._update = resume, update
        super().__init__(path, overwrite=overwrite)

    @property
    def folder(self) -> Path:
        """Where parts are staged."""
        return staging_folder(self.path)

    @property
    def moves(self) -> dict[str, str]:
        """The name in the dataset's folder by that of the staged part, for parts that are moved or being moved."""
        try:
            found: dict[str, str] = json.loads((self.folder / _MOVES).read_bytes())
        except (OSError, ValueError):
            return {}
        return found

    def is_there(self, part: StagedPart, moves: Mapping[str, str]) -> bool:
        """Return True where a part is staged, or moved already, and whole."""
        moved = moves.get(part.name)
        return part.is_there(self.folder / part.name) or (moved is not None and part.is_there(self.path / moved))

    def commit(
        self,
        parts: Sequence[StagedPart],
        schema: Schema,
        *,
        config_text: str = "",
        event_shifts: Sequence[int] | None = None,
        threads: int = 0,
        ahead: MergeAhead | None = None,
    ) -> None:
        """Make the dataset whole under its final name, and remove what was staged.

        Args:
            parts: In order of their rows.
            schema: Of the dataset, for the manifest of a folder.
            config_text: For the manifest of a folder.
            event_shifts: What to add to the event numbers that each part holds; ``None`` for nothing.
            threads: Threads of merging; 0 for all cores.
            ahead: What has merged the parts already.

        Raises:
            DatasetError: a part is damaged.
            ResourceError: the disk is full; what is staged is safe.
            OutputError: the output cannot be written.
        """
        shifts = list(event_shifts or [0] * len(parts))
        if self.is_file:
            self._commit_file(parts, shifts, threads, ahead)
        else:
            self._commit_folder(parts, shifts, schema, config_text, threads)
        self.clear()

    def clear(self) -> None:
        """Remove the staging folder; the plan goes first, so that nobody goes on with half of it."""
        with self._file_errors():
            if self.folder.is_dir():
                for entry in self.folder.glob("plan.json*"):
                    entry.unlink()
                with ThreadPoolExecutor(_REMOVING_THREADS) as pool:  # the system takes its time for large files
                    list(pool.map(_unlink, self.folder.glob("part-*.h5")))
                remove_folder(self.folder)

    def release(self) -> None:
        """Let other writers in; what is staged stays."""
        self._stream.stop()
        self._lock.release()

    def merge_ahead(self, schema: Schema, *, threads: int = 0, needed: int = 0) -> MergeAhead | None:
        """Return what merges parts while others are made; ``None`` where only all of them together say how.

        Args:
            schema: Of the parts.
            threads: Threads of merging; 0 for all cores.
            needed: Bytes of the file, about.
        """
        if not self.is_file or self._update or not is_merged_ahead(schema):
            return None
        return MergeAhead(self.path, threads=threads, needed=needed)

    def _commit_file(
        self, parts: Sequence[StagedPart], shifts: list[int], threads: int, ahead: MergeAhead | None
    ) -> None:
        paths = [self.folder / part.name for part in parts]
        if self._update:
            paths, shifts = [self.path, *paths], [0, *shifts]
        elif not self._overwrite and self.path.exists():
            self._check()
        if ahead is not None and len(paths) > 1 and not any(shifts) and ahead.finish(paths):
            pass
        elif len(paths) == 1 and not shifts[0]:
            _core.commit_existing(str(paths[0]), str(self.path))
        else:
            merge_parts(paths, self.path, threads=threads, event_shifts=shifts if any(shifts) else None)
        self._parts = [PartRecord(self.path, 0, (), self.path.stat().st_size, "", "")]

    def _commit_folder(
        self, parts: Sequence[StagedPart], shifts: list[int], schema: Schema, config_text: str, threads: int
    ) -> None:
        before = list(self._records_before()) if self._update else []
        moves = {part.name: f"part-{len(before) + number:05d}.h5" for number, part in enumerate(parts)}
        if self.moves != moves:
            with self._file_errors():
                self.path.mkdir(exist_ok=True)
                if not self._update:
                    self._clean_folder()
                self._write_moves(moves)
        self._parts = before
        for part, shift in zip(parts, shifts, strict=True):
            self._parts.append(self._move(part, self.path / moves[part.name], shift, threads))
        self._write_manifest(schema, config_text)

    def _move(self, part: StagedPart, target: Path, shift: int, threads: int) -> PartRecord:
        staged = self.folder / part.name
        sha256, size = part.sha256, part.num_bytes
        if shift:
            merge_parts([staged], target, threads=threads, event_shifts=[shift])
            sha256, size = _core.sha256_file(str(target)), target.stat().st_size
        elif staged.exists():
            _core.commit_existing(str(staged), str(target))
        return PartRecord(target, part.num_rows, part.rows, size, sha256, part.inputs_json)

    def _write_moves(self, moves: Mapping[str, str]) -> None:
        commit_text(self.folder / _MOVES, json.dumps(moves).encode())

    def _records_before(self) -> list[PartRecord]:
        manifest = Manifest.read(self.path)
        self._configs = list(manifest.configs.values())
        return [
            PartRecord(
                part.path,
                part.num_rows,
                tuple(part.rows.items()),
                part.num_bytes,
                part.sha256,
                _compact(part.inputs),
                part.config_sha256 or manifest.config_sha256 or "",
                part.version or manifest.version,
            )
            for part in manifest.parts
        ]

    @property
    def is_whole(self) -> bool:
        """A finished dataset is there."""
        return is_whole(self.path)

    def _check_existing(self, overwrite: bool) -> None:
        super()._check_existing(overwrite or self._update or (self._resume and not is_whole(self.path)))

    def _clean(self) -> None:
        if self.is_file:
            self._clean_temporaries()
        elif self.path.is_dir():
            for entry in sorted(self.path.glob("*.tmp-*")):  # killed while the last files got their names
                entry.unlink()
                self.told.append(f"removed {entry}, left by an interrupted run")
        if self.folder.exists() and not self._resume:
            count = len(list(self.folder.iterdir()))
            remove_folder(self.folder)
            self.told.append(f"removed {self.folder} with {count} files, left by an interrupted run")
        if self._update and not self._resume and not self.is_file:
            known = {part.path for part in Manifest.read(self.path).parts}
            for entry in sorted(self.path.glob("part-*.h5*"), reverse=True):
                if entry not in known:
                    entry.unlink()
                    self.told.append(f"removed {entry}, left by an interrupted run")
        self.folder.mkdir(exist_ok=True)


def staging_folder(output: Path) -> Path:
    """Return where the parts of an output are staged."""
    return output.with_name(output.name + ".parts")


def has_parts(staging: Path) -> bool:
    """Return True where a staging folder holds parts of a conversion that can go on."""
    try:
        return any(staging.glob("part-*.h5")) and (staging / "plan.json").is_file()
    except OSError:
        return False


def is_whole(output: Path) -> bool:
    """Return True where a finished dataset has this name."""
    return output.is_file() or (output / MANIFEST).is_file()


def check_output(path: str | os.PathLike[str], *, overwrite: bool, resume: bool = False, update: bool = False) -> None:
    """Raise what :class:`StagedOutput` would, and touch nothing; what is whole may be resumed, to do nothing.

    Raises:
        OutputError: the output exists or cannot be written.
    """
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        raise OutputError(
            "working folder", got="one that was removed", expected="one that exists", hint="cd to another"
        ) from None
    place = Path(path)
    Output.check(path, overwrite=overwrite or update or resume)
    staging = staging_folder(place)
    try:
        is_in_the_way = staging.exists() and not staging.is_dir()
    except OSError as error:  # such as a name that is too long with its ending
        raise file_error(error, staging) from error
    if is_in_the_way:
        raise OutputError("staging folder", got="a file of its name", expected="none", where=str(staging))


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)  # somebody who did a task twice may have replaced it


def _compact(inputs: Any) -> str:
    return json.dumps(inputs, ensure_ascii=False, separators=(",", ":"))
