"""Shares: the entry ranges of every task, so that each part is a mix of all samples."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .job import Slice

if TYPE_CHECKING:
    from ..convert.opening import Opening
    from ..convert.recipe import Recipe

#: Uncompressed bytes that a task reads, about: it holds its rows in memory.
SHARE_BYTES = 128 << 20
#: Several shares are a multiple of this, so that two or four tasks at a time leave none to be done alone.
_MULTIPLE = 4
#: What inputs are measured in.
_UNIT = 1 << 18
#: Files that are looked at at a time.
_THREADS = 8


@dataclass(frozen=True)
class Measured:
    """An input file.

    Attributes:
        entries: Of its tree.
        units: What is read of it, uncompressed, in quarters of a MiB.
        identity: What tells it from any other.
    """

    entries: int
    units: int
    identity: dict[str, str | int]


def measure(paths: Sequence[str], opening: Opening, recipe: Recipe) -> list[Measured]:
    """Open every file once, and check that it has what the first has.

    Raises:
        InputError: a file cannot be read, or lacks a branch.
    """

    def measured(path: str) -> Measured:
        with opening.open(path) as source:
            recipe.check(source)
            steps = source.steps(recipe.grouping.branch_names, target_bytes=_UNIT)
            return Measured(source.num_entries, len(steps), source.identity)

    with ThreadPoolExecutor(_THREADS) as pool:  # identities may be hashes of all bytes
        return list(pool.map(measured, paths))


def make_shares(feeds: Sequence[Sequence[int]], files: Sequence[Measured], *, mix: bool) -> list[list[Slice]]:
    """Cut the inputs into shares of at most about :data:`SHARE_BYTES`: one, or so many that cores end together.

    Args:
        feeds: Numbers of the files that belong to the same samples.
        files: All of them.
        mix: Give each share its part of every feed; else the files follow each other.
    """
    units = sum(entry.units for entry in files)
    count = max(1, -(-units * _UNIT // SHARE_BYTES))
    if count > 1:
        count = -(-count // _MULTIPLE) * _MULTIPLE
    rows = feeds if mix else [[number for feed in feeds for number in feed]]
    shares: list[list[Slice]] = [[] for _ in range(count)]
    for feed in rows:
        total = sum(files[number].entries for number in feed)
        borders = [total * index // count for index in range(count + 1)]
        for share, start, stop in zip(shares, borders[:-1], borders[1:], strict=True):
            share += _slices(feed, files, start, stop)
    return [share for share in shares if share]


def _slices(feed: Sequence[int], files: Sequence[Measured], start: int, stop: int) -> list[Slice]:
    """Return the entries ``start`` to ``stop`` of files behind each other."""
    found, before = [], 0
    for number in feed:
        size = files[number].entries
        first, last = max(start - before, 0), min(stop - before, size)
        if first < last:
            found.append((number, first, last))
        before += size
    return found
