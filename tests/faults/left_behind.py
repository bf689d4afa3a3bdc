"""What a job left behind, whatever became of it: compared with what every fault must leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import verify
from tests.faults.error_text import check_text
from tests.faults.loop_events import NUM_EVENTS, expected

TEMPORARY = re.compile(r".*\.tmp-\d+")
PART = re.compile(r"part-\d{5}\.h5")


@dataclass(frozen=True)
class Left:
    """What was found.

    Attributes:
        whole: The dataset has its final name.
        parts: Committed parts that are not a dataset yet.
        rows: Rows of all objects that were compared with the formulas.
        leftovers: Names of what the next run must remove and tell.
    """

    whole: bool
    parts: int
    rows: int
    leftovers: tuple[str, ...]


def staging(output: Path) -> Path:
    """The folder in which the parts of an output lie until it is whole."""
    return output.with_name(output.name + ".parts") if output.suffix == ".h5" else output


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def look(output: Path, num_events: int = NUM_EVENTS) -> Left:
    """Check everything in the folder of ``output``, in which nothing else lies.

    Raises:
        AssertionError: something half-written carries a final name, is not as it was filled, or is not told well.
    """
    parts = _check_names(output)
    is_whole = output.is_file() or (output / "manifest.json").is_file()
    rows = check_rows(output, num_events) if is_whole else _check_unfinished(output, parts, num_events)
    leftovers = [path for path in output.parent.rglob("*") if TEMPORARY.fullmatch(path.name)]
    if output.suffix == ".h5" and staging(output).is_dir():
        leftovers = [path for path in leftovers if path.parent != staging(output)] + [staging(output)]
    return Left(is_whole, 0 if is_whole else len(parts), rows, tuple(str(path) for path in leftovers))


def _check_names(output: Path) -> list[Path]:
    """Only final names, temporary ones, the lock, and the folder of parts; parts are numbered without a gap."""
    home = staging(output)
    parts = []
    for path in sorted(output.parent.rglob("*")):
        if path in (output, home, output.with_name(output.name + ".lock")) or TEMPORARY.fullmatch(path.name):
            continue
        assert path.parent == home, path
        if path.name != "manifest.json":
            assert PART.fullmatch(path.name), path
            parts.append(path)
    if not output.is_file():  # else they are being removed
        assert [path.name for path in parts] == [f"part-{number:05d}.h5" for number in range(len(parts))]
    return parts


def _check_unfinished(output: Path, parts: Sequence[Path], num_events: int) -> int:
    """Opening and verifying say what is there; the parts are whole."""
    with pytest.raises(DatasetError) as opened:
        sp.open(output)
    text = check_text(str(opened.value))
    if not parts:
        assert "no such file" in text or "a folder without manifest.json" in text, text
        return 0
    assert f"{len(parts)} whole part" in text, text
    pattern = text.split('"')[1]
    rows = check_rows(pattern, num_events, is_whole=False)
    report = verify(output)
    missing = output / "manifest.json" if output.is_dir() else output
    assert [problem.part for problem in report.problems] == [str(missing)], report.problems
    assert report.unfinished
    assert report.num_rows == rows
    return rows


def check_rows(path: Path | str, num_events: int, *, is_whole: bool = True) -> int:
    """Verify, read, compare with the formulas; all objects must have one number of rows."""
    report = verify(path)
    assert report.ok, report.problems
    with sp.open(path) as dataset:
        rows = dataset.num_rows
        assert rows == num_events or (not is_whole and 0 < rows < num_events + 1), rows
        assert dataset.num_events == rows
        for name, values in expected(num_events).items():
            object_name, field = name.split("/")
            view = dataset[object_name]
            found = {"valid": view.valid, "count": view.count}[field] if field in ("valid", "count") else view[field]
            np.testing.assert_array_equal(found[:], values[:rows], err_msg=f"{path}: {name}", strict=True)
    return rows
