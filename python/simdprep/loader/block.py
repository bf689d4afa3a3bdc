"""Block: a run of decoded rows, as the gather takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..storage import Dataset
from .plan import Plan, Scalar

Array = NDArray[Any]
Offsets = NDArray[np.int64]


@dataclass(frozen=True)
class Entries:
    """Decoded entries of one object.

    Attributes:
        fields: By name: (rows, outer slots, inner slots) of the stored dtype; flat for ragged objects.
        valid: bool (rows, outer slots, inner slots); ``None`` where all are, or for ragged objects.
        offsets: int64 (rows + 1,), where rows begin; ``None`` for objects with slots.
        inner_offsets: Where the lists of a nested ragged object begin; else ``None``.
    """

    fields: dict[str, Array]
    valid: Array | None = None
    offsets: Offsets | None = None
    inner_offsets: Offsets | None = None


@dataclass(frozen=True)
class Block:
    """Decoded rows [start, stop).

    Attributes:
        start: First row.
        stop: One past the last row.
        entries: By object.
        scalars: Labels and weights (rows,), of the stored dtype.
    """

    start: int
    stop: int
    entries: dict[str, Entries] = field(default_factory=dict)
    scalars: dict[Scalar, Array] = field(default_factory=dict)


class BlockReader:
    """Reads what a plan asks of a dataset.

    Args:
        dataset: Open.
        plan: What to read.
    """

    def __init__(self, dataset: Dataset, plan: Plan) -> None:
        self._dataset = dataset
        self._plan = plan
        self._event_starts: Offsets | None = None
        if any(dataset[name].spec.level == "event" for name in plan.reads):
            self._event_starts = np.asarray(dataset.rows_of_events())

    def read(self, start: int, stop: int) -> Block:
        """Read rows [start, stop).

        Raises:
            DatasetError: stored bytes are damaged.
        """
        block = Block(start, stop)
        for name, fields in self._plan.reads.items():
            entries = self._read(name, fields, start, stop)
            if name in self._plan.inputs:
                block.entries[name] = entries
            for scalar in self._plan.scalars:
                if scalar.object == name:
                    block.scalars[scalar] = entries.fields[scalar.field][:, 0, 0]
        return block

    def _read(self, name: str, fields: Sequence[str], start: int, stop: int) -> Entries:
        view = self._dataset[name]
        if view.spec.level == "event":
            return Entries(_slotted(self._read_events(name, fields, start, stop).items()))
        if view.spec.level == "row":
            return Entries(_slotted(view.read(fields, start, stop).items()))
        if view.spec.level == "padded":
            arrays = view.read(fields, start, stop, valid=True)
            valid = arrays.pop("valid")
            return Entries(_slotted(arrays.items()), valid if valid.ndim == 3 else valid[:, None, :])
        rows = view.read_ragged(fields, start, stop)
        return Entries(dict(rows.contents), None, rows.offsets, rows.inner)

    def _read_events(self, name: str, fields: Sequence[str], start: int, stop: int) -> dict[str, Array]:
        """Fields of events, repeated for each of their rows."""
        assert self._event_starts is not None
        if start == stop:
            return {field: np.empty(0, self._dataset[name][field].dtype) for field in fields}
        event_of = np.searchsorted(self._event_starts, np.arange(start, stop), side="right") - 1
        first, last = int(event_of[0]), int(event_of[-1]) + 1
        if first < 0 or last >= len(self._event_starts):
            rule = f"an event for each of the rows {start}:{stop}"
            raise DatasetError("offsets of events", got="rows of none", expected=rule, where=f"object {name}")
        return {field: self._dataset[name][field][first:last][event_of - first] for field in fields}


def _slotted(arrays: Iterable[tuple[str, Array]]) -> dict[str, Array]:
    """Arrays with an outer and an inner slot axis; views of the given ones."""
    return {
        name: values if values.ndim == 3 else values[:, None, :] if values.ndim == 2 else values[:, None, None]
        for name, values in arrays
    }


def part_rows(dataset: Dataset) -> list[int]:
    """Return the rows of each part: blocks end with their part, as chunks do."""
    return [int(rows) for rows in np.diff(dataset._parts.row_starts)]
