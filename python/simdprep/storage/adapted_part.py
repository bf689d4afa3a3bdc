"""AdaptedPart: a part as the schema of the merged dataset would have stored it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from ..schema import ObjectSpec
from .chunk_table import ChunkTable
from .guard import written_pipeline
from .merge_provenance import num_events_of
from .part_read import PartRead, read_all
from .part_reader import PartReader
from .placement import Placement
from .same_schema import recode, recodings
from .sink import stored_dtype

#: Changes values in place.
Change = Callable[[NDArray[Any]], None]


@dataclass
class Before:
    """What the parts before add up to: offsets and event numbers go on after it.

    Attributes:
        items: Entries of every object that has offsets of its own, by the number of the dataset of these.
        events: Events, those without rows included.
        last_event: The last event number that is stored with a row.
        any: There is a part before.
    """

    items: dict[int, int] = field(default_factory=dict)
    events: int = 0
    last_event: int = -1
    any: bool = False

    def numbers(self) -> Before:
        """The same for a file of its own, in which only the numbers of events go on."""
        return Before(events=self.events, last_event=self.last_event, any=self.any)


@dataclass(frozen=True)
class Wanted:
    """Entries [start, stop) of a merged dataset, counted in one part, and where they go."""

    index: int
    start: int
    stop: int
    out: NDArray[Any]


class AdaptedPart:
    """Reads a part into arrays of the merged schema: codes, offsets and event numbers follow those before.

    Args:
        reader: The part.
        placement: Of the merged schema.
        before: The parts before; this one is added to it.
        event_shift: What to add to its event numbers; ``None`` finds it by those before.

    Raises:
        DatasetError: entries of the part were truncated that the merged schema has slots for.
    """

    def __init__(
        self, reader: PartReader, placement: Placement, before: Before, *, event_shift: int | None = None
    ) -> None:
        self.reader = reader
        self._placement = placement
        self._datasets = placement.datasets
        self._is_alike = reader.placement is placement
        own = {} if self._is_alike else {path: index for index, path in enumerate(reader.placement.paths)}
        self._sources = range(len(self._datasets)) if self._is_alike else [own.get(path) for path in placement.paths]
        self._changes: defaultdict[int, list[Change]] = defaultdict(list)
        #: Entries at the start of each dataset that belong to the part before: the 0 with which offsets begin.
        self.skipped = [0] * len(self._datasets)
        #: The numbers of its events are not those it has in its file.
        self.shifts_events = False
        self._check_truncated()
        self._add_recodings()
        self._add_event_shift(before, event_shift)
        self._add_offset_shifts(before)
        before.any = True

    def ranges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the entries of every merged dataset begin and end in the part: twice int64 (n_datasets,)."""
        lengths = (
            self.reader.lengths if self._is_alike else [self.length(index) for index in range(len(self._datasets))]
        )
        return np.array(self.skipped, np.int64), np.array(lengths, np.int64)

    @property
    def copied(self) -> NDArray[np.bool_]:
        """Merged datasets whose chunks are those of the part: bool (n_datasets,)."""
        if self._is_alike:
            copied = self.reader.storage.is_as_written.copy()
        else:
            found = [self._is_copied(index, source) for index, source in enumerate(self._sources)]
            copied = np.array(found, np.bool_)
        copied[list(self._changes)] = False
        return copied

    def chunks(self, first: NDArray[np.int64], counts: NDArray[np.int64]) -> ChunkTable:
        """Return so many chunks of every merged dataset that is :attr:`copied`, one dataset after the other.

        Args:
            first: int64 (n_datasets,), the first chunk.
            counts: int64 (n_datasets,), how many; 0 for datasets that are not copied.
        """
        sources = np.array(self._sources if self._is_alike else [source or 0 for source in self._sources], np.int64)
        return self.reader.tables.pick(sources, first, counts)

    def length(self, index: int) -> int:
        """Entries of a merged dataset that the part has, those skipped included."""
        source = self._sources[index]
        if source is not None:
            return self.reader.lengths[source]
        spec = self._own_spec(index)
        if spec.level in ("row", "padded"):
            return self.reader.num_rows
        return self.reader.num_items(spec) if spec.level == "ragged" else self.reader.num_events

    def read(self, wanted: Sequence[Wanted]) -> None:
        """Read entries of several datasets, all at once.

        Raises:
            DatasetError: stored bytes are damaged.
        """
        reads: list[PartRead] = []
        adapted: list[tuple[Wanted, NDArray[Any]]] = []
        for entry in wanted:
            source = self._sources[entry.index]
            if source is None or not self._is_same(entry.index, source):
                dataset = self._datasets[entry.index]
                entry.out[...] = np.frombuffer(dataset.fill, stored_dtype(dataset))[0]
            if source is None:
                continue
            values = entry.out
            if not self._is_same(entry.index, source):
                own = self.reader.placement.datasets[source]
                values = np.empty((entry.stop - entry.start, *own.slots), stored_dtype(own))
                adapted.append((entry, values))
            reads.append(PartRead(self.reader, source, entry.start, entry.stop, values))
        read_all(reads)
        for entry, values in adapted:
            _adapt(values, entry.out)
        for entry in wanted:
            for change in self._changes.get(entry.index, ()):
                change(entry.out)

    def _is_copied(self, index: int, source: int | None) -> bool:
        if source is None or not self._is_same(index, source):
            return False
        return self.reader.pipelines[source] == written_pipeline(self._datasets[index])

    def _is_same(self, index: int, source: int) -> bool:
        if self._is_alike:
            return True
        mine, own = self._datasets[index], self.reader.placement.datasets[source]
        return mine.slots == own.slots and mine.fill == own.fill and _members(mine) == _members(own)

    def _own_spec(self, index: int) -> ObjectSpec:
        name = self._placement.schema.objects[self._datasets[index].object].name
        return self.reader.root.schema.object(name)

    def _check_truncated(self) -> None:
        """What found no slot cannot be given one: its row would say that it has one."""
        own = self.reader.root.schema
        if own is self._placement.schema:
            return
        for spec in self._placement.schema.objects:
            number = own.names.index(spec.name)
            if spec.pad == own.objects[number].pad or not self.reader.num_truncated[number]:
                continue
            lost = self.reader.num_truncated[number]
            raise DatasetError(
                f"pads of {spec.name}",
                got=f"{own.objects[number].pad} slots, in which {lost} entries found no room",
                expected=f"{spec.pad} slots, or nothing truncated",
                where=str(self.reader.path),
                hint=f"converting its inputs again with --pad {spec.name}={spec.pad}",
            )

    def _add_recodings(self) -> None:
        schema = self._placement.schema
        if self.reader.root.schema is schema:
            return
        for (owner, name), recoding in recodings(self.reader.root.schema, schema, str(self.reader.path)).items():
            place = self._placement.field(schema.object(owner), name)
            self._changes[place.dataset].append(
                partial(_change_member, member=place.member, by=partial(recode, recoding=recoding))
            )

    def _add_event_shift(self, before: Before, given: int | None) -> None:
        """Layout compound with other rows: datasets of their own begin anew, the parts of one writer count through."""
        place, reader = self._placement.event_index, self.reader
        if place is None:
            return
        if reader.num_rows:
            own = reader.placement.event_index
            assert own is not None
            begin, end = (
                int(reader.read(own.dataset, row, row + 1)[own.member][0]) for row in (0, reader.num_rows - 1)
            )
            shift = given or 0
            if given is not None:
                pass  # whoever made the parts knows
            elif before.any and begin < before.events:
                shift = max(before.events, before.last_event + 1)
            elif begin <= before.last_event:
                shift = before.last_event + 1 - begin
            if shift:
                self.shifts_events = True
                self._changes[place.dataset].append(partial(_shift, member=place.member, by=shift))
            before.last_event = end + shift
        before.events += num_events_of(reader)

    def _add_offset_shifts(self, before: Before) -> None:
        for spec in self._placement.schema.objects:
            place = self._placement.offsets(spec)
            if place is None:
                continue
            index = place.dataset
            base = before.items.get(index, 0)
            if index in before.items:
                self.skipped[index] = 1
            if base:
                self._changes[index].append(partial(_shift, member=None, by=base))
            own = self.reader.root.schema.object(spec.name)
            before.items[index] = base + (self.reader.num_rows if own.level == "event" else self.reader.num_items(own))


def _members(dataset: _core.DatasetDescription) -> list[tuple[str, str]]:
    return [(member.name, member.dtype) for member in dataset.members]


def _adapt(values: NDArray[Any], out: NDArray[Any]) -> None:
    """Copy values into the first slots of a larger array, whose rest holds fill values."""
    target = out[tuple(slice(0, size) for size in values.shape)]
    if values.dtype.names is None:
        target[...] = values
        return
    for name in values.dtype.names:
        target[name] = values[name]


def _change_member(values: NDArray[Any], *, member: str | None, by: Change) -> None:
    by(values if member is None else values[member])


def _shift(values: NDArray[Any], *, member: str | None, by: int) -> None:
    target: NDArray[np.int64] = values if member is None else values[member]
    target += by
