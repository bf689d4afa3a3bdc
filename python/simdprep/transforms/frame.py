"""Frame: events taken apart into flat columns, where dropping and reordering entries is indexing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import AlignmentError
from .catalog import EVENTS, Catalog, Collection, Path
from .texts import equals

if TYPE_CHECKING:
    import awkward as ak

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Value:
    """Numbers of one list level.

    Attributes:
        path: The level: one value per entry of the last object, ``()`` for one per event.
        data: One value per entry, all events behind each other; or a Python number, for all.
        missing: True where there is no value (``data`` is arbitrary there); ``None`` where all are there.
    """

    path: Path
    data: Any
    missing: NDArray[np.bool_] | None = None


@dataclass
class Table:
    """One object: its columns as they came, and which of their entries are still there, in which order.

    Attributes:
        collection: What the object is.
        counts: Entries per entry of the level above (int64); ``None`` for one entry per event.
        columns: Awkward arrays, one entry per entry of the object, by name, in order.
        size: Present entries.
        positions: Where the present entries stand in ``columns``; ``None`` for all as they came.
        parameters: Those of the records, such as their name, which carries their behaviour.
        values: Fields asked for, as numbers, until the entries change; with the text that one is compared with.
    """

    collection: Collection
    counts: NDArray[np.int64] | None
    columns: dict[str, Any]
    size: int
    positions: Positions | None = None
    parameters: Mapping[str, Any] | None = None
    values: dict[tuple[str, str | None], Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._length = self.size  # of the columns

    def take(self, positions: Positions) -> None:
        """Keep the entries at ``positions`` of the present ones, in that order."""
        self.positions = positions if self.positions is None else self.positions[positions]
        self.size = len(positions)
        self.values.clear()

    def settle(self) -> None:
        """Gather the present entries of all columns."""
        if self.positions is not None:
            self.columns = {name: column[self.positions] for name, column in self.columns.items()}
            self.positions = None
            self._length = self.size

    def put(self, name: str, value: Value) -> None:
        """Make ``value``, one number per present entry, the column ``name``: in the old one's place, or last."""
        import awkward as ak

        data = value.data if isinstance(value.data, np.ndarray) else np.full(self.size, value.data)
        self.values[name, None] = Value(self.collection.path, data, value.missing)
        content = ak.contents.NumpyArray(self._as_they_came(data))
        if value.missing is not None:
            mask = ak.index.Index8(self._as_they_came(value.missing).astype(np.int8))
            content = ak.contents.ByteMaskedArray(mask, content, valid_when=False)
        self.columns[name] = ak.Array(content)

    def _as_they_came(self, present: NDArray[Any]) -> NDArray[Any]:
        """Put one value per present entry where the entries stand in the columns."""
        if self.positions is None:
            return np.ascontiguousarray(present)
        all_entries = np.zeros(self._length, present.dtype)
        all_entries[self.positions] = present
        return all_entries


