"""Inputs: the files a conversion reads, from what a user wrote for them."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError, nearest
from .guard import reading
from .remote import file_system

#: Endings of the files that :func:`simdprep.readers.open_source` reads.
ENDINGS = (".root", ".parquet", ".feather", ".arrow", ".h5", ".hdf5")

#: What makes a folder a dataset.
_MANIFEST = "manifest.json"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_MAGIC = re.compile(r"[*?\[]")


def is_url(path: str) -> bool:
    """Return True for ``https://...``, ``root://...`` and the like."""
    return _SCHEME.match(path) is not None


def is_dataset_folder(path: str) -> bool:
    """Return True for a folder of parts that simdprep wrote."""
    return not is_url(path) and (Path(path) / _MANIFEST).is_file()


def expand_inputs(files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> tuple[str, ...]:
    """Return the input files, sorted by name.

    Args:
        files: A path, glob (``**`` crosses folders) or URL, or several. A name with ``*``, ``?`` or ``[`` that
            is a file stands for itself. The order in which they are given has no effect.

    Returns:
        Names as given after glob expansion, sorted as text.

    Raises:
        InputError: a file is missing (the text has the nearest names of its folder), a glob matches nothing, a
            folder is given, a file comes twice, or nothing is given.
    """
    given = [files] if isinstance(files, str | os.PathLike) else list(files)
    names = [name for entry in given for name in _expand(os.fspath(entry))]
    if not names:
        raise InputError("input files", got="none", expected="at least one file, glob or URL")
    seen: set[str] = set()
    for name in names:
        real = name if is_url(name) else os.path.realpath(name)
        if real in seen:
            raise InputError("input files", got=f"{name} twice", expected="each file once", hint="one glob instead")
        seen.add(real)
    return tuple(sorted(names))


def _expand(name: str) -> list[str]:
    if not name:
        raise InputError("input file", got="an empty name", expected="a file, glob or URL")
    if is_url(name):
        return _expand_url(name)
    path = Path(name)
    with reading("input file", expected="a file", where=name):
        if path.is_dir() and is_dataset_folder(name):
            return [name]
        if path.is_dir():
            raise _folder_given(path, name)
        if path.exists():
            _check_kind(path, name)
            return [name]
    if not _MAGIC.search(name):
        raise _missing(path, name)
    # Not Path.glob: it takes no absolute patterns, and would change the names as given.
    matches = glob.glob(name, recursive=True)  # noqa: PTH207
    found = [match for match in matches if is_dataset_folder(match) or not Path(match).is_dir()]
    if not found:
        raise InputError(
            "input files",
            got=f"no file that matches {name}",
            expected="at least one",
            hint=_names_of(_folder_of(name)),
        )
    for match in found:
        if Path(match).exists():
            _check_kind(Path(match), match)
    return found


def _check_kind(path: Path, name: str) -> None:
    """Raise for what is neither file nor dataset: whoever opens a pipe waits for its other end."""
    if not path.is_file() and not path.is_dir():
        raise InputError("input file", got=f"{name}, a pipe, socket or device", expected="a file, glob or URL")


def _expand_url(name: str) -> list[str]:
    if not _MAGIC.search(name):
        return [name]
    with reading("input files", expected="a URL that can be listed", where=name):
        system, path = file_system(name)
        found = [system.unstrip_protocol(match) for match in system.glob(path)]
    if not found:
        raise InputError("input files", got=f"no file that matches {name}", expected="at least one")
    return found


def _folder_given(path: Path, name: str) -> InputError:
    endings = {entry.suffix for entry in path.iterdir()}
    patterns = [f"'{name.rstrip('/')}/*{ending}'" for ending in ENDINGS if ending in endings]
    return InputError(
        "input file",
        got=f"the folder {name}",
        expected="a file, glob or URL",
        hint=" or ".join(patterns) or f"'{name.rstrip('/')}/**/*.root'",
    )


def _missing(path: Path, name: str) -> InputError:
    folder = path.parent
    if not folder.is_dir():
        return InputError("input file", got=f"{name}, whose folder does not exist", expected="a file, glob or URL")
    close = nearest(path.name, [entry.name for entry in folder.iterdir()])
    hint = " or ".join(str(folder / entry) for entry in close) or _names_of(folder)
    return InputError("input file", got=f"{name}, which does not exist", expected="a file, glob or URL", hint=hint)


def _folder_of(pattern: str) -> Path:
    """The folder a glob looks in, or the nearest above it that exists."""
    folder = Path(pattern).parent
    while _MAGIC.search(str(folder)) or not folder.is_dir():
        if folder == folder.parent:
            break
        folder = folder.parent
    return folder


def _names_of(folder: Path) -> str | None:
    names = sorted(entry.name for entry in folder.iterdir() if entry.suffix in ENDINGS) if folder.is_dir() else []
    if not names:
        return None
    more = f", or another of {len(names)} in {folder}" if len(names) > 3 else ""
    return ", ".join(str(folder / entry) for entry in names[:3]) + more
