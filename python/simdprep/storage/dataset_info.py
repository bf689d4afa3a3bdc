"""DatasetInfo: what a dataset holds, how large it is, what was padded and what was cut off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..schema import ObjectSpec
from .part_reader import PartReader
from .parts import Parts
from .placement import Place
from .provenance import configs_of
from .source import PathLike, Source, Unfinished

#: Rows whose counts are read at once.
_ROWS_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class FieldInfo:
    """One field: as in the schema, with its shape over all rows (``None`` for axes of varying length)."""

    name: str
    dtype: str
    unit: str
    description: str
    shape: tuple[int | None, ...]
    num_categories: int | None


@dataclass(frozen=True)
class ObjectInfo:
    """One object.

    Attributes:
        name: Of the object.
        level: ``row``, ``event``, ``padded`` or ``ragged``.
        parent: What it hangs on; ``None`` for the first two.
        slots: Slots in a row, outermost first; empty unless padded.
        order: Expression its entries are sorted by.
        num_items: Entries stored.
        num_truncated: Entries that found no slot.
        truncated_share: Of all entries there were; 0 where there were none.
        padding_share: Empty slots of all slots; 0 unless padded.
        fields: In stored order.
    """

    name: str
    level: str
    parent: str | None
    slots: tuple[int, ...]
    order: str
    num_items: int
    num_truncated: int
    truncated_share: float
    padding_share: float
    fields: tuple[FieldInfo, ...]


@dataclass(frozen=True)
class StoredInfo:
    """One HDF5 dataset over all parts: its path, stored bytes, and the bytes these unpack to."""

    path: str
    dtype: str
    stored_bytes: int
    raw_bytes: int
    num_chunks: int


@dataclass(frozen=True)
class PartInfo:
    """One part file: its name, rows and bytes."""

    path: str
    num_rows: int
    num_bytes: int


@dataclass(frozen=True)
class DatasetInfo:
    """What :func:`info` returns.

    Attributes:
        path: As given.
        format_version: Of the files.
        layout: ``columns``, ``compound`` or ``ragged``.
        rows: The row object.
        num_rows: Rows.
        num_events: Events.
        codec: ``gzip`` or ``none``.
        chunk_rows: Rows stored together.
        files: The part files.
        file_bytes: Their size.
        parts: Of each of these.
        incomplete: What is missing, in a line; empty for a dataset that was finished.
        fingerprint: As :attr:`Dataset.fingerprint`.
        objects: In stored order.
        datasets: HDF5 datasets, in stored order.
        inputs: The inputs, as the provenance names them, each once.
        config_sha256: Of the config, one per part that had another; empty without one.
        versions: What wrote the parts, each once.
    """

    path: str
    format_version: str
    layout: str
    rows: str
    num_rows: int
    num_events: int
    codec: str
    chunk_rows: int
    files: tuple[str, ...]
    file_bytes: int
    fingerprint: str
    objects: tuple[ObjectInfo, ...]
    datasets: tuple[StoredInfo, ...]
    inputs: tuple[dict[str, Any], ...]
    config_sha256: tuple[str, ...]
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple[PartInfo, ...] = ()
    incomplete: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data for JSON."""
        return asdict(self)


def info(path: PathLike | Iterable[PathLike]) -> DatasetInfo:
    """Describe a stored dataset. Of the data only multiplicities are read, in bounded memory.

    Of one that was not finished, what its writer has committed so far is described, and marked.

    Args:
        path: A file, a folder, a glob or a list, as :func:`simdprep.open` takes them.

    Raises:
        DatasetError: as :func:`simdprep.open`.
    """
    incomplete = ""
    try:
        source = Source.find(path)
    except Unfinished as error:
        source = Source(str(path), error.parts, unfinished=True)
        incomplete = " ".join(str(error).splitlines()[:2])
    parts = Parts(source)
    try:
        schema = parts.schema
        readers = list(parts)
        return DatasetInfo(
            path=parts.source.given,
            format_version=readers[0].root.format_version if readers else "",
            layout=schema.layout,
            rows=schema.rows,
            num_rows=parts.num_rows,
            num_events=int(parts.event_starts[-1]),
            codec=schema.codec,
            chunk_rows=parts.placement.description.chunk_rows,
            files=tuple(str(reader.path) for reader in readers),
            parts=tuple(PartInfo(str(reader.path), reader.num_rows, reader.num_bytes) for reader in readers),
            incomplete=incomplete,
            file_bytes=sum(reader.num_bytes for reader in readers),
            fingerprint=parts.fingerprint,
            objects=tuple(_object(parts, readers, number, spec) for number, spec in enumerate(schema.objects)),
            datasets=tuple(
                _stored(readers, parts, index) for index in range(len(parts.placement.description.datasets))
            ),
            **_provenance(readers),
        )
    finally:
        parts.close()


