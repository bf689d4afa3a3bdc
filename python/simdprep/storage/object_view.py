"""ObjectView: one object of a dataset, a mapping of its fields to columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from ..schema import ObjectSpec
from .column import Column
from .event_window import EventWindow
from .offsets_column import event_offsets, ragged_offsets
from .parts import Parts
from .placement import Place
from .stored_slots import StoredSlots
from .unknown_name import UnknownName
from .window import Window


class RaggedRows(NamedTuple):
    """Rows of a list object without empty slots.

    Attributes:
        offsets: int64 (n + 1,) from 0 on, where the entries of each row begin; where the object
            hangs on another list, where that one's entries begin.
        contents: By field, the entries one after the other.
        inner: Where the entries of each entry of the outer list begin; ``None`` unless nested.
    """

    offsets: NDArray[np.int64]
    contents: dict[str, NDArray[Any]]
    inner: NDArray[np.int64] | None = None


class ObjectView(Mapping[str, Column]):
    """One object: its fields as columns, its mask, multiplicities and offsets.

    Args:
        parts: Of the dataset.
        spec: What the schema says of the object.

    Attributes:
        spec: As given.
        name: Of the object.
        num_slots: Slots in a row of a padded object, outermost first; empty for others.
    """

    def __init__(self, parts: Parts, spec: ObjectSpec) -> None:
        self._parts = parts
        self._placement = parts.placement
        self.spec = spec
        self.name = spec.name
        self.num_slots = parts.placement.slots(spec)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields, in stored order."""
        return self.spec.field_names

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __repr__(self) -> str:
        slots = f", slots {self.num_slots}" if self.num_slots else ""
        return f"<ObjectView {self.name!r}: {self.spec.level}{slots}, fields {', '.join(self.fields)}>"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.fields)

    def __getitem__(self, name: str) -> Column:
        if name not in self.fields:
            raise UnknownName(name, self.fields, what="field", where=f"object {self.name}")
        field = self.spec.field(name)
        if self.spec.level == "ragged":
            shape: tuple[int | None, ...] = (self._parts.num_rows, *(None for _ in range(self._depth)))

            def read(start: int, stop: int) -> Any:
                return self._lists(self._window(start, stop), name)

            chunk_rows = self._placement.description.chunk_rows
        elif self.spec.level == "event":
            return self._event_column(name)
        else:
            place = self._placement.field(self.spec, name)
            return self._column(name, place, unit=field.unit, categories=field.categories)
        return Column(
            name, field.numpy_dtype, shape, read, chunk_rows=chunk_rows, unit=field.unit, categories=field.categories
        )

    @property
    def valid(self) -> Column:
        """The mask of a padded object, bool (num_rows, slots...): true for real entries, which come first.

        Raises:
            SchemaError: the object is not padded.
        """
        place = self._placement.valid(self.spec)
        if place is None:
            raise self._without("valid", "offsets" if self.spec.level == "ragged" else None)
        return self._column("valid", place)

    @property
    def count(self) -> Column:
        """Multiplicities of a padded object before truncation, uint32 (num_rows, slots of the parent...).

        Raises:
            SchemaError: the object is not padded, or they were not stored (``counts: false``).
        """
        place = self._placement.count(self.spec)
        if place is None:
            raise self._without("count", {"ragged": "offsets", "padded": "valid"}.get(self.spec.level))
        return self._column("count", place)

    @property
    def offsets(self) -> Column:
        """Where entries begin over all parts, int64, one per parent entry and one more.

        For ragged objects per row, or per entry of the list they hang on; for ``events`` above
        other rows the row at which each event begins.

        Raises:
            SchemaError: the object has a fixed number of entries.
        """
        if self.spec.level == "event":
            return event_offsets(self._parts)
        place = self._placement.offsets(self.spec)
        if place is None:
            raise self._without("offsets", "count" if self.spec.level == "padded" else None)
        return ragged_offsets(self._parts, self.spec, place)

    def read(
        self, fields: Sequence[str], start: int, stop: int, *, valid: bool = False, count: bool = False
    ) -> dict[str, NDArray[Any]]:
        """Read several fields of a row-level or padded object, decoding each stored dataset once.

        Args:
            fields: Their names.
            start: First row.
            stop: One past the last row.
            valid: Also the mask, as ``valid``.
            count: Also the multiplicities, as ``count``.

        Returns:
            By name, arrays (stop - start, slots...). In layout compound they are views of the records.

        Raises:
            UnknownName: a field is not there.
            SchemaError: the object is ragged: :meth:`read_ragged`.
            DatasetError: stored bytes are damaged.
        """
        if self.spec.level not in ("row", "padded"):
            raise self._without(
                "fixed number of entries per row", "read_ragged" if self.spec.level == "ragged" else None
            )
        self._check_range(start, stop)
        places = {name: self._placement.field(self.spec, self._known(name)) for name in fields}
        for name, wanted, place in (
            ("valid", valid, self._placement.valid(self.spec)),
            ("count", count, self._placement.count(self.spec)),
        ):
            if wanted:
                if place is None:
                    raise self._without(name, "valid" if self.spec.level == "padded" else None)
                places[name] = place
        return self._window(start, stop).read(places)

    def read_ragged(self, fields: Sequence[str], start: int, stop: int) -> RaggedRows:
        """Read several fields of a list object without empty slots; padded objects give their valid entries.

        Args:
            fields: Their names.
            start: First row.
            stop: One past the last row.

        Raises:
            UnknownName: a field is not there.
            SchemaError: the object is no list.
            DatasetError: stored bytes are damaged, or offsets lie.
        """
        if not self.spec.is_list:
            raise self._without("offsets", None)
        self._check_range(start, stop)
        window = self._window(start, stop)
        contents = window.contents(self.spec, [self._known(name) for name in fields])
        parent = self._placement.list_parent(self.spec)
        if parent is None:
            return RaggedRows(window.offsets(self.spec), contents)
        return RaggedRows(window.offsets(parent), contents, window.offsets(self.spec))

    @property
    def chunk_items(self) -> int:
        """Items of a ragged object that are stored, and decoded, together.

        Raises:
            SchemaError: the object is not ragged, or has no fields.
        """
        if self.spec.level != "ragged" or not self.fields:
            raise self._without("chunk_items", None)
        place = self._placement.field(self.spec, self.fields[0])
        return self._placement.description.datasets[place.dataset].chunk_rows

    def stored_slots(self, fields: Sequence[str]) -> StoredSlots:
        """Return where the core finds fields of a padded object, to read them packed."""
        return StoredSlots(self._parts, self.spec, [self._known(name) for name in fields])

    @property
    def _depth(self) -> int:
        return 1 if self._placement.list_parent(self.spec) is None else 2

    def _lists(self, window: Window, name: str) -> Any:
        """The entries of every row, as an awkward array of lists, or of lists of lists."""
        import awkward as ak

        layout: Any = ak.contents.NumpyArray(window.content(self.spec, name))
        spec: ObjectSpec | None = self.spec
        while spec is not None:
            layout = ak.contents.ListOffsetArray(ak.index.Index64(window.offsets(spec)), layout)
            spec = self._placement.list_parent(spec)
        return ak.Array(layout)

    def _known(self, name: str) -> str:
        if name not in self.fields:
            raise UnknownName(name, self.fields, what="field", where=f"object {self.name}")
        return name

    def _without(self, what: str, instead: str | None) -> SchemaError:
        hint = f"ds[{self.name!r}].{instead}" if instead else None
        got = f"a {self.spec.level} object" if self.spec.level != "event" else "an object with one entry per event"
        return SchemaError(what, got=got, expected="an object that has it", where=f"object {self.name}", hint=hint)

    def _check_range(self, start: int, stop: int) -> None:
        if not 0 <= start <= stop <= self._parts.num_rows:
            rule = f"a range within 0:{self._parts.num_rows}"
            raise SchemaError("rows", got=f"{start}:{stop}", expected=rule, where=f"object {self.name}")

    def _window(self, start: int, stop: int) -> Window:
        return Window(self._parts, self._parts.split_rows(start, stop))

    def _column(self, name: str, place: Place, *, unit: str = "", categories: tuple[str, ...] | None = None) -> Column:
        dataset = self._placement.description.datasets[place.dataset]
        member = next(entry for entry in dataset.members if entry.name == (place.member or ""))

        def read(start: int, stop: int) -> NDArray[Any]:
            values = self._window(start, stop).read({name: place})[name]
            return np.ascontiguousarray(values)

        shape = (self._parts.num_rows, *dataset.slots)
        return Column(
            name, np.dtype(member.dtype), shape, read, chunk_rows=dataset.chunk_rows, unit=unit, categories=categories
        )

    def _event_column(self, name: str) -> Column:
        field = self.spec.field(name)

        def read(start: int, stop: int) -> NDArray[Any]:
            return EventWindow(self._parts, start, stop).values(self.spec, name)

        return Column(
            name,
            field.numpy_dtype,
            (int(self._parts.event_starts[-1]),),
            read,
            chunk_rows=self._placement.description.chunk_rows,
            unit=field.unit,
            categories=field.categories,
        )
