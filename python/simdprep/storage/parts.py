"""Parts: several part files as one run of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..schema import EVENTS, ObjectSpec
from .manifest import ManifestPart
from .part_read import PartRead, read_all
from .part_reader import PartReader
from .part_structure import Engine
from .placement import Placement
from .same_schema import Recoding, check_same, recode, recodings, unify
from .source import Source

#: Places and bytes of a part that its fingerprint looks at, beside what the part says of itself.
_SAMPLES, _SAMPLE_BYTES = 16, 4096


class Piece(NamedTuple):
    """A run of entries within one part: its number, and the first and one past the last entry there."""

    part: int
    start: int
    stop: int


class Parts:
    """The parts of a dataset, opened one by one as they are needed.

    Parts that a manifest describes are opened when first read; others at once, because only they
    know their rows.

    Args:
        source: Which files.
        engine: What decodes chunks.
        threads: Threads that decode; 0 for one per core.

    Attributes:
        source: As given.
        threads: As given.
        schema: Of all parts.
        placement: Where each number lies, in every part.
        row_starts: First row of each part, and the end: int64 (n_parts + 1,).

    Raises:
        DatasetError: a part is damaged, or does not belong to the others.
    """

    def __init__(self, source: Source, *, engine: Engine = "core", threads: int = 0) -> None:
        self.source = source
        self._engine: Engine = engine
        self.threads = threads
        self._readers: list[PartReader | None] = [None] * len(source.paths)
        self._recodings: dict[int, dict[tuple[str, str], Recoding]] = {}
        self._closed = False
        if source.manifest is not None:
            self.schema = source.manifest.schema
            self._check_files(source.manifest.parts)
            rows = [part.num_rows for part in source.manifest.parts]
        else:
            readers = [PartReader(path, engine=engine, threads=threads) for path in source.paths]
            self.schema = unify([reader.root.schema for reader in readers], [str(path) for path in source.paths])
            for index, reader in enumerate(readers):
                self._keep(index, reader)
            rows = [reader.num_rows for reader in readers]
        self.row_starts = _starts(rows)
        self.placement = Placement(self.schema, self.schema.core().describe())

    def __len__(self) -> int:
        return len(self._readers)

    def __iter__(self) -> Iterator[PartReader]:
        return (self.reader(index) for index in range(len(self)))

    @property
    def num_rows(self) -> int:
        """Rows of all parts."""
        return int(self.row_starts[-1])

    @cached_property
    def event_starts(self) -> NDArray[np.int64]:
        """First event of each part, and the end: int64 (n_parts + 1,)."""
        if self.schema.rows == EVENTS:
            return self.row_starts
        return _starts([reader.num_events for reader in self])

    @cached_property
    def fingerprint(self) -> str:
        """Hexadecimal digest of what the parts hold, whatever they are called and wherever they lie.

        Of the schema, and of each part its rows, size, provenance and a sample of its bytes.
        """
        digest = sha256(self.schema.to_json().encode())
        for reader in self:
            said = (reader.num_rows, reader.num_bytes, reader.root.schema_sha256, reader.root.provenance_sha256)
            digest.update(repr(said).encode())
            with reader.path.open("rb") as file:
                for sample in range(_SAMPLES):
                    file.seek(sample * reader.num_bytes // _SAMPLES)
                    digest.update(file.read(_SAMPLE_BYTES))
        return digest.hexdigest()

    def reader(self, index: int) -> PartReader:
        """Return the reader of part ``index``, opened and compared with the dataset's schema.

        Raises:
            DatasetError: the part is damaged or not the one that was written, or the dataset is closed.
        """
        if self._closed:
            raise DatasetError("dataset", got="a read after close()", expected="an open one", where=self.source.given)
        reader = self._readers[index]
        if reader is None:
            path = self.source.paths[index]
            reader = PartReader(path, engine=self._engine, threads=self.threads)
            assert self.source.manifest is not None
            check_same(self.schema, reader.root.schema, str(self.source.manifest.path), str(path))
            said = self.source.manifest.parts[index].num_rows
            if reader.num_rows != said:
                raise DatasetError("rows of a part", got=reader.num_rows, expected=f"{said}", where=str(path))
            self._keep(index, reader)
        return reader

    def close(self) -> None:
        """Close all files; later reads are errors."""
        for reader in self._readers:
            if reader is not None:
                reader.forget()
        self._readers = [None] * len(self._readers)
        self._closed = True

    def split_rows(self, start: int, stop: int) -> list[Piece]:
        """Return the pieces of the rows [start, stop), part by part."""
        return _split(self.row_starts, start, stop)

    def split_events(self, start: int, stop: int) -> list[Piece]:
        """Return the pieces of the events [start, stop), part by part."""
        return _split(self.event_starts, start, stop)

    def read(self, wanted: Sequence[tuple[int, list[Piece], NDArray[Any]]]) -> None:
        """Read entries of several datasets, each of several parts one after the other, all at once.

        Args:
            wanted: Index of the dataset in the description, entries along its first axis, and where
                to: (sum of their lengths, slots...), contiguous, of the stored dtype.
        """
        reads: list[PartRead] = []
        numbers: list[int] = []
        for index, pieces, out in wanted:
            at = 0
            for piece in pieces:
                target = out[at : at + piece.stop - piece.start]
                reads.append(PartRead(self.reader(piece.part), index, piece.start, piece.stop, target))
                numbers.append(piece.part)
                at += piece.stop - piece.start
        read_all(reads)
        for read, number in zip(reads, numbers, strict=True):
            self._recode(read.index, number, read.out)

    def recodes(self, part: int, spec: ObjectSpec, fields: Sequence[str]) -> bool:
        """Return whether the codes of some string fields differ between a part and the dataset."""
        recoded = self._recodings.get(part)
        return recoded is not None and any((spec.name, field) in recoded for field in fields)

    def _recode(self, index: int, part: int, values: NDArray[Any]) -> None:
        for (owner, field), recoding in self._recodings.get(part, {}).items():
            place = self.placement.field(self.schema.object(owner), field)
            if place.dataset == index:
                recode(values if place.member is None else values[place.member], recoding)

    def _keep(self, index: int, reader: PartReader) -> None:
        found = recodings(reader.root.schema, self.schema, str(reader.path))
        if found:
            self._recodings[index] = found
        self._readers[index] = reader

    def _check_files(self, parts: tuple[ManifestPart, ...]) -> None:
        for part in parts:
            part.check_place()
            path: Path = part.path
            size = path.stat().st_size
            if size != part.num_bytes:
                raise DatasetError("bytes of a part", got=size, expected=f"{part.num_bytes}", where=str(path))


def _starts(counts: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)


def _split(starts: NDArray[np.int64], start: int, stop: int) -> list[Piece]:
    first = int(np.searchsorted(starts, start, side="right")) - 1
    pieces: list[Piece] = []
    for part in range(max(first, 0), len(starts) - 1):
        begin = int(starts[part])
        if begin >= stop:
            break
        low, high = max(start, begin), min(stop, int(starts[part + 1]))
        if low < high:
            pieces.append(Piece(part, low - begin, high - begin))
    return pieces
