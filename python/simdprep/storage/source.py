"""Source: which part files a path, folder, glob or list of them stands for."""

from __future__ import annotations

import glob
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DatasetError
from .manifest import MANIFEST, Manifest

PathLike = str | os.PathLike[str]

_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Source:
    """The parts of a dataset, before any is opened.

    Attributes:
        given: As the user wrote it, for messages.
        paths: The part files, in order of their rows.
        manifest: Of the folder; ``None`` for files named one by one.
        unfinished: The parts are those of a dataset that was not finished.
    """

    given: str
    paths: tuple[Path, ...]
    manifest: Manifest | None = None
    unfinished: bool = False

    @classmethod
    def find(cls, path: PathLike | Iterable[PathLike]) -> Source:
        """Find the parts of a file, a folder with a manifest, a glob, or a list of these.

        The matches of a glob are sorted; a list is taken in its order.

        Raises:
            DatasetError: there is nothing of that name, or a folder has no manifest.
        """
        if isinstance(path, (str, os.PathLike)):
            return cls._of_one(path)
        given = [os.fspath(entry) for entry in path]
        paths = [found for entry in given for found in cls._of_one(entry)._checked_paths()]
        if not paths:
            raise DatasetError("dataset", got="an empty list", expected="at least one file")
        return cls(f"[{', '.join(given)}]", tuple(paths))

    def _checked_paths(self) -> tuple[Path, ...]:
        """The parts, those that a manifest names as files of its folder."""
        for part in self.manifest.parts if self.manifest is not None else ():
            part.check_place()
        return self.paths

    @classmethod
    def _of_one(cls, path: PathLike) -> Source:
        text = os.fspath(path)
        place = Path(text)
        if place.is_dir():
            return cls._of_folder(text, place)
        if not place.exists() and _WILD & set(text):
            matches = tuple(Path(match) for match in sorted(glob.glob(text, recursive=True)))  # noqa: PTH207 -- absolute patterns
            if not matches:
                raise DatasetError("dataset", got=f"no match of {text}", expected="at least one file")
            return cls(text, matches)
        if not place.is_file():
            raise _missing(place)
        return cls(text, (place,))

    @classmethod
    def _of_folder(cls, text: str, folder: Path) -> Source:
        if not (folder / MANIFEST).is_file():
            raise _incomplete(folder)
        manifest = Manifest.read(folder)
        return cls(text, tuple(part.path for part in manifest.parts), manifest)


def manifest_of(path: PathLike) -> str | None:
    """Return the path of a folder's manifest; ``None`` for anything else than a folder of parts."""
    place = Path(path) / MANIFEST
    return str(place) if place.is_file() else None


class Unfinished(DatasetError):
    """A dataset whose writer was killed, or is at work; its whole parts can be read.

    Attributes:
        parts: Their paths, in order of their rows.
    """

    def __init__(self, path: Path, parts: Sequence[Path], *, lacks: str, rule: str) -> None:
        self.parts = tuple(parts)
        writer = writer_of(path)
        glob_of_parts = parts[0].parent / "part-*.h5"
        reading = f'simdprep.open("{glob_of_parts}") for the rows written so far'
        super().__init__(
            "incomplete dataset",
            got=f"{len(parts)} whole part{'s' * (len(parts) > 1)} {lacks}",
            expected=rule,
            where=str(path),
            hint=reading if writer is None else f"waiting for {writer}, which writes it, or {reading}",
        )


def writer_of(path: Path) -> str | None:
    """Who writes an output, by its lock: ``process 12 on host ab``; ``None`` if nobody does, or is known to be gone."""
    try:
        host, _, number = path.with_name(f"{path.name}.lock").read_text(encoding="utf-8").strip().partition(" ")
    except (OSError, UnicodeDecodeError):
        return None
    if not number.isascii() or not number.isdigit():
        return None
    if host == socket.gethostname():
        try:
            os.kill(int(number), 0)
        except (ProcessLookupError, OverflowError):
            return None
        except OSError:
            pass  # of another user
    return f"process {number} on host {host}"


def _missing(path: Path) -> DatasetError:
    staged = sorted(path.with_name(path.name + ".parts").glob("part-*.h5"))
    if staged:
        return Unfinished(path, staged, lacks="that were not merged", rule="the finished file")
    return DatasetError("dataset", got="no such file", expected="a file, folder or glob", where=str(path))


def _incomplete(folder: Path) -> DatasetError:
    parts = sorted(folder.glob("part-*.h5")) or sorted(folder.with_name(folder.name + ".parts").glob("part-*.h5"))
    if parts:
        return Unfinished(folder, parts, lacks=f"and no {MANIFEST}", rule="a folder that was finished")
    return DatasetError("dataset", got=f"a folder without {MANIFEST}", expected="a folder of parts", where=str(folder))
