"""Verification: is a stored dataset whole, and does every byte of it say what was written?"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import _core
from ..errors import DatasetError
from ..schema import Schema
from .manifest import MANIFEST, Manifest, ManifestPart
from .part_check import PartCheck
from .part_reader import PartReader
from .problem import Problem
from .provenance import input_ranges
from .same_schema import check_same, recodings
from .source import PathLike, Source, Unfinished


@dataclass
class VerifyReport:
    """What :func:`verify` found.

    Attributes:
        path: As given.
        parts: Part files that were looked at.
        num_rows: Rows in those that could be opened.
        num_events: Events in those.
        num_chunks: Chunks that were decoded and compared with their checksums.
        stored_bytes: Size of the part files.
        raw_bytes: What their chunks hold.
        problems: All that is wrong, part by part; empty for a sound dataset.
        notes: What is unusual but not wrong.
        unfinished: Its writer was killed, or is at work: these are the parts it has committed.
    """

    path: str
    parts: int = 0
    num_rows: int = 0
    num_events: int = 0
    num_chunks: int = 0
    stored_bytes: int = 0
    raw_bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unfinished: bool = False

    @property
    def ok(self) -> bool:
        """True where nothing is wrong."""
        return not self.problems

    @property
    def bad_parts(self) -> list[str]:
        """The files in which something is wrong, each once."""
        return list(dict.fromkeys(problem.part for problem in self.problems))


def verify(path: PathLike | Iterable[PathLike], *, threads: int | None = None) -> VerifyReport:
    """Check a dataset: hashes, structure, checksums, counts, masks and offsets.

    Memory is bounded: some 32 MiB of each dataset are held at once.

    Args:
        path: A file, a folder, a glob or a list, as :func:`simdprep.open` takes them.
        threads: Threads that decode; ``None`` for one per core.

    Returns:
        A report that lists every problem with its part, dataset and chunk.

    Raises:
        DatasetError: there is nothing of that name, or a folder has neither manifest nor parts.
    """
    source, broken = _find(path)
    report = VerifyReport(source.given, parts=len(source.paths), problems=broken, notes=_leftovers(path))
    report.unfinished = source.unfinished
    said = source.manifest.parts if source.manifest is not None else (None,) * len(source.paths)
    schema: tuple[Schema, str] | None = None
    if source.manifest is not None:
        schema = source.manifest.schema, str(source.manifest.path)
    for place, entry in zip(source.paths, said, strict=True):
        if entry is not None and not _check_file(entry, report):
            continue
        try:
            reader = PartReader(place, threads=threads or 0)
            schema = schema or (reader.root.schema, str(place))
            check_same(schema[0], reader.root.schema, schema[1], str(place))
        except DatasetError as error:
            report.problems.append(Problem.of(error, str(place)))
            continue
        _check_part(reader, report)
        try:
            if entry is not None and source.manifest is not None:
                report.problems += _compare(source.manifest, entry, reader)
            _ = reader.root.provenance
        except DatasetError as error:
            report.problems.append(Problem.of(error, str(place)))
        reader.forget()
    if source.manifest is not None:
        report.problems += _strangers(source.manifest)
    return report


def _find(path: PathLike | Iterable[PathLike]) -> tuple[Source, list[Problem]]:
    """The parts of a dataset; by their names where it was not finished, or its manifest is damaged."""
    try:
        return Source.find(path), []
    except Unfinished as error:
        if not isinstance(path, (str, os.PathLike)):
            raise
        missing = Path(error.where or "")
        place = missing / MANIFEST if missing.is_dir() else missing
        return Source(str(path), error.parts, unfinished=True), [Problem(str(place), "", str(error).splitlines()[0])]
    except DatasetError as error:
        folder = Path(path) if isinstance(path, (str, Path)) else None
        if folder is None or not folder.is_dir():
            raise
        parts = tuple(sorted(folder.glob("part-*.h5")))
        if not parts:
            raise
        return Source(str(path), parts), [Problem.of(error, str(folder / MANIFEST))]


def _leftovers(path: PathLike | Iterable[PathLike]) -> list[str]:
    """What an interrupted run left beside a dataset, or in its folder."""
    if not isinstance(path, (str, os.PathLike)):
        return []
    place = Path(path)
    if place.is_dir():
        left = sorted(place.glob("*.tmp-*"))
    elif place.is_file():
        name = glob.escape(place.name)
        left = sorted([*place.parent.glob(f"{name}.parts"), *place.parent.glob(f"{name}*.tmp-*")])
    else:
        left = []
    return [f"{entry}: left by an interrupted run; the next one removes it" for entry in left]


def _check_file(entry: ManifestPart, report: VerifyReport) -> bool:
    """Compare a part's bytes with the manifest; False where there is no such file."""
    part = str(entry.path)
    try:
        entry.check_place()
    except DatasetError as error:
        report.problems.append(Problem.of(error, part))
        return False
    size = entry.path.stat().st_size
    if size != entry.num_bytes:
        report.problems.append(Problem(part, "", f"bytes: got {size}, expected {entry.num_bytes}"))
    elif _core.sha256_file(part) != entry.sha256:
        report.problems.append(Problem(part, "", f"content: got other bytes, expected SHA-256 {entry.sha256}"))
    return True


