"""PartStructure: what a part says of itself when opened: checked by HDF5, or by the core where that is as good."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from .attributes import COUNTERS, NUM_TRUNCATED, RootAttributes, read_number, read_root, root_of_texts
from .chunk_table import ChunkTable, ChunkTables
from .guard import (
    Pipeline,
    best_ratio,
    check_dataset,
    check_like,
    check_name,
    guarded,
    open_file,
    open_member,
    written_pipeline,
)
from .placement import Placement

#: ``core`` decodes in the C++ core wherever it can, ``h5py`` leaves all to HDF5: the oracle of the first.
Engine = Literal["core", "h5py"]

#: Device, number, bytes and time of a file.
Identity = tuple[int, int, int, int]

#: Ways of storing that are kept for one schema; a writer has one.
_MOST_KNOWN = 8


@dataclass(frozen=True)
class PartStructure:
    """A part as it was when it was opened.

    Attributes:
        identity: Which file it was.
        root: Attributes of the file itself.
        placement: Where each number lies.
        lengths: First axis of every dataset of the description.
        storage: How these are stored.
        tables: Their chunks; ``None`` where they were not wanted.
        num_truncated: Per object of the schema.
        has_counters: There is a group of counters, as ATLAS tools store them.
        owners_of_others: Objects with attributes that are not of the format.
        file: Open, where HDF5 was asked.
    """

    identity: Identity
    root: RootAttributes
    placement: Placement
    lengths: list[int]
    storage: KnownStorage
    tables: ChunkTables | None
    num_truncated: tuple[int, ...]
    has_counters: bool
    owners_of_others: tuple[str, ...]
    file: h5py.h5f.FileID | None = None

    @classmethod
    def read(cls, path: Path, *, engine: Engine, with_tables: bool) -> PartStructure:
        """Open a part and check all of it but its chunks.

        What HDF5 found sound once is taken from the bytes of the next part that has the same, by the core, which
        compares every checksum; whatever it does not expect there, HDF5 is asked about.

        Args:
            path: The file.
            engine: Who will decode its chunks; ``h5py`` leaves this to HDF5 too.
            with_tables: Take all chunk tables.

        Raises:
            DatasetError: the file is missing, damaged, or not what its schema says.
        """
        if engine == "core":
            found = _by_core(path, with_tables)
            if found is not None:
                return found
        return _by_hdf5(path, engine, with_tables)


@dataclass(frozen=True)
class KnownStorage:
    """How all datasets of a schema are stored in a part that is sound.

    Attributes:
        pipelines: Their filters.
        chunk_rows: uint64 (n_datasets,), entries of a chunk.
        least_bytes: float64 (n_datasets,), stored bytes that an entry has at the least.
        is_as_written: bool (n_datasets,), chunks are those that would be written today.
    """

    pipelines: tuple[Pipeline, ...]
    chunk_rows: NDArray[np.uint64]
    least_bytes: NDArray[np.float64]
    is_as_written: NDArray[np.bool_]

    @classmethod
    def of(cls, placement: Placement, pipelines: tuple[Pipeline, ...]) -> KnownStorage:
        """Return it with what follows from the filters."""
        rows = np.array([pipeline.chunk_rows for pipeline in pipelines], np.uint64)
        least, as_written = [], []
        for about, pipeline in zip(placement.datasets, pipelines, strict=True):
            least.append(about.row_bytes / best_ratio(pipeline))
            as_written.append(pipeline == written_pipeline(about))
        return cls(pipelines, rows, np.array(least, np.float64), np.array(as_written, np.bool_))

    def fits(self, lengths: NDArray[np.uint64], file_size: int) -> bool:
        """False where a file of this size might not hold so many entries: then they are looked at one by one."""
        chunks = -(-lengths.astype(np.float64) // self.chunk_rows)
        least = np.maximum(np.minimum(self.chunk_rows, lengths) * self.least_bytes, 1)
        return bool((chunks * least <= file_size).all())


def learn_written(path: Path, placement: Placement) -> None:
    """Keep how a file is stored whose datasets were made as described: a part that looks like it is sound.

    Args:
        path: The file, closed.
        placement: Of the schema.
    """
    pipelines = tuple(written_pipeline(about) for about in placement.datasets)
    _learn(path, None, placement, KnownStorage.of(placement, pipelines))


def identity_of(path: Path) -> Identity:
    """Return which file has this name now."""
    info = path.stat()
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def read_root_of(path: Path) -> RootAttributes:
    """Read what a part says of itself as a whole.

    Raises:
        DatasetError: as :meth:`PartStructure.read`.
    """
    check_name(path)
    found = _core.read_structure(str(path))
    root = None if found is None else root_of_texts(found.texts(), str(path))
    if root is not None:
        return root
    file, identity = _open(path)
    with guarded(path):
        return read_root(file, str(path), identity[2])


def _by_core(path: Path, with_tables: bool) -> PartStructure | None:
    """The structure of a part that is stored like one that HDF5 found sound; ``None`` where it is not."""
    check_name(path)
    found = _core.read_structure(str(path))
    if found is None:
        return None
    try:
        if identity_of(path) != found.identity:
            return None
    except OSError:
        return None
    try:
        root = root_of_texts(found.texts(), str(path)) or _large_root(path, found.identity)
    except DatasetError:
        return None  # HDF5 may have more to say
    if root is None:
        return None
    placement = Placement.of(root.schema)
    if not placement.known_storage:
        return None
    look = _look(found, placement, with_tables)
    known = None if look is None else placement.known_storage.get(look.kinds)
    has_counters = found.has(COUNTERS)
    if look is None or known is None or has_counters is None:
        return None
    truncated = [number for number in look.numbers if number is not None]
    if len(truncated) != len(look.numbers) or not known.fits(look.lengths, found.identity[2]):
        return None
    chunks = ChunkTable(look.addresses, look.sizes, look.masks)
    tables = ChunkTables(chunks, np.cumsum(look.num_chunks, dtype=np.int64)) if with_tables else None
    return PartStructure(
        found.identity,
        root,
        placement,
        look.lengths.tolist(),
        known,
        tables,
        tuple(truncated),
        has_counters,
        placement.owners_of_more(look.attributes.tolist()),
    )


def _large_root(path: Path, identity: Identity) -> RootAttributes | None:
    """Attributes that do not fit their header, such as the schema of a thousand fields, are left to HDF5."""
    file, opened = _open(path)
    if opened != identity:
        return None
    with guarded(path):
        return read_root(file, str(path), identity[2])


@dataclass(frozen=True)
class _Look:
    """What the core says of all objects; chunks of all datasets one after the other."""

    kinds: bytes
    lengths: NDArray[np.uint64]
    attributes: NDArray[np.uint64]
    numbers: list[int | None]
    num_chunks: NDArray[np.uint64]
    addresses: NDArray[np.uint64]
    sizes: NDArray[np.uint64]
    masks: NDArray[np.uint32]


def _look(found: _core.Structure, placement: Placement, with_tables: bool) -> _Look | None:
    groups, owners = ["/", *placement.description.groups], placement.description.object_paths
    look = found.look(list(placement.paths), groups, owners, NUM_TRUNCATED, with_tables)
    return None if look is None else _Look(*look)


def _by_hdf5(path: Path, engine: Engine, with_tables: bool) -> PartStructure:
    where = str(path)
    file, identity = _open(path)
    with guarded(where):
        root = read_root(file, where, identity[2])
        placement = Placement.of(root.schema)
        found = _Objects.check(file, placement, where, identity[2], engine, with_tables)
        truncated = _truncated(file, placement, where)
    storage = KnownStorage.of(placement, found.pipelines)
    if engine == "core":
        _learn(path, identity, placement, storage)
    return PartStructure(
        identity,
        root,
        placement,
        found.lengths,
        storage,
        found.tables,
        truncated,
        found.has_counters,
        placement.owners_of_more(found.num_attributes),
        file,
    )


def _open(path: Path) -> tuple[h5py.h5f.FileID, Identity]:
    """Open the file, and tell which one it is: it may be replaced by another meanwhile."""
    while True:
        file = open_file(path)
        with guarded(path):
            info = os.fstat(file.get_vfd_handle())
            identity = info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns
            if identity_of(path) == identity:
                return file, identity


def _learn(path: Path, identity: Identity | None, placement: Placement, storage: KnownStorage) -> None:
    """Keep how a part is stored that is sound, for those who look at the next."""
    if len(placement.known_storage) >= _MOST_KNOWN:
        return
    found = _core.read_structure(str(path))
    if found is None or identity not in (None, found.identity):
        return
    look = _look(found, placement, False)
    if look is not None:
        placement.known_storage[look.kinds] = storage


@dataclass(frozen=True)
class _Objects:
    lengths: list[int]
    pipelines: tuple[Pipeline, ...]
    tables: ChunkTables | None
    num_attributes: list[int]
    has_counters: bool

    @classmethod
    def check(
        cls,
        file: h5py.h5f.FileID,
        placement: Placement,
        where: str,
        num_bytes: int,
        engine: Engine,
        with_tables: bool,
    ) -> _Objects:
        """Open every group and dataset of the description and compare it."""
        root = h5py.h5g.open(file, b"/")
        groups = {"": root}
        for path in placement.description.groups:
            groups[path] = open_member(root, path[1:], f"{where}: {path}")
        num_attributes = [h5py.h5a.get_num_attrs(group) for group in groups.values()]
        lengths: list[int] = []
        pipelines: list[Pipeline] = []
        tables: list[ChunkTable] = []
        for index, dataset in enumerate(placement.datasets):
            folder, _, name = placement.paths[index].rpartition("/")
            place = f"{where}: {placement.paths[index]}"
            found = open_member(groups[folder], name, place)
            known = placement.checked.get((index, engine))
            length = None if known is None else check_like(found, known, dataset, place, num_bytes)
            if known is None or length is None:
                known = check_dataset(found, dataset, place, num_bytes, by_core=engine == "core")
                placement.checked.setdefault((index, engine), known)
                length = found.shape[0]
            pipelines.append(known.pipeline)
            lengths.append(length)
            num_attributes.append(h5py.h5a.get_num_attrs(found))
            if with_tables:
                tables.append(ChunkTable.take(found, known.pipeline.chunk_rows, place, num_bytes))
        chunks = ChunkTables.of(tables) if with_tables else None
        return cls(lengths, tuple(pipelines), chunks, num_attributes, root.links.exists(COUNTERS.encode()))


def _truncated(file: h5py.h5f.FileID, placement: Placement, where: str) -> tuple[int, ...]:
    paths = placement.description.object_paths
    owners = [h5py.h5o.open(file, path.encode()) for path in paths]
    return tuple(
        read_number(owner, NUM_TRUNCATED, f"{where}: {path}") for owner, path in zip(owners, paths, strict=True)
    )
