"""Source: which part files a path, folder, glob or list of them stands for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
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
    """

    given: str
    paths: tuple[Path, ...]
    manifest: Manifest | None = None

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
        paths = [found for entry in given for found in cls._of_one(entry).paths]
        if not paths:
            raise DatasetError("dataset", got="an empty list", expected="at least one file")
        return cls(f"[{', '.join(given)}]", tuple(paths))

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


def _missing(path: Path) -> DatasetError:
    staged = path.with_name(path.name + ".parts")
    whole = len(list(staged.glob("part-*.h5"))) if staged.is_dir() else 0
    if whole:
        return DatasetError(
            "incomplete dataset",
            got=f"{whole} whole parts that were not merged",
            expected="the finished file",
            where=str(path),
            hint=f'simdprep.open("{staged / "part-*.h5"}") for the rows written so far',
        )
    return DatasetError("dataset", got="no such file", expected="a file, folder or glob", where=str(path))


def _incomplete(folder: Path) -> DatasetError:
    whole = len(list(folder.glob("part-*.h5")))
    if whole:
        return DatasetError(
            "incomplete dataset",
            got=f"{whole} whole parts and no {MANIFEST}",
            expected="a folder that was finished",
            where=str(folder),
            hint=f'simdprep.open("{folder / "part-*.h5"}") for the rows written so far',
        )
    return DatasetError("dataset", got=f"a folder without {MANIFEST}", expected="a folder of parts", where=str(folder))
