"""StoredSlots: where the core finds the fields of a padded object, to read them packed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .. import _core
from ..schema import ObjectSpec
from .parts import Parts
from .placement import Place
from .sink import stored_dtype

#: A reader, the bytes in front of the field in an element, and its dtype.
Field = tuple[_core.ChunkReader, int, str]


class SlotRows(NamedTuple):
    """Rows of a padded object within one part.

    Attributes:
        fields: Where each of them lies.
        valid: Where the mask lies.
        rows: First row in the part, and one past the last.
        slots: Of a row: outer ones (1 where the object hangs on the rows), and those of each list.
    """

    fields: list[Field]
    valid: Field
    rows: tuple[int, int]
    slots: tuple[int, int]


class StoredSlots:
    """Fields of a padded object, by their places in the parts' datasets.

    Args:
        parts: Of the dataset.
        spec: Of the object.
        fields: Names of one or more of its fields.
    """

    def __init__(self, parts: Parts, spec: ObjectSpec, fields: Sequence[str]) -> None:
        self._parts = parts
        self._spec = spec
        self._fields = tuple(fields)
        placement = parts.placement
        mask = placement.valid(spec)
        assert mask is not None
        places = [mask, *(placement.field(spec, name) for name in fields)]
        self._places = [(place.dataset, *self._within(place)) for place in places]
        self._datasets = sorted({place.dataset for place in places})
        outer, inner = (1, *placement.slots(spec))[-2:]
        self._slots = outer, inner

    def rows(self, start: int, stop: int) -> SlotRows | None:
        """Find rows [start, stop); ``None`` where the core alone cannot read them.

        That is where they lie in several parts, HDF5 must read them, or their codes must be changed.
        """
        pieces = self._parts.split_rows(start, stop)
        if len(pieces) != 1:
            return None
        ((part, first, last),) = pieces
        reader = self._parts.reader(part)
        chunks = {index: reader.chunk_reader(index) for index in self._datasets}
        if None in chunks.values() or len({reader.pipelines[index].chunk_rows for index in self._datasets}) > 1:
            return None
        if self._parts.recodes(part, self._spec, self._fields):
            return None
        valid, *fields = [(chunks[index], offset, dtype) for index, offset, dtype in self._places]
        return SlotRows(fields, valid, (first, last), self._slots)  # type: ignore[arg-type]  # none of the chunks is None

    def _within(self, place: Place) -> tuple[int, str]:
        """Where in an element of its dataset a field lies, and its dtype."""
        dtype = stored_dtype(self._parts.placement.description.datasets[place.dataset])
        if place.member is None:
            return 0, dtype.name
        assert dtype.fields is not None
        member, offset = dtype.fields[place.member][:2]
        return offset, member.name
