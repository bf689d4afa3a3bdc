"""Merging: a hundred parts become one file, on the disk and checked.

``cp`` copies the same bytes, file by file, and promises nothing: neither that they are on the disk nor that they are
right. h5py reads the parts and compresses them again. Parts end where chunks do, or at any row.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import simdprep as sp
from simdprep.storage import merge_parts

from .baselines import h5py_merge
from .cases import Case, Size, toy_tracks, wide
from .question import Contender, Target

COPY = "cp, not synced"
RECOMPRESS = "h5py, read and compressed again"

ASKS = "merge parts to one file"
ALIGNED, UNEVEN = "parts that end with a chunk", "parts that end at any row"
SMALL, WIDE = "small parts that end with a chunk", "small parts of many fields"
TARGETS = (
    Target(COPY, 4, "speed", 0.5, (ALIGNED, SMALL, WIDE)),
    Target(RECOMPRESS, 4, "speed", 10.0, (UNEVEN,)),
)

#: Parts, and rows of each; chunks have 2,048.
_PARTS = {"tiny": (3, 2048), "quick": (20, 8192), "full": (100, 32_768)}
#: Rows of small parts, of a few megabytes each, and of those with many fields.
_SMALL_ROWS, _WIDE_ROWS = 6144, 4096
#: Every so many-th part is read back and compared: all of it takes h5py longer than the merges.
_EVERY = 9
#: So many parts hold different events; the others are their copies.
_DIFFERENT = 4


@dataclass(frozen=True)
class Parts:
    """A case: how many parts, and how many rows each has."""

    name: str
    what: str
    num_parts: int
    rows: int
    make: Callable[[int], Case]


@dataclass(frozen=True)
class Prepared:
    """The parts, and where they go."""

    parts: tuple[Path, ...]
    num_rows: int
    folder: Path
    is_aligned: bool


def cases(size: Size) -> Sequence[Parts]:
    num_parts, rows = _PARTS[size]
    few, uneven = max(num_parts // 5, 2), min(rows, 8192) - 1000  # fewer bytes: h5py compresses all of them again
    small, many = min(rows, _SMALL_ROWS), min(rows, _WIDE_ROWS)

    def parts(name: str, count: int, rows: int, make: Callable[..., Case], what: str) -> Parts:
        return Parts(name, f"{count} parts of {rows:,} rows, {what}", count, rows, lambda rows: make(size, rows=rows))

    tracks, objects = "toy tracks in 40 slots, 20 float32 fields", "12 objects in 4 slots, 24 float32 fields each"
    return [
        parts(ALIGNED, num_parts, rows, toy_tracks, tracks),
        parts(SMALL, num_parts, small, toy_tracks, tracks),
        parts(WIDE, num_parts, many, wide, objects),
        parts(UNEVEN, few, uneven, toy_tracks, tracks),
    ]


def prepare(case: Parts, folder: Path) -> Prepared:
    parts = tuple(folder / f"{number:03d}.h5" for number in range(case.num_parts))
    for number, path in enumerate(parts):
        if not path.exists() and number < _DIFFERENT:
            _write(path, case.make(case.rows * _DIFFERENT), case.rows, number)
        elif not path.exists():
            shutil.copyfile(parts[number % _DIFFERENT], path)
    return Prepared(parts, case.num_parts * case.rows, folder, case.name != UNEVEN)


def _write(path: Path, case: Case, rows: int, number: int) -> None:
    events = case.events()
    schema = case.schema(events)
    picked = events[np.arange(number * rows, (number + 1) * rows) % len(events)]
    with sp.Writer(path, schema) as writer:
        writer.fill(picked)


def merge_ours(prepared: Prepared, target: Path, threads: int) -> Path:
    """Merge with simdprep."""
    target.unlink(missing_ok=True)
    merge_parts(prepared.parts, target, threads=threads)
    return target


def copy(prepared: Prepared, target: Path) -> Path:
    """Copy the files."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    subprocess.run(["cp", *map(str, prepared.parts), str(target)], check=True)
    return target


def recompress(prepared: Prepared, target: Path) -> Path:
    """Merge with h5py."""
    target.unlink(missing_ok=True)
    return h5py_merge.merge(prepared.parts, target)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    folder, rows = prepared.folder, prepared.num_rows
    peer = Contender(COPY, partial(copy, prepared, folder / "copied"), rows, measures_memory=False)
    if not prepared.is_aligned:
        peer = Contender(RECOMPRESS, partial(recompress, prepared, folder / "h5py.h5"), rows, once=True)
    return [
        peer,
        *[
            Contender(
                "simdprep", partial(merge_ours, prepared, folder / f"ours-{count}.h5", count), rows, count, is_ours=True
            )
            for count in threads
        ],
    ]


def check(prepared: Prepared, results: Mapping[str, Path]) -> None:
    for found in results.values():
        if found.is_dir():
            for part in prepared.parts:
                assert (found / part.name).read_bytes() == part.read_bytes()
        else:
            _check_rows(prepared, found)


def _check_rows(prepared: Prepared, path: Path) -> None:
    """All datasets, by plain h5py, of some of the parts."""
    with h5py.File(path) as merged:
        begin = 0
        for number, part in enumerate(prepared.parts):
            with h5py.File(part) as stored:
                owner = next(iter(stored))
                if number % _EVERY == 0:
                    _check_part(stored, merged, begin)
                begin += len(stored[owner]["count"])
        assert begin == prepared.num_rows == len(merged[owner]["count"])


def _check_part(stored: h5py.File, merged: h5py.File, begin: int) -> None:
    def compare(name: str, entry: Any) -> None:
        if isinstance(entry, h5py.Dataset):
            found, expected = merged[name][begin : begin + len(entry)], entry[()]
            assert found.dtype == expected.dtype
            assert found.tobytes() == expected.tobytes(), name

    stored.visititems(compare)
