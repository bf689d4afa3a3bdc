"""Window: a run of rows over one or several parts, and what of every object hangs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import ResourceError
from ..schema import ObjectSpec
from ..thread_pool import thread_pool
from .parts import Parts, Piece
from .placement import Place
from .sink import stored_dtype

Offsets = NDArray[np.int64]


class Window:
    """A run of rows.

    Offsets and records that are needed for several fields are kept while the window lives.

    Args:
        parts: Of the dataset.
        pieces: The rows, part by part.
    """

    def __init__(self, parts: Parts, pieces: list[Piece]) -> None:
        self._parts = parts
        self._pieces = pieces
        self._schema = parts.schema
        self._placement = parts.placement
        self.num_rows = sum(piece.stop - piece.start for piece in pieces)
        self._offsets: dict[str, Offsets] = {}
        self._items: dict[str, list[Piece]] = {}
        self._starts: dict[str, Offsets] = {}
        self._records: dict[str, NDArray[Any]] = {}

    def read(self, places: Mapping[str, Place]) -> dict[str, NDArray[Any]]:
        """Read what lies on the row axis: (num_rows, slots...) by name.

        Each stored dataset is decoded once. Members of one dataset of records are views of the same
        memory.
        """
        stored = {index: self._empty(index, self._pieces) for index in {place.dataset for place in places.values()}}
        self._parts.read([(index, self._pieces, out) for index, out in stored.items()])
        return {
            name: stored[place.dataset] if place.member is None else stored[place.dataset][place.member]
            for name, place in places.items()
        }

    def offsets(self, spec: ObjectSpec) -> Offsets:
        """Where the stored entries of a list object begin, per stored entry of its parent.

        Returns:
            int64 (n_parents + 1,), from 0 on; for nested objects the parents are the stored entries
            of the outer object in this window.
        """
        found = self._offsets.get(spec.name)
        if found is None:
            found = self._ragged_offsets(spec) if spec.level == "ragged" else self._padded_offsets(spec)
            self._offsets[spec.name] = found
        return found

    def content(self, spec: ObjectSpec, field: str) -> NDArray[Any]:
        """The field of all stored entries, one after the other, without empty slots: (n_items,), contiguous."""
        place = self._placement.field(spec, field)
        if spec.level == "ragged":
            self.offsets(spec)
            return self._read_pieces(place.dataset, self._items[spec.name])
        if place.member is not None:
            return np.ascontiguousarray(self._stored_records(spec)[place.member])
        values = self._read_pieces(place.dataset, self._pieces)
        return self._unpad(values, self._slot_starts(spec)) if spec.level == "padded" else values

    def contents(self, spec: ObjectSpec, fields: Sequence[str]) -> dict[str, NDArray[Any]]:
        """As :meth:`content` for several fields; those of a ragged object are read at once."""
        if spec.level != "ragged":
            return {name: self.content(spec, name) for name in fields}
        self.offsets(spec)
        pieces = self._items[spec.name]
        indices = {name: self._placement.field(spec, name).dataset for name in fields}
        found = {name: self._empty(index, pieces) for name, index in indices.items()}
        self._parts.read([(index, pieces, found[name]) for name, index in indices.items()])
        return found

    def _unpad(self, values: NDArray[Any], starts: Offsets) -> NDArray[Any]:
        """The valid entries of slots, one after the other."""
        return _core.unpad(thread_pool(self._parts.threads), values, starts)

    def _slot_starts(self, spec: ObjectSpec) -> Offsets:
        """Where the stored entries of a padded object begin, per slot of its parent; none where that slot is empty."""
        if spec.name not in self._starts:
            if self._placement.is_compound:
                self._stored_records(spec)
            else:
                self._starts[spec.name] = _offsets(self._stored_counts(spec))
        return self._starts[spec.name]

    def _slot_counts(self, spec: ObjectSpec) -> NDArray[np.int64]:
        """Entries stored per slot of the parent: (num_rows,), or (num_rows, slots of the parent)."""
        counts: NDArray[np.int64] = np.diff(self._slot_starts(spec))
        return counts.reshape(self.num_rows, *self._placement.slots(spec)[:-1])

    def _is_present(self, spec: ObjectSpec) -> NDArray[np.bool_]:
        """Which slots of a padded object hold an entry: (num_rows, slots...)."""
        assert spec.pad is not None
        present: NDArray[np.bool_] = np.arange(spec.pad) < self._slot_counts(spec)[..., None]
        return present

    def _stored_counts(self, spec: ObjectSpec) -> NDArray[Any]:
        """Entries stored per slot of the parent, by the multiplicities: of the shape of ``_slot_counts``."""
        place = self._placement.count(spec)
        assert place is not None
        assert spec.pad is not None
        stored = self._read_pieces(place.dataset, self._pieces)
        counts: NDArray[Any] = np.minimum(stored, np.uint32(spec.pad))
        parent = self._placement.list_parent(spec)
        if parent is not None:
            counts[~self._is_present(parent)] = 0
        return counts

    def _padded_offsets(self, spec: ObjectSpec) -> Offsets:
        parent = self._placement.list_parent(spec)
        if parent is None:
            return self._slot_starts(spec)
        return _offsets(self._unpad(self._slot_counts(spec), self._slot_starts(parent)))

    def _stored_records(self, spec: ObjectSpec) -> NDArray[Any]:
        """Layout compound: the records of all stored entries, (n_items,); decoded once."""
        records = self._records.get(spec.name)
        if records is not None:
            return records
        index = self._placement.record_of(spec)
        records = self._read_pieces(index, self._pieces)
        if spec.level == "padded":
            valid = records["valid"]
            parent = self._placement.list_parent(spec)
            if parent is not None:
                valid = valid & self._is_present(parent)[..., None]
            self._starts[spec.name] = _core.unpad_offsets(thread_pool(self._parts.threads), valid)
            records = self._unpad(records, self._starts[spec.name])
        self._records[spec.name] = records
        return records

    def _ragged_offsets(self, spec: ObjectSpec) -> Offsets:
        """Offsets of a ragged object over all pieces; remembers which items of each part these are."""
        place = self._placement.offsets(spec)
        assert place is not None
        parent = self._placement.list_parent(spec)
        parents = self._pieces
        if parent is not None:
            self.offsets(parent)
            parents = self._items[parent.name]
        joined = [np.zeros(1, np.int64)]
        items: list[Piece] = []
        for piece in parents:
            reader = self._parts.reader(piece.part)
            offsets = reader.read_offsets(place.dataset, piece.start, piece.stop, end=reader.sizes.num_items(spec))
            items.append(Piece(piece.part, int(offsets[0]), int(offsets[-1])))
            joined.append(offsets[1:] - offsets[0] + joined[-1][-1])
        self._items[spec.name] = items
        return np.concatenate(joined)

    def _read_pieces(self, index: int, pieces: list[Piece]) -> NDArray[Any]:
        out = self._empty(index, pieces)
        self._parts.read([(index, pieces, out)])
        return out

    def _empty(self, index: int, pieces: list[Piece]) -> NDArray[Any]:
        dataset = self._placement.description.datasets[index]
        total = sum(piece.stop - piece.start for piece in pieces)
        try:
            return _core.empty((total, *dataset.slots), stored_dtype(dataset))
        except (MemoryError, ResourceError) as error:
            raise ResourceError(
                "memory for a read",
                got=f"{total} entries of {dataset.row_bytes} bytes",
                expected="what the machine has",
                where=dataset.path,
                hint="a shorter range",
            ) from error


def _offsets(counts: NDArray[Any]) -> Offsets:
    out = np.zeros(counts.size + 1, np.int64)
    np.cumsum(counts.reshape(-1), out=out[1:])
    return out
