"""Inputs: the sorted files of a conversion as one run of entries."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from ..errors import InputError, SimdprepError
from ..readers import Source, expand_inputs
from ..schema.field import utf8_text
from .opening import Opening
from .summary import Skipped

#: A path, glob or URL, or several.
Files = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True)
class EntryRange:
    """A range over all entries of the inputs, half open; ``stop`` ``None`` means to the end."""

    start: int = 0
    stop: int | None = None

    @classmethod
    def parse(cls, text: str) -> EntryRange:
        """Read ``START:STOP``; either may be left out.

        Raises:
            InputError: the text is anything else, or the range runs backwards.
        """
        start, colon, stop = text.partition(":")
        numbers = [part.strip() for part in (start, stop)]
        if not colon or not all(part.isdigit() or not part for part in numbers):
            raise InputError("--entries", got=repr(text), expected="START:STOP in whole numbers", hint="0:1000")
        result = cls(int(numbers[0] or 0), int(numbers[1]) if numbers[1] else None)
        if result.stop is not None and result.stop < result.start:
            raise InputError("--entries", got=repr(text), expected="START not after STOP")
        return result


#: Files kept open at a time: the headers of a few wide trees are all that memory should hold.
OPEN_FILES = 4


@dataclass
class Inputs:
    """The files of one conversion; a context manager that closes those still open.

    Attributes:
        paths: Sorted after glob expansion.
        opening: How each file is opened.
        entries: Which of all entries are asked for.
        skip_bad_files: Leave out what cannot be read, recorded in ``skipped``.
        given: The names before glob expansion.
        threads: Threads that decompress a file; ``None`` for all cores.
        unread: Entries of files that could not be opened, where their number is known.
        surplus: Branches that are left out because the first file does not have them, in the order they came.
    """

    paths: tuple[str, ...]
    opening: Opening = field(default_factory=Opening)
    entries: EntryRange = field(default_factory=EntryRange)
    skip_bad_files: bool = False
    skipped: list[Skipped] = field(default_factory=list)
    surplus: dict[str, None] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    threads: int | None = None
    unread: int = 0
    _open: dict[str, Source] = field(default_factory=dict, repr=False)
    _counts: dict[str, int] = field(default_factory=dict, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for source in self._open.values():
            source.close()
        self._open.clear()

    @classmethod
    def expand(cls, files: Files, *, opening: Opening, entries: EntryRange, skip_bad_files: bool) -> Inputs:
        """Expand globs and sort.

        Raises:
            InputError: a file is missing, a glob matches nothing, or a name is no text that a config can hold.
        """
        given = [files] if isinstance(files, str | os.PathLike) else list(files)
        paths = expand_inputs(given)
        for path in paths:
            if utf8_text(path) != path:
                raise InputError("input file", got=ascii(path), expected="a name in UTF-8", hint="renaming it")
        return cls(paths, opening, entries, skip_bad_files, given=tuple(os.fspath(name) for name in given))

    def source(self, path: str) -> Source:
        """Return a file's tree, open; it stays so until a few others have been asked for.

        Raises:
            InputError: it cannot be read.
        """
        source = self._open.pop(path, None) or self.opening.open(path, threads=self.threads)
        self._open[path] = source  # the last used comes last
        self._counts[path] = source.num_entries
        if len(self._open) > OPEN_FILES:
            oldest = next(iter(self._open))
            self._open.pop(oldest).close()
        return source

    def skips(self, error: SimdprepError) -> bool:
        """Return True where what raised ``error`` is left out."""
        return self.skip_bad_files

    @property
    def num_opened(self) -> int:
        """Files that have been opened so far."""
        return len(self._counts)

    def estimate(self) -> int:
        """Entries asked for: exact where every file has been opened, else from the mean of those that have."""
        known = list(self._counts.values())
        total = sum(known) + round(sum(known) / max(len(known), 1) * (len(self.paths) - len(known)))
        stop = total if self.entries.stop is None else min(self.entries.stop, total)
        return max(stop - self.entries.start, 0)

    def first(self) -> Source:
        """Open the first readable file.

        Raises:
            InputError: it cannot be read; with ``skip_bad_files``, none can.
        """
        for path in self.paths:
            try:
                return self.source(path)
            except SimdprepError:
                if not self.skip_bad_files:
                    raise
        raise InputError("input files", got=f"{len(self.paths)} files, none of them readable", expected="at least one")

    def ranges(self, *, limit: int | None = None, record: bool = False) -> Iterator[tuple[Source, int, int]]:
        """Open one file after the other and yield it with the entries asked of it.

        Args:
            limit: Stop after this many entries.
            record: Put files that cannot be opened on ``skipped``; otherwise they are passed over.

        Raises:
            InputError: a file cannot be opened, and ``skip_bad_files`` is not set.
        """
        before = 0
        left = limit
        for path in self.paths:
            try:
                source = self.source(path)
            except SimdprepError as error:
                if not self.skip_bad_files:
                    raise
                if record:
                    self.skipped.append(Skipped.of(error, path, "all"))
                continue
            count = source.num_entries
            start = min(max(self.entries.start - before, 0), count)
            stop = count if self.entries.stop is None else min(max(self.entries.stop - before, 0), count)
            if left is not None:
                stop = min(stop, start + left)
                left -= max(stop - start, 0)
            yield source, start, max(stop, start)
            before += count
            past = self.entries.stop is not None and before >= self.entries.stop
            if past or (left is not None and left <= 0):
                return