class Frame:
    """Events as tables, one per object.

    Args:
        events: One record per event.
        catalog: What they hold, from :meth:`Catalog.from_events` of the same array.

    Raises:
        AlignmentError: the outer lists of an object are not as long as its parent's.
    """

    def __init__(self, events: ak.Array, catalog: Catalog) -> None:
        self.catalog = catalog
        self.num_events = len(events)
        self._behavior, self._attrs = events.behavior, events.attrs
        self._parameters = dict(events.layout.parameters)
        self._order = list(events.fields)
        self._outer: dict[str, NDArray[np.int64]] = {}
        rest = {name: events[name] for name in self._order}
        self.tables: dict[str, Table] = {}
        for collection in sorted(catalog, key=lambda entry: len(entry.path)):
            if collection.holder is None and collection.name != EVENTS:
                self._add(collection, rest.pop(collection.name))
        self.tables[EVENTS] = Table(catalog[EVENTS], None, rest, self.num_events)

    def counts(self, step: str) -> NDArray[np.int64]:
        """Return how many entries of ``step``, a part of a path, each entry of the level above has."""
        counts = self._outer.get(step)
        if counts is None:
            counts = self.tables[step].counts
            assert counts is not None
        return counts

    def value(self, name: str, entry: str, text: str | None = None) -> Value:
        """Return a field of an object as flat numbers; with ``text``, where the field is this text."""
        import awkward as ak

        table = self.tables[name]
        if (entry, text) not in table.values:
            column = table.columns[entry]
            present = column if table.positions is None else column[table.positions]
            if text is not None:
                table.values[entry, text] = Value(table.collection.path, *equals(present, text))
                return table.values[entry, text]
            masked = ak.to_numpy(present, allow_missing=True)
            missing = np.ma.getmaskarray(masked) if isinstance(masked, np.ma.MaskedArray) else None
            if missing is not None and not missing.any():
                missing = None
            table.values[entry, None] = Value(table.collection.path, np.ma.getdata(masked), missing)
        return table.values[entry, text]

    def lifted(self, value: Value, path: Path) -> Value:
        """Return ``value`` repeated for each entry of the deeper level ``path``; one number stays one."""
        if not isinstance(value.data, np.ndarray):
            return value
        data, missing = value.data, value.missing
        for step in path[len(value.path) :]:
            counts = self.counts(step)
            data = np.repeat(data, counts)
            missing = None if missing is None else np.repeat(missing, counts)
        return Value(path, data, missing)

    def length(self, path: Path) -> int:
        """Return the number of entries at a level."""
        return int(self.counts(path[-1]).sum()) if path else self.num_events

    def may_hang(self, nested: str, name: str) -> bool:
        """Return whether the outer lists of ``nested``, which names no parent, are as long as those of ``name``."""
        depth = len(self.catalog[name].path)
        counts = self.counts(name)
        outer = self.counts(self.catalog[nested].path[depth - 1])
        return bool(counts.any()) and np.array_equal(counts, outer)

    def take_entries(self, name: str, positions: Positions) -> None:
        """Keep the entries of a list object at ``positions``, each in its list, with all that hangs on them."""
        table = self.tables[name]
        counts = self.counts(name)
        owners = np.repeat(np.arange(len(counts)), counts)
        table.counts = np.bincount(owners[positions], minlength=len(counts)).astype(np.int64)
        table.take(positions)
        self._take_below(table.collection.path, positions)

    def take_events(self, keep: NDArray[np.bool_]) -> None:
        """Keep the events where ``keep`` is true."""
        positions = np.flatnonzero(keep)
        for table in self.tables.values():
            if not table.collection.is_list:
                table.take(positions)
        self.num_events = len(positions)
        self._take_below((), positions)

    def _take_below(self, path: Path, positions: Positions) -> None:
        """Keep the lists at ``positions`` of the level ``path``, for every object below it."""
        for step in self._steps_below(path):
            counts = self.counts(step)
            starts = np.cumsum(counts) - counts
            kept = counts[positions]
            first = starts[positions] - (np.cumsum(kept) - kept)
            inner = np.repeat(first, kept) + np.arange(int(kept.sum()))
            if step in self._outer:
                self._outer[step] = kept
            else:
                self.tables[step].counts = kept
                self.tables[step].take(inner)
            self._take_below((*path, step), inner)

    def _steps_below(self, path: Path) -> list[str]:
        depth = len(path)
        steps = [entry.path[depth] for entry in self.catalog if len(entry.path) > depth and entry.path[:depth] == path]
        return list(dict.fromkeys(steps))

    def _add(self, collection: Collection, array: Any) -> None:
        """Take an object of the event apart; ``array`` has a list level per step of its path."""
        import awkward as ak

        for depth, step in enumerate(collection.path, 1):
            counts = ak.to_numpy(ak.fill_none(ak.num(array, axis=1), 0)).astype(np.int64)
            array = ak.flatten(array, axis=1)  # a missing list is an empty one
            if depth == len(collection.path):
                self._add_records(collection, counts, array)
                return
            if step not in self.catalog:
                self._outer.setdefault(step, counts)
            if not np.array_equal(counts, self.counts(step)):
                self._misaligned(collection, step, counts)
        self._add_records(collection, None, array)

    def _add_records(self, collection: Collection, counts: NDArray[np.int64] | None, records: Any) -> None:
        import awkward as ak

        if collection.plain:
            columns = {"value": records}
        else:
            columns = {name: records[name] for name in ak.fields(records)}
        parameters = records.layout.parameters if records.layout.is_record else _record_parameters(records.layout)
        self.tables[collection.name] = Table(collection, counts, columns, len(records), parameters=parameters)
        for inner in self.catalog:
            if inner.holder == collection.name:
                array = columns[inner.key]
                inner_counts = ak.to_numpy(ak.fill_none(ak.num(array, axis=1), 0)).astype(np.int64)
                self._add_records(inner, inner_counts, ak.flatten(array, axis=1))

    def _misaligned(self, collection: Collection, step: str, counts: NDArray[np.int64]) -> None:
        expected = self.counts(step)
        if len(counts) != len(expected):
            got, rule, place = f"{len(counts)} lists", f"{len(expected)}", ""
        else:
            at = int(np.flatnonzero(counts != expected)[0])
            place = f", {'event' if collection.path[0] == step else 'list'} {at}"
            got, rule = f"{counts[at]} lists", f"{expected[at]}"
        rule += f", as many as its parent {step} has entries"
        raise AlignmentError("outer lists", got=got, expected=rule, where=f"object {collection.name}{place}")

    def events(self, fields: Mapping[str, Mapping[str, str]] | None = None) -> ak.Array:
        """Return the events in the form they came in.

        Args:
            fields: New name by name, of the fields to keep, by object; ``None`` keeps all. What is no
                object of the catalog is kept by ``None`` only.
        """
        import awkward as ak

        contents: dict[str, Any] = {}
        events = self.tables[EVENTS]
        events.settle()
        mine = {name: name for name in events.columns} if fields is None else fields.get(EVENTS, {})
        for name in self._order + [name for name in events.columns if name not in self._order]:
            if name in events.columns:
                if name in mine:
                    contents[mine[name]] = ak.to_layout(events.columns[name])
            elif fields is None or self._wanted(name, fields):
                contents[name] = self._content(name, fields)
        record = ak.contents.RecordArray(
            list(contents.values()), list(contents), length=self.num_events, parameters=self._parameters
        )
        return ak.Array(record, behavior=self._behavior, attrs=self._attrs)

    def _wanted(self, name: str, fields: Mapping[str, Any]) -> bool:
        return name in fields or any(
            entry.holder == name and self._wanted(entry.name, fields) for entry in self.catalog
        )

    def _content(self, name: str, fields: Mapping[str, Mapping[str, str]] | None) -> Any:
        """Return an object as awkward content: lists per entry of the event, or of the object that holds it."""
        import awkward as ak

        table = self.tables[name]
        table.settle()
        held = {entry.key: entry for entry in self.catalog if entry.holder == name}
        mine = {entry: entry for entry in table.columns} if fields is None else dict(fields.get(name, {}))
        contents: dict[str, Any] = {}
        for entry, column in table.columns.items():
            if entry in held:
                if fields is None or self._wanted(held[entry].name, fields):
                    contents[entry] = self._content(held[entry].name, fields)
            elif entry in mine:
                contents[mine[entry]] = ak.to_layout(column)
        if table.collection.plain and list(contents) == ["value"]:
            content = contents["value"]
        else:
            content = ak.contents.RecordArray(
                list(contents.values()), list(contents), length=table.size, parameters=table.parameters
            )
        path = table.collection.path
        if table.counts is None:
            return content
        steps = path[-1:] if table.collection.holder is not None else path
        for step in reversed(steps):
            offsets = np.concatenate([[0], np.cumsum(self.counts(step))]).astype(np.int64)
            content = ak.contents.ListOffsetArray(ak.index.Index64(offsets), content)
        return content


def _record_parameters(layout: Any) -> Mapping[str, Any] | None:
    while layout.is_option or layout.is_indexed:
        layout = layout.content
    return layout.parameters if layout.is_record else None
