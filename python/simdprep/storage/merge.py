"""Merge: parts become one file, their chunks as they are wherever the borders allow it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .. import _core
from ..errors import DatasetError
from ..schema import Schema
from .disk_file import DiskFile
from .merge_provenance import merge_provenance
from .part_reader import PartReader
from .same_schema import unify
from .segments import Segment, segments_of
from .sink import create_objects, stored_dtype, write_attribute

#: Chunks under way per thread, which bounds the memory: about 1 MiB of raw bytes each.
_CHUNKS_AHEAD = 4


@dataclass(frozen=True)
class _Chunk:
    """A chunk to be stored: dataset and number, bytes, and which filters were skipped."""

    dataset: int
    number: int
    stored: bytes
    mask: int


def merge_parts(paths: Sequence[Path], output: Path, *, threads: int = 0) -> None:
    """Make one file of several parts; its bytes do not depend on the number of threads.

    The result is written under a temporary name beside ``output``, opened again and compared with its
    checksums, synced and renamed; the parts stay. Memory: a few chunks per thread and the chunk tables.

    Args:
        paths: The parts, in order of their rows.
        output: The file; replaced if it exists.
        threads: Threads that decode and encode; 0 for one per core.

    Raises:
        DatasetError: a part is damaged, or does not belong to the others; nothing is left behind.
        ResourceError: the disk is full; the parts are safe.
        OutputError: the file cannot be written.
    """
    readers = [PartReader(path, threads=1) for path in paths]
    schema = unify([reader.root.schema for reader in readers], [str(path) for path in paths])
    temporary = output.with_name(f"{output.name}.merge.tmp-{os.getpid()}")
    try:
        with DiskFile(temporary, needed=sum(reader.num_bytes for reader in readers)) as disk:
            try:
                _write(disk, readers, schema, threads or len(os.sched_getaffinity(0)))
            finally:
                disk.check()  # says more than what HDF5 makes of a failed write
        _check(PartReader(temporary, threads=threads), readers)
        _core.commit_existing(str(temporary), str(output))
    except BaseException:
        with suppress(OSError):  # a disk that fails may not let it go; the first error is the one to tell
            temporary.unlink(missing_ok=True)
        raise


def _check(merged: PartReader, readers: Sequence[PartReader]) -> None:
    """Open the result as a reader would, and compare its rows and every stored byte with its checksum."""
    rows = sum(reader.num_rows for reader in readers)
    if merged.num_rows != rows:
        raise DatasetError("merged rows", got=merged.num_rows, expected=f"{rows}", where=str(merged.path))
    merged.check_chunks()
    merged.forget()


def _write(disk: DiskFile, readers: Sequence[PartReader], schema: Schema, threads: int) -> None:
    description = schema.core().describe()
    segments = segments_of(readers, schema)
    file = disk.create_hdf5()
    try:
        lengths = [sum(segment.length for segment in found) for found in segments]
        create_objects(file, description, lengths)
        _write_chunks(file, disk, description, segments, threads)
        for attribute in description.attributes:
            write_attribute(file, attribute.owner, attribute.name, attribute.value)
        for path, number in _truncated(readers, description):
            write_attribute(file, path, "simdprep_num_truncated", number)
        for attribute in _core.root_attributes(schema.core(), merge_provenance(readers)):
            write_attribute(file, attribute.owner, attribute.name, attribute.value)
    finally:
        file.close()


def _truncated(readers: Sequence[PartReader], description: _core.Description) -> Iterator[tuple[str, int]]:
    """The sums over the parts; an object whose fields lie with another's rows has no attribute of its own."""
    seen: set[str] = set()
    for index, path in enumerate(description.object_paths):
        if path not in seen:
            seen.add(path)
            yield path, sum(reader.num_truncated[index] for reader in readers)


def _write_chunks(
    file: h5py.h5f.FileID,
    disk: DiskFile,
    description: _core.Description,
    segments: list[list[Segment]],
    threads: int,
) -> None:
    targets: dict[int, Any] = {}
    for chunk in _made_ahead(description, segments, threads):
        dataset = description.datasets[chunk.dataset]
        if chunk.dataset not in targets:
            targets = {chunk.dataset: h5py.h5d.open(file, dataset.path.encode())}
        place = (chunk.number * dataset.chunk_rows, *(0 for _ in dataset.slots))
        targets[chunk.dataset].write_direct_chunk(place, chunk.stored, filter_mask=chunk.mask)
        disk.check()


def _made_ahead(description: _core.Description, segments: list[list[Segment]], threads: int) -> Iterator[_Chunk]:
    """Make all chunks in the order in which they are stored, several at once."""
    tasks = (
        (index, number)
        for index, found in enumerate(segments)
        for number in range(-(-sum(segment.length for segment in found) // description.datasets[index].chunk_rows))
    )
    with ThreadPoolExecutor(threads) as workers:
        under_way: deque[Future[_Chunk]] = deque()
        try:
            for index, number in tasks:
                under_way.append(workers.submit(_make_chunk, description, segments[index], index, number))
                if len(under_way) >= threads * _CHUNKS_AHEAD:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _make_chunk(description: _core.Description, segments: list[Segment], index: int, number: int) -> _Chunk:
    dataset = description.datasets[index]
    start = number * dataset.chunk_rows
    stop = min(start + dataset.chunk_rows, segments[-1].target + segments[-1].length)
    touched = [entry for entry in segments if entry.target < stop and entry.target + entry.length > start]
    if len(touched) == 1 and _is_whole(touched[0], dataset, index, start, stop):
        return _copy_chunk(touched[0], index, number, start, dataset.chunk_rows)
    raw = np.empty((dataset.chunk_rows, *dataset.slots), stored_dtype(dataset))
    raw[stop - start :] = np.frombuffer(dataset.fill, raw.dtype)[0]
    for segment in touched:
        low, high = max(start, segment.target), min(stop, segment.target + segment.length)
        values = raw[low - start : high - start]
        at = segment.source - segment.target
        segment.reader.read(index, low + at, high + at, values)
        for change in segment.changes:
            change(values)
    stored, mask = _core.encode_chunk(
        raw.reshape(-1).view(np.uint8),
        shuffle_size=stored_dtype(dataset).itemsize if dataset.shuffle else 0,
        deflate_level=dataset.deflate_level,
        fletcher=dataset.fletcher,
    )
    return _Chunk(index, number, stored, mask)


def _is_whole(segment: Segment, dataset: _core.DatasetDescription, index: int, start: int, stop: int) -> bool:
    """True where a stored chunk of the part is, unchanged, the chunk [start, stop) of the merged dataset."""
    pipeline = segment.reader.pipelines[index]
    same = (
        pipeline.is_ours
        and pipeline.chunk_rows == dataset.chunk_rows
        and (pipeline.shuffle_size > 0) == dataset.shuffle
        and pipeline.compressor == ("deflate" if dataset.deflate_level else "")
        and pipeline.fletcher == dataset.fletcher
    )
    at = start + segment.source - segment.target
    inside = segment.target <= start and segment.target + segment.length >= stop
    ends = stop - start == dataset.chunk_rows or at + stop - start == segment.reader.lengths[index]
    return same and not segment.changes and inside and ends and at % dataset.chunk_rows == 0


def _copy_chunk(segment: Segment, index: int, number: int, start: int, chunk_rows: int) -> _Chunk:
    chunk = (start + segment.source - segment.target) // chunk_rows
    stored = segment.reader.read_stored(index, chunk)
    return _Chunk(index, number, stored, int(segment.reader.table(index).masks[chunk]))
