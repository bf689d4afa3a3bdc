"""Merge: parts become one file, their stored chunks as they are wherever the borders allow it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import h5py

from .. import _core
from ..errors import DatasetError
from ..schema import Schema
from .adapted_part import Before
from .cut_bookkeeper import CutBookkeeper
from .disk_file import DiskFile
from .guard import guarded, open_file
from .joined_schema import joined_schema
from .merge_provenance import MergeProvenance
from .merged_file import MergedFile
from .part_reader import PartReader
from .part_structure import read_root_of
from .placement import Placement
from .user_attributes import UserAttributes

#: Parts that are open before their turn: few, for each may hold a file and the tables of all of its chunks.
_OPENED_AHEAD = 4
_OPENING_THREADS = 2


@dataclass
class Merged:
    """A file that was made of parts: its rows, configs, and what there is to tell."""

    num_rows: int = 0
    num_configs: int = 0
    told: list[str] = field(default_factory=list)


def merge_parts(
    paths: Sequence[Path],
    output: Path,
    *,
    threads: int = 0,
    schema: Schema | None = None,
    event_shifts: Sequence[int] | None = None,
    before_naming: Callable[[], None] | None = None,
) -> Merged:
    """Make one file of several parts; its bytes do not depend on the number of threads.

    The result is written under a temporary name beside ``output``, opened again and compared with its
    checksums, synced and renamed; the parts stay.

    Args:
        paths: The parts, in order of their rows.
        output: The file; replaced if it exists.
        threads: Threads that decode and encode; 0 for one per core.
        schema: Of the file; ``None`` for that of the parts, which then must have one.
        event_shifts: What to add to the event numbers that each part holds; ``None`` finds it by their order.
        before_naming: Called when the file is whole, before it gets its name.

    Raises:
        DatasetError: a part is damaged, or does not belong to the others; nothing is left behind.
        ResourceError: the disk is full; the parts are safe.
        OutputError: the file cannot be written.
    """
    schema = schema or schema_of_files(paths)
    temporary = output.with_name(f"{output.name}.merge.tmp-{os.getpid()}")
    try:
        merged = build(paths, temporary, schema, threads=threads, event_shifts=event_shifts)
        if before_naming is not None:
            before_naming()
        _core.commit_existing(str(temporary), str(output))
        return merged
    except BaseException:
        with suppress(OSError):  # a disk that fails may not let it go; the first error is the one to tell
            temporary.unlink(missing_ok=True)
        raise


def build(
    paths: Iterable[Path],
    target: Path,
    schema: Schema,
    *,
    threads: int = 0,
    before: Before | None = None,
    event_shifts: Sequence[int] | None = None,
    needed: int | None = None,
) -> Merged:
    """Write and check the merged file under the name ``target``; ``paths`` may come one by one."""
    provenance, bookkeeper, attributes = MergeProvenance(), CutBookkeeper(), UserAttributes()
    placement = Placement.of(schema)
    truncated = [0] * len(schema.objects)
    num_rows = 0
    added: list[Path] = []
    if needed is None:
        paths = list(paths)
        needed = sum(path.stat().st_size for path in paths)
    with DiskFile(target, needed=needed) as disk:
        try:
            file = MergedFile(disk, placement, threads=threads, before=before)
            try:
                for number, (reader, is_last) in enumerate(_with_end(_readers(paths, threads))):
                    added.append(reader.path)
                    shift = None if event_shifts is None else event_shifts[number]
                    file.add(reader, is_last=is_last, event_shift=shift)
                    provenance.add(reader)
                    bookkeeper.add(reader)
                    attributes.add(reader)
                    num_rows += reader.num_rows
                    for at, spec in enumerate(schema.objects):
                        truncated[at] += reader.num_truncated[reader.root.schema.names.index(spec.name)]
                    reader.forget()
                file.end_rows()
                for attribute in placement.description.attributes:
                    file.write_attribute(attribute.owner, attribute.name, attribute.value)
                for owner, lost in _by_owner(placement.description.object_paths, truncated).items():
                    file.write_attribute(owner, "simdprep_num_truncated", lost)
                for attribute in _core.root_attributes(schema.core(), provenance.to_json()):
                    file.write_attribute(attribute.owner, attribute.name, attribute.value)
                bookkeeper.write(file.hdf5)
                attributes.write(file.hdf5)
                file.finish()
            finally:
                file.close()
        finally:
            disk.check()  # says more than what HDF5 makes of a failed write
        with disk.syncing():  # the disk has its own time
            check_merged(target, added, num_rows, threads=threads)
    return Merged(num_rows, provenance.num_configs, attributes.told)


def _readers(paths: Iterable[Path], threads: int) -> Iterator[PartReader]:
    """Open parts; where all are there already, a few before their turn, beside what is done with those before."""
    if not isinstance(paths, list):
        for path in paths:
            yield PartReader(path, threads=threads, with_tables=True)
        return
    waiting = deque(paths)
    opened: deque[Future[PartReader]] = deque()
    with ThreadPoolExecutor(_OPENING_THREADS) as beside:
        while waiting or opened:
            while waiting and len(opened) < _OPENED_AHEAD:
                opened.append(beside.submit(PartReader, waiting.popleft(), threads=threads, with_tables=True))
            yield opened.popleft().result()


def _with_end(readers: Iterable[PartReader]) -> Iterator[tuple[PartReader, bool]]:
    """Yield each reader, and whether it is the last."""
    before = None
    for reader in readers:
        if before is not None:
            yield before, False
        before = reader
    if before is not None:
        yield before, True


def _by_owner(paths: Sequence[str], truncated: Sequence[int]) -> dict[str, int]:
    """An object whose fields lie with another's rows has no attribute of its own."""
    found: dict[str, int] = {}
    for path, lost in zip(paths, truncated, strict=True):
        found.setdefault(path, lost)
    return found


