"""Segments: of which entries of which parts the datasets of a merged file consist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..schema import EVENTS, Schema
from .part_reader import PartReader
from .placement import Place, Placement
from .same_schema import Recoding, recode, recodings

#: Changes values in place.
Change = Callable[[NDArray[Any]], None]


@dataclass(frozen=True)
class Segment:
    """Entries of one part within a merged dataset.

    Attributes:
        reader: The part.
        source: First entry in the part.
        target: First entry in the merged dataset.
        length: Number of entries.
        changes: What to do to the values; nothing lets whole chunks be copied as they are.
    """

    reader: PartReader
    source: int
    target: int
    length: int
    changes: tuple[Change, ...] = ()


def segments_of(readers: Sequence[PartReader], schema: Schema) -> list[list[Segment]]:
    """Return the segments of every dataset of the description, in order.

    Args:
        readers: The parts.
        schema: Of the merged file.
    """
    placement = readers[0].placement
    recoded = [recodings(reader.root.schema, schema, str(reader.path)) for reader in readers]
    shifts = _event_shifts(readers, placement)
    segments = []
    for index in range(len(placement.description.datasets)):
        base = _OffsetBase(placement, schema, index)
        found: list[Segment] = []
        target = 0
        for number, reader in enumerate(readers):
            changes = _recoding_changes(placement, schema, index, recoded[number])
            if shifts[number] and placement.event_index is not None and placement.event_index.dataset == index:
                changes.append(partial(_shift, place=placement.event_index, by=shifts[number]))
            # Offsets count from the part's first entry and begin with a 0 of their own.
            skipped = 1 if base.is_offsets and found else 0
            if base.is_offsets and base.value:
                changes.append(partial(_shift, place=Place(index), by=base.value))
            length = reader.lengths[index] - skipped
            found.append(Segment(reader, skipped, target, length, tuple(changes)))
            target += length
            base.add(reader)
        segments.append(found)
    return segments


class _OffsetBase:
    """Entries of the object of an offsets dataset in the parts so far."""

    def __init__(self, placement: Placement, schema: Schema, index: int) -> None:
        spec = schema.objects[placement.description.datasets[index].object]
        self._spec = spec
        self.is_offsets = placement.offsets(spec) == Place(index)
        self.value = 0

    def add(self, reader: PartReader) -> None:
        if self.is_offsets:
            self.value += reader.num_rows if self._spec.level == "event" else reader.num_items(self._spec)


def _recoding_changes(
    placement: Placement, schema: Schema, index: int, recoded: dict[tuple[str, str], Recoding]
) -> list[Change]:
    changes: list[Change] = []
    for (owner, field), recoding in recoded.items():
        place = placement.field(schema.object(owner), field)
        if place.dataset == index:
            changes.append(partial(_recode, place=place, recoding=recoding))
    return changes


def _event_shifts(readers: Sequence[PartReader], placement: Placement) -> list[int]:
    """What to add to the event numbers stored with each part's rows.

    The parts of one writer count through; datasets of their own begin anew and go on after the last.
    """
    place = placement.event_index
    if place is None or placement.schema.rows == EVENTS:
        return [0] * len(readers)
    shifts, last = [], -1
    for reader in readers:
        shift = 0
        if reader.num_rows:
            begin = int(reader.read(place.dataset, 0, 1)[place.member][0])
            end = int(reader.read(place.dataset, reader.num_rows - 1, reader.num_rows)[place.member][0])
            shift = 0 if begin > last else last + 1 - begin
            last = end + shift
        shifts.append(shift)
    return shifts


def _recode(values: NDArray[Any], *, place: Place, recoding: Recoding) -> None:
    recode(values if place.member is None else values[place.member], recoding)


def _shift(values: NDArray[Any], *, place: Place, by: int) -> None:
    target: NDArray[np.int64] = values if place.member is None else values[place.member]
    target += by
