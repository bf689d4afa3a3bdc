"""Writer: chunks of awkward or numpy events to a dataset, through the C++ core."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import SimdprepError, SimdprepWarning
from ..padding import FlatEvents, Flattener, from_numpy
from ..schema import Schema
from ..storage.output import Output
from ..storage.part_stream import FinishedPart
from ..storage.staged_parts import StagedParts
from ..transforms import ObjectRules, Rules, apply, parse
from .finishing import Finishing
from .provenance import Origin, Provenance

if TYPE_CHECKING:
    import awkward as ak


@dataclass
class WriteSummary:
    """What a writer stored.

    Attributes:
        path: The dataset.
        num_rows: Rows of the row object.
        num_events: Events.
        num_items: Entries stored, per object.
        num_truncated: Entries that found no slot, per object.
        missing: Missing values that took the fill value, by ``(object, field)``.
        events_without_rows: Events that have no row (only where the rows are not events).
        parts: Number of part files written.
        bytes: Size of the dataset in bytes.
        told: Lines for the user: locks taken over, leftovers removed.
    """

    path: str
    num_rows: int = 0
    num_events: int = 0
    num_items: dict[str, int] = field(default_factory=dict)
    num_truncated: dict[str, int] = field(default_factory=dict)
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    events_without_rows: int = 0
    parts: int = 0
    bytes: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[str]:
        """What is not in the dataset as it was given, one line per object or field."""
        lost = [
            f"truncated {truncated:,} of {truncated + self.num_items[name]:,} {name}"
            for name, truncated in self.num_truncated.items()
            if truncated
        ]
        filled = [
            f"{count:,} missing values of {name}.{field} took the fill value"
            for (name, field), count in self.missing.items()
            if count
        ]
        return lost + filled


class Writer(Finishing):
    """Writes a dataset: a file (``*.h5``) or a folder of parts.

    Use it as a context manager; leaving the block without an error closes it. After an error
    nothing carries the final name of a file; committed parts of a folder stay.

    Args:
        output: ``*.h5``, or any other name for a folder; or the parts of a task.
        schema: What is stored.
        overwrite: Replace what is there.
        threads: Threads of the encoder; ``None`` for all cores. Bytes do not depend on it.
        part_rows: Rows per part, rounded up to whole chunks; ``None`` closes a part past 128 MiB of stored chunks, or
            past 1 GiB where the output is a file.
        config_text: The resolved config, stored in the provenance.
        warns: Warn of truncated entries and missing values when closed; else the summary alone says it.
        first_event: Number of the first event, where those before it lie in other parts.

    Raises:
        OutputError: the output exists, is locked, or cannot be written.

    What was filled is on the disk as soon as it is encoded, but counts as stored only with its part: a process that is
    killed loses the open one.

    Memory: runs of stored chunks on their way to the disk (at most 8 x 16 MiB and a chunk row), one open chunk per
    dataset, and 16 MiB per thread of chunks being encoded.
    """

    def __init__(
        self,
        output: str | os.PathLike[str] | StagedParts,
        schema: Schema,
        *,
        overwrite: bool = False,
        threads: int | None = None,
        part_rows: int | None = None,
        config_text: str = "",
        warns: bool = True,
        first_event: int = 0,
    ) -> None:
        self.schema = schema
        self._warns = warns
        self._threads = threads or 0
        core = schema.core()
        self._flattener = Flattener(schema)
        self._order = _order_rules(schema)
        self._provenance = Provenance(config_text)
        self._output = (
            output if isinstance(output, StagedParts) else Output(output, overwrite=overwrite, threads=self._threads)
        )
        self._encoder = _core.Encoder(
            core,
            threads=self._threads,
            part_rows=part_rows or 0,
            part_bytes=_core.file_part_bytes if getattr(self._output, "is_file", False) else _core.part_bytes,
            first_event=first_event,
        )
        self._open = True
        self.summary = WriteSummary(
            str(getattr(output, "folder", output)),
            num_items=dict.fromkeys(schema.names, 0),
            num_truncated=dict.fromkeys(schema.names, 0),
            told=list(self._output.told),
        )

    def fill(
        self, events: ak.Array | Mapping[str, Any], *, origin: Origin | None = None, ordered: bool = False
    ) -> None:
        """Store a chunk of whole events. Objects with an ``order`` in the schema are sorted by it first.

        Args:
            events: An awkward array with one record per event, in the form
                :meth:`simdprep.Schema.from_awkward` describes; or numpy arrays by object and field
                (``{"Jet": {"pt": (n, pad), "valid": (n, pad)}, "events": {"MET_pt": (n,)}}``).
            origin: Where the events come from, for the provenance.
            ordered: The objects are in the schema's order already.

        Raises:
            ExpressionError: an order names something that is not among the events.
            SchemaError: the events do not fit the schema.
            AlignmentError: objects disagree on their numbers of entries.
        """
        if not self._open:
            raise SimdprepError("fill on a closed writer", where=self.summary.path)
        if isinstance(events, Mapping):
            events = from_numpy(events, self.schema)
        if self._order and not ordered:
            events = apply(events, self._order).events
        self.fill_flat(self._flattener.flatten(events), origin=origin)

    def fill_flat(self, flat: FlatEvents, *, origin: Origin | None = None) -> None:
        """Store whole events that are flat already, in the stored dtypes and in the schema's order.

        Args:
            flat: What :class:`simdprep.padding.Flattener` makes of events.
            origin: As of :meth:`fill`.

        Raises:
            AlignmentError: objects disagree on their numbers of entries.
        """
        if not self._open:
            raise SimdprepError("fill on a closed writer", where=self.summary.path)
        event_start, row_start = self._encoder.num_events, self._encoder.num_rows
        if origin is not None:
            self._provenance.add(
                origin,
                event_start=event_start,
                num_events=flat.num_events,
                row_start=row_start,
                num_rows=flat.num_rows,
            )
        if self.schema.rows != "events":
            self.summary.events_without_rows += flat.num_empty_events
        self.summary.missing.update(flat.missing)
        self._encoder.fill(flat.num_rows, flat.num_events, flat.objects, self._take)

    def close(self) -> WriteSummary:
        """Finish the dataset under its final name and return what was stored; later calls do nothing.

        Warns once (``SimdprepWarning``) if entries were truncated or missing values filled.
        """
        if not self._open:
            return self.summary
        self._open = False
        try:
            self._encoder.finish(self._take)
            self._output.close(
                self.schema.with_categories(self._flattener.categories),
                config_text=self._provenance.config_text,
            )
        except BaseException:
            self._output.abandon()
            raise
        self.summary.parts = len(self._output.parts)
        self.summary.bytes = self._output.num_bytes
        if (
            self.summary.changes and self._warns and not isinstance(self._output, StagedParts)
        ):  # else told once for all tasks
            warnings.warn(f"{self.summary.path}: {'; '.join(self.summary.changes)}", SimdprepWarning, stacklevel=3)
        return self.summary

    @property
    def categories(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Strings met so far, by ``(object, field)``, in order of their codes."""
        return self._flattener.categories

    def abandon(self) -> None:
        """Stop without finishing: nothing takes the final name, committed parts stay."""
        self._open = False
        self._output.abandon()

    def _take(self, run: _core.Part) -> None:
        self._output.add(run, self._finish(run) if run.is_complete else None)

    def _finish(self, part: _core.Part) -> FinishedPart:
        names = self.schema.names
        for name, items, truncated in zip(names, part.num_items, part.num_truncated, strict=True):
            self.summary.num_items[name] += items
            self.summary.num_truncated[name] += truncated
        self.summary.num_rows += part.num_rows
        self.summary.num_events += part.num_events
        provenance, inputs = self._provenance.take(
            event_start=part.event_start,
            num_events=part.num_events,
            row_start=part.row_start,
            num_rows=part.num_rows,
        )
        schema = self.schema.with_categories(self._flattener.categories)
        rows = tuple(zip(names, part.num_items, strict=True))
        attributes = (*part.attributes(), *_core.root_attributes(schema.core(), provenance))
        return FinishedPart(attributes, part.num_rows, part.num_events, rows, inputs, is_last=not self._open)


def _order_rules(schema: Schema) -> Rules:
    """The orders of a schema as rules; what hangs on an object is sorted with it."""
    orders = {
        spec.name: ObjectRules(order=parse(spec.order, where=f"object {spec.name}, order"))
        for spec in schema.objects
        if spec.order
    }
    parents = {spec.name: spec.parent for spec in schema.objects if spec.is_list and spec.parent and not spec.embedded}
    return Rules(orders, parents=parents)