def check_merged(target: Path, paths: Sequence[Path], num_rows: int, *, threads: int) -> None:
    """Open the result as a reader would, and compare its rows and every stored byte with its checksum.

    Raises:
        DatasetError: it is not as it should be; names the part where the fault is there already.
    """
    merged = PartReader(target, threads=threads, with_tables=True)
    try:
        if merged.num_rows != num_rows:
            raise DatasetError("merged rows", got=merged.num_rows, expected=f"{num_rows}", where=str(target))
        try:
            with ThreadPoolExecutor(1) as beside:
                chunks = beside.submit(merged.check_chunks)
                check_indexes(merged)
            chunks.result()
        except DatasetError:
            for path in paths:
                PartReader(path, threads=threads).check_chunks()
            raise
    finally:
        merged.forget()


def check_indexes(merged: PartReader) -> None:
    """Let HDF5 walk through the indexes of all chunks: it wrote none of them.

    Raises:
        DatasetError: it finds other lengths, or other bytes.
    """
    tables = merged.tables
    with guarded(merged.path):
        file = open_file(merged.path)
        for index, path in enumerate(merged.placement.paths):
            dataset = h5py.h5d.open(file, path.encode())
            found = (dataset.shape[0], dataset.get_num_chunks(), dataset.get_storage_size())
            table = tables[index]
            expected = (merged.lengths[index], len(table), table.stored_bytes)
            if found != expected:
                raise DatasetError(
                    "entries, chunks and bytes", got=str(found), expected=str(expected), where=merged.place(index)
                )


def schema_of_files(paths: Sequence[Path], *, fill: bool = False) -> Schema:
    """Return the schema of all parts, by what each says of itself.

    Raises:
        DatasetError: a part cannot be read, or two have different schemas.
    """
    schemas = [read_root_of(path).schema for path in paths]
    if not schemas:
        raise DatasetError("dataset", got="no parts", expected="at least one")
    return joined_schema(schemas, [str(path) for path in paths], fill=fill)