def _object(parts: Parts, readers: list[PartReader], number: int, spec: ObjectSpec) -> ObjectInfo:
    slots = parts.placement.slots(spec)
    items = sum(num_items(reader, spec) for reader in readers)
    truncated = sum(reader.num_truncated[number] for reader in readers)
    all_slots = parts.num_rows * int(np.prod(slots, dtype=np.int64)) if slots else 0
    lengths: tuple[int | None, ...] = (parts.num_rows, *slots)
    if spec.level == "ragged":
        lengths = (parts.num_rows, None) if parts.placement.list_parent(spec) is None else (parts.num_rows, None, None)
    elif spec.level == "event":
        lengths = (int(parts.event_starts[-1]),)
    fields = tuple(
        FieldInfo(
            entry.name,
            "string" if entry.is_string else entry.dtype,
            entry.unit,
            entry.description,
            lengths,
            None if entry.categories is None else len(entry.categories),
        )
        for entry in spec.fields
    )
    return ObjectInfo(
        name=spec.name,
        level=spec.level,
        parent=spec.parent,
        slots=slots,
        order=spec.order,
        num_items=items,
        num_truncated=truncated,
        truncated_share=truncated / (items + truncated) if truncated else 0.0,
        padding_share=1 - items / all_slots if all_slots else 0.0,
        fields=fields,
    )


def num_items(reader: PartReader, spec: ObjectSpec) -> int:
    """Entries a part stores of an object; of a padded one by its counts, else by its mask."""
    if spec.level == "row":
        return reader.num_rows
    if spec.level == "event":
        return reader.num_events
    if spec.level == "ragged":
        return reader.num_items(spec)
    count, valid = reader.placement.count(spec), reader.placement.valid(spec)
    place = count or valid
    assert place is not None
    total = 0
    step = max(reader.description.chunk_rows, _rows_at_once(reader, place))
    for start in range(0, reader.num_rows, step):
        values = reader.read(place.dataset, start, min(start + step, reader.num_rows))
        values = values if place.member is None else values[place.member]
        total += int(values.sum() if count is None else np.minimum(values, np.uint32(spec.pad or 0)).sum())
    return total


def _rows_at_once(reader: PartReader, place: Place) -> int:
    """Whole chunks of about as many bytes as the counts of so many rows have."""
    chunk = reader.description.chunk_rows
    row_bytes = reader.description.datasets[place.dataset].row_bytes
    return chunk * max(1, _ROWS_AT_ONCE * 4 * 16 // (chunk * row_bytes))


def _stored(readers: list[PartReader], parts: Parts, index: int) -> StoredInfo:
    dataset = parts.placement.description.datasets[index]
    dtype = f"{len(dataset.members)} members" if dataset.compound else dataset.members[0].dtype
    tables = [reader.table(index) for reader in readers]
    return StoredInfo(
        path=dataset.path,
        dtype=dtype,
        stored_bytes=sum(table.stored_bytes for table in tables),
        raw_bytes=sum(reader.lengths[index] for reader in readers) * dataset.row_bytes,
        num_chunks=sum(len(table) for table in tables),
    )


def _provenance(readers: list[PartReader]) -> dict[str, Any]:
    inputs: list[dict[str, Any]] = []
    configs: list[str] = []
    versions: dict[str, list[str]] = {}
    for reader in readers:
        provenance = reader.root.provenance
        inputs += [entry for entry in provenance["inputs"] if entry not in inputs]
        configs += [digest for digest in configs_of(provenance) if digest not in configs]
        for name, version in provenance["versions"].items():
            if version not in versions.setdefault(name, []):
                versions[name].append(version)
    return {
        "inputs": tuple(inputs),
        "config_sha256": tuple(configs),
        "versions": {name: tuple(found) for name, found in versions.items()},
    }
