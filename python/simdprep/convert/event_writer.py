"""EventWriter: fills a dataset from a Python event loop, one object at a time; the Python form of the C++ writer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import SchemaError, SimdprepError
from ..schema import Schema
from ..schema.object_spec import Level
from ..schema.schema import EVENTS, Layout
from ..storage.output import Output
from .columns import Columns, Getter
from .event_object import EventObject, OrderBy
from .finishing import Finishing
from .writer import Writer, WriteSummary

if TYPE_CHECKING:
    import awkward as ak

#: Events that are kept as Python values before they are stored.
BATCH_EVENTS = 1000

_COMPRESSION = re.compile(r"gzip(:[1-9])?|none")


class EventWriter(Finishing):
    """Writes a dataset from an event loop, with a Python getter per field.

    For objects that only a loop can reach: every value is fetched by a call of its getter, some hundred times slower
    than :class:`simdprep.Writer`, which takes awkward or numpy arrays and stores the same bytes, and than the C++
    writer of the same form::

        with sp.EventWriter("out.h5") as out:
            events = out.objects("events", {"met": lambda event: event.met})
            jets = out.objects("jets", sp.Columns().add("pt", lambda jet: jet.pt, unit="GeV"), max_length=10)
            for event in loop:
                events.fill(event)
                jets.fill(event.jets)
                out.end_event()

    Leaving the block without an error closes it. After an error nothing carries the final name of a file; committed
    parts of a folder stay.

    Args:
        output: ``*.h5``, or any other name for a folder.
        layout: ``columns``, ``compound`` or ``ragged``.
        compression: ``gzip``, ``gzip:1`` to ``gzip:9``, or ``none``.
        overwrite: Replace what is there.
        threads: Threads of the encoder; ``None`` for all cores.
        part_rows: As in :class:`simdprep.Writer`.

    Raises:
        OutputError: the output exists, or cannot be written.
    """

    def __init__(
        self,
        output: str | os.PathLike[str],
        *,
        layout: Layout = "columns",
        compression: str = "gzip",
        overwrite: bool = False,
        threads: int | None = None,
        part_rows: int | None = None,
    ) -> None:
        Output.check(output, overwrite=overwrite)
        self._layout: Layout = layout
        if not _COMPRESSION.fullmatch(compression):
            raise SchemaError("compression", got=repr(compression), expected="gzip, gzip:1 to gzip:9, or none")
        self._compression = compression
        self._output = output
        self._overwrite, self._threads, self._part_rows = overwrite, threads, part_rows
        self._writer: Writer | None = None
        self._objects: dict[str, EventObject] = {}
        self._ragged: set[str] = set()
        self._num_kept = 0
        self._is_open = True
        #: Events that were ended.
        self.num_events = 0

    def objects(
        self,
        name: str,
        columns: Columns | Mapping[str, Getter],
        *,
        max_length: int | tuple[int, int] | None = None,
        ragged: bool = False,
        parent: EventObject | None = None,
        order_by: OrderBy | None = None,
        where: Callable[[Any], bool] | None = None,
    ) -> EventObject:
        """Add an object, before the first event; returns what fills it.

        Args:
            name: Of the object.
            columns: Its getters by name; :class:`simdprep.Columns` says more of each.
            max_length: Slots; without it there is one object per event. ``(10, 40)`` for a nested object.
            ragged: A list that keeps all its entries, as all lists do in layout ``ragged``.
            parent: The object that a nested one hangs on: it is filled with a list for each entry of the parent, whose
                order, selection and truncation apply to it too.
            order_by: The stored order, and so what is truncated: a field, ``-pt`` for descending, or a function of an
                object. Missing values and NaN come last.
            where: Which objects are stored.

        Raises:
            SchemaError: a rule of the format is broken; some are known only with the first events.
        """
        is_list = max_length is not None or ragged or parent is not None
        if not is_list and (order_by is not None or where is not None):
            raise SchemaError("order_by or where of an object with one entry per event: expected a list", where=name)
        if isinstance(max_length, tuple):
            max_length = self._inner_length(name, max_length, parent)
        rank = (1 if parent is None else parent.rank + 1) if is_list else 0
        made = self._add(
            EventObject(
                name, Columns.of(columns), rank=rank, pad=max_length, parent=parent, order_by=order_by, where=where
            )
        )
        if ragged:
            self._ragged.add(name)
        return made

    def rows(
        self,
        name: str,
        columns: Columns | Mapping[str, Getter],
        *,
        order_by: OrderBy | None = None,
        where: Callable[[Any], bool] | None = None,
    ) -> EventObject:
        """Make the entries of this object the rows: one row per jet. Events stay recoverable by their offsets.

        Args:
            name: Of the object.
            columns: As of :meth:`objects`.
            order_by: The order of the rows of an event.
            where: Which of them are stored.

        Raises:
            SchemaError: there are row objects already.
        """
        for other in self._objects.values():
            if other.is_rows:
                raise SchemaError("row objects", got=f"{other.name!r} and {name!r}", expected="one")
        return self._add(EventObject(name, Columns.of(columns), rank=1, order_by=order_by, where=where, is_rows=True))

    def end_event(self) -> None:
        """End the event.

        Raises:
            AlignmentError: an object was not filled, or twice, or does not fit what it hangs on. The event is
                dropped, and the next may follow.
            SchemaError: a value does not fit.
        """
        self._check_open("end_event")
        try:
            for made in self._objects.values():
                made.check(self.num_events)
            values = [made.fetch() for made in self._objects.values()]
        except BaseException:
            self.skip_event()
            raise
        for made, fetched in zip(self._objects.values(), values, strict=True):
            made.take(fetched)
            made.forget()
        self.num_events += 1
        self._num_kept += 1
        if self._num_kept == BATCH_EVENTS:
            self._store()

    def skip_event(self) -> None:
        """Drop what was filled of this event."""
        for made in self._objects.values():
            made.forget()

    def close(self) -> WriteSummary:
        """Finish the dataset under its final name; later calls do nothing.

        Warns once (``SimdprepWarning``) if entries were truncated or missing values filled.

        Raises:
            SimdprepError: what went wrong with it.
        """
        if self._is_open:
            self._is_open = False
            try:
                self._store()
            except BaseException:
                self.abandon()
                raise
        return self._made_writer().close()

    def abandon(self) -> None:
        """Stop without finishing: nothing takes the final name, committed parts stay."""
        self._is_open = False
        if self._writer is not None:
            self._writer.abandon()

    def _add(self, made: EventObject) -> EventObject:
        if self._writer is not None or self.num_events:
            raise SchemaError("object", got=f"{made.name!r} after the first event", expected="all objects before it")
        if made.name in self._objects:
            raise SchemaError("object named twice", got=repr(made.name), expected="distinct names")
        self._objects[made.name] = made
        return made

    def _inner_length(self, name: str, lengths: tuple[int, int], parent: EventObject | None) -> int:
        if parent is None:
            raise SchemaError(
                "nested object without parent", got=repr(name), expected="parent=, the object it hangs on", where=name
            )
        if parent.pad is not None and lengths[0] != parent.pad:
            rule = f"{parent.pad} first, the slots of {parent.name}"
            raise SchemaError("max_length", got=lengths, expected=rule, where=f"object {name}")
        return lengths[1]

    def _check_open(self, what: str) -> None:
        if not self._is_open:
            raise SimdprepError(f"{what} on a closed writer", where=str(self._output))

    def _made_writer(self) -> Writer:
        if self._writer is None:
            self._writer = Writer(
                self._output,
                self._schema(),
                overwrite=self._overwrite,
                threads=self._threads,
                part_rows=self._part_rows,
            )
        return self._writer

    def _schema(self) -> Schema:
        rows = next((made.name for made in self._objects.values() if made.is_rows), EVENTS)
        return Schema(
            tuple(made.spec(self._level_of(made, rows)) for made in self._objects.values()),
            rows=rows,
            layout=self._layout,
            codec="none" if self._compression == "none" else "gzip",
            level_of_effort=int(self._compression[-1]) if ":" in self._compression else None,
        )

    def _level_of(self, made: EventObject, rows: str) -> Level:
        if made.rank and not made.is_rows:
            if made.parent is None and rows != EVENTS:
                raise SchemaError("parent", got="none", expected=f"{rows}, the rows", where=f"object {made.name}")
            return "ragged" if self._layout == "ragged" or made.name in self._ragged else "padded"
        return "row" if made.is_rows or rows == EVENTS else "event"

    def _store(self) -> None:
        """Hand the events that are kept to the writer."""
        writer = self._made_writer()
        if self._num_kept:
            writer.fill(self._events(), ordered=True)
        self._num_kept = 0
        for made in self._objects.values():
            made.clear()

    def _events(self) -> ak.Array:
        import awkward as ak

        fields = dict(self._objects[EVENTS].records()) if EVENTS in self._objects else {}
        for name, made in self._objects.items():
            if name in fields:
                raise SchemaError("object", got=repr(name), expected="another name than that of a field of events")
            if name != EVENTS:
                fields[name] = made.array()
        return ak.zip(fields, depth_limit=1)
