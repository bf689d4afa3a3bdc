"""EventObject: one object of an :class:`~simdprep.EventWriter`, filled event by event."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AlignmentError, SchemaError
from ..schema import ObjectSpec
from ..schema.object_spec import Level
from ..schema.schema import EVENTS
from .columns import Columns, array_of

if TYPE_CHECKING:
    import awkward as ak

OrderBy = str | Callable[[Any], float]

_SHAPES = ("one object", "a list of objects", "a list of lists of objects", "lists of lists of lists of objects")


class EventObject:
    """Takes the objects of one event after the other; :meth:`simdprep.EventWriter.objects` makes it.

    Args:
        name: Of the object.
        columns: Its getters.
        rank: Lists within each other that one event has of it.
        pad: Slots, of the innermost list.
        parent: The object it hangs on, where that is a list.
        order_by: A field, ``-pt`` for descending, or a function of an object, ascending.
        where: Which objects are kept.
        is_rows: Its entries are the rows.
    """

    def __init__(
        self,
        name: str,
        columns: Columns,
        *,
        rank: int = 0,
        pad: int | None = None,
        parent: EventObject | None = None,
        order_by: OrderBy | None = None,
        where: Callable[[Any], bool] | None = None,
        is_rows: bool = False,
    ) -> None:
        self.name = name
        self.rank = rank
        self.pad = pad
        self.parent = parent
        self.is_rows = is_rows
        self._columns = columns
        self._order_by, self._where = order_by, where
        self._place = f"object {name}"
        self._key = self._order_key(order_by)
        self._num_events = 0
        self.clear()
        self.forget()

    def clear(self) -> None:
        """Forget the events that were ended: they are stored."""
        self._values: list[list[Any]] = [[] for _ in self._columns.columns]
        self._counts: list[list[int]] = [[] for _ in range(self.rank)]

    def forget(self) -> None:
        """Forget the event that was not ended."""
        self._fills = 0
        self._items: list[Any] = []
        self._lists: list[list[int]] = []
        self._given: list[list[int]] = []
        self._kept: list[list[int]] = []

    @property
    def is_arranged(self) -> bool:
        """Its entries are selected or sorted."""
        return self._where is not None or self._order_by is not None

    def fill(self, data: Any) -> None:
        """Take what the current event has of this object.

        Args:
            data: One object; or a list of them, or of lists of them, as declared.

        Raises:
            SchemaError: lists are nested less deep than declared.
        """
        self._fills += 1
        if self._fills > 1:
            return  # told at the end of the event
        self._lists = [[] for _ in range(self.rank)]
        self._given = [[] for _ in range(self.rank)]
        self._take(data, 0)

    def _take(self, data: Any, level: int) -> None:
        if level == self.rank:
            self._items.append(data)
            return
        if isinstance(data, (str, bytes)) or not isinstance(data, Iterable):
            rule = f"{_SHAPES[self.rank]} for each event"
            raise SchemaError("rank of a fill", got=_SHAPES[level], expected=rule, where=self._place)
        entries = list(data)
        self._given[level].append(len(entries))
        place = len(self._given[level]) - 1
        if level + 1 == self.rank:
            kept = self._arrange(entries)
            self._kept.append(kept)
        else:
            kept = self._kept_of(level, place, len(entries))
        self._lists[level].append(len(kept))
        for index in kept:
            self._take(entries[index], level + 1)

    def _arrange(self, entries: Sequence[Any]) -> list[int]:
        """Numbers of the entries to be kept, in stored order."""
        kept = [index for index, entry in enumerate(entries) if self._where is None or self._where(entry)]
        if self._key is not None:
            key = self._key
            kept.sort(key=lambda index: key(entries[index]))
        return kept

    def _kept_of(self, level: int, place: int, count: int) -> list[int]:
        """Which lists of a level are those of the entries that the parent keeps."""
        holder = self.parent
        while holder is not None and holder.rank > level + 1:
            holder = holder.parent
        if holder is None or not holder.is_arranged:
            return list(range(count))
        if not holder._fills:
            raise AlignmentError(
                "order of fills",
                got=f"{self.name} before {holder.name}",
                expected=f"{holder.name} first, because its entries are sorted or selected",
                where=self._place,
                hint=f"the fill of {holder.name} first",
            )
        given = holder._given[level]
        if place >= len(given) or given[place] != count:
            raise self._mismatch(holder, count, given[place] if place < len(given) else 0)
        return holder._kept[place]

    def check(self, event: int) -> None:
        """Raise unless the event may be ended.

        Raises:
            AlignmentError: the object was not filled, or twice, or not with one list for each entry of its parent.
        """
        if self._fills != 1:
            unfilled = f"{self.name}.fill(...) before end_event(), with an empty list where there is nothing"
            raise AlignmentError(
                f"fills of {self.name} in one event",
                got=self._fills or "none",
                expected="one",
                where=f"{self._place}, event {event}",
                hint="end_event() after each event" if self._fills else f"{unfilled}, or skip_event()",
            )
        holder = self.parent
        while holder is not None:
            level = holder.rank - 1
            for mine, theirs in zip(self._given[level], holder._given[level], strict=False):
                if mine != theirs:
                    raise self._mismatch(holder, mine, theirs)
            holder = holder.parent

    def _mismatch(self, holder: EventObject, got: int, wanted: int) -> AlignmentError:
        return AlignmentError(
            "outer lengths of a nested object",
            got=f"{got} lists",
            expected=f"one per entry of {holder.name}, {wanted}",
            where=self._place,
        )

    def fetch(self) -> list[list[Any]]:
        """Call the getters for the event; returns the values by column."""
        return [[column.values_of(item, self._place) for item in self._items] for column in self._columns.columns]

    def take(self, values: list[list[Any]]) -> None:
        """Keep what the event has of the object, as it was fetched."""
        for kept, new in zip(self._values, values, strict=True):
            kept.extend(new)
        for counts, lists in zip(self._counts, self._lists, strict=True):
            counts.extend(lists)

    def spec(self, level: Level) -> ObjectSpec:
        """What the schema says of the object."""
        order = self._order_by if isinstance(self._order_by, str) else ""
        parent = None
        if level in ("padded", "ragged"):
            parent = EVENTS if self.parent is None else self.parent.name
        return ObjectSpec(self.name, tuple(self._columns.fields), level, parent, self.pad, order)

    def records(self) -> dict[str, ak.Array]:
        """The values of the events so far, by field: one after the other, without lists."""
        import awkward as ak

        arrays = {}
        for column, values in zip(self._columns.columns, self._values, strict=True):
            for index, name in enumerate(column.names):
                array, there = array_of([entry[index] for entry in values], f"{self._place}, field {name}")
                arrays[name] = ak.Array(array) if there is None else ak.mask(ak.Array(array), there)
        return arrays

    def array(self) -> ak.Array:
        """The events so far, as lists of records."""
        import awkward as ak

        array = ak.zip(self.records(), depth_limit=1)
        for counts in reversed(self._counts):
            array = ak.unflatten(array, np.asarray(counts, np.int64))
        return array

    def _order_key(self, order_by: OrderBy | None) -> Callable[[Any], tuple[bool, float]] | None:
        if order_by is None:
            return None
        sign, getter = 1, order_by
        if isinstance(order_by, str):
            sign = -1 if order_by.startswith("-") else 1
            name = order_by.removeprefix("-")
            found = [column.getter for column in self._columns.columns if column.name == name]
            if not found:
                names = ", ".join(column.name for column in self._columns.columns)
                raise SchemaError(
                    "field",
                    got=repr(name),
                    expected="one of these columns",
                    where=f"{self._place}, order_by",
                    hint=names,
                )
            getter = found[0]

        def key(item: Any) -> tuple[bool, float]:
            value = getter(item)  # type: ignore[operator]
            missing = value is None or math.isnan(value)
            return missing, 0.0 if missing else sign * value

        return key