def _check_part(reader: PartReader, report: VerifyReport) -> None:
    check = PartCheck(reader)
    check.run()
    report.problems += check.problems
    report.num_chunks += check.num_chunks
    report.raw_bytes += check.raw_bytes
    report.stored_bytes += reader.num_bytes
    report.num_rows += reader.num_rows
    with suppress(DatasetError):  # told already: the event numbers cannot be read
        report.num_events += reader.num_events
    bare = [
        dataset.path
        for dataset, pipeline in zip(reader.description.datasets, reader.pipelines, strict=True)
        if not pipeline.fletcher
    ]
    if bare:
        report.notes.append(f"{reader.path}: {len(bare)} datasets without checksums, such as {bare[0]}")


def _compare(manifest: Manifest, entry: ManifestPart, reader: PartReader) -> list[Problem]:
    """Compare what the manifest says of a part with what the part says of itself."""
    root = reader.root
    pairs: list[tuple[str, Any, Any]] = [("num_rows", entry.num_rows, reader.num_rows)]
    pairs += [(f"rows of {name}", count, _num_items(reader, name)) for name, count in entry.rows.items()]
    provenance = root.provenance
    config = provenance["config_sha256"] or None
    pairs += [("config_sha256", entry.config_sha256 or manifest.config_sha256 or None, config)]
    pairs += [("inputs", entry.inputs, input_ranges(provenance))]
    version = entry.version or manifest.version
    pairs += [("version", version, provenance["versions"].get("simdprep", version))]
    problems = [
        Problem(str(manifest.path), entry.path.name, f"{name}: got {told}, expected {found}, as in the part")
        for name, told, found in pairs
        if found is not None and told != found
    ]
    try:
        recodings(root.schema, manifest.schema, str(entry.path))
    except DatasetError as error:
        problems.append(Problem.of(error, str(manifest.path)))
    return problems


def _num_items(reader: PartReader, name: str) -> int | None:
    """Stored entries of an object; ``None`` where they cannot be told without reading a padded object."""
    schema = reader.root.schema
    if name not in schema.names:
        return -1
    spec = schema.object(name)
    with suppress(DatasetError):  # told by the check of the part
        if spec.level == "row":
            return reader.num_rows
        if spec.level == "ragged":
            return reader.num_items(spec)
        if spec.level == "event" and not reader.placement.is_compound:
            return reader.num_events
    return None


def _strangers(manifest: Manifest) -> list[Problem]:
    """Parts in the folder that the manifest does not name."""
    named = {part.path.name for part in manifest.parts}
    return [
        Problem(str(path), "", "part: got a file that the manifest does not name, expected none")
        for path in sorted(manifest.path.parent.glob("part-*.h5"))
        if path.name not in named
    ]
