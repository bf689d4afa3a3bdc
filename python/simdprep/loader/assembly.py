"""Assembly: the rows of a batch while they are put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .batch import Batch
from .dtype import named
from .form import change_arrays
from .padded_rows import PaddedRows
from .plan import Plan, Scalar
from .ragged_rows import RaggedRows

Array = NDArray[Any]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Assembly:
    """Some rows, each of which is written once.

    Attributes:
        plan: What the rows hold.
        objects: Entries by object.
        scalars: Labels and weights (rows,), of the stored dtype.
        index: int64 (rows,), row numbers.
    """

    plan: Plan
    objects: dict[str, PaddedRows | RaggedRows]
    scalars: dict[Scalar, Array]
    index: Rows

    @classmethod
    def of_rows(cls, plan: Plan, rows: int, scalar_dtypes: Mapping[Scalar, np.dtype[Any]]) -> Assembly:
        """Make place for ``rows`` rows."""
        return cls(
            plan,
            {name: _object_rows(plan, name, rows) for name in plan.inputs},
            {scalar: plan.buffers.array((rows,), scalar_dtypes[scalar]) for scalar in plan.scalars},
            plan.buffers.array((rows,), np.int64),
        )

    def take(self, gathers: Mapping[str, _core.Gather], threads: _core.ThreadPool, places: Rows, at: int) -> None:
        """Write rows of one gather per object, from row ``at`` on."""
        for name, gather in gathers.items():
            self.objects[name].take(gather, threads, places, at)

    def copy_rows(self, at: int, source: Assembly, start: int, stop: int) -> None:
        """Write rows [start, stop) of another assembly of the same plan, from row ``at`` on."""
        for name, rows in self.objects.items():
            rows.copy_rows(at, source.objects[name], start, stop)  # type: ignore[arg-type]  # of one plan, of one kind
        for target, array in self._columns(source):
            target[at : at + stop - start] = array[start:stop]

    def scatter(self, at: Rows, source: Assembly) -> None:
        """Write all rows of another assembly of the same plan, each to its place in ``at``."""
        for name, rows in self.objects.items():
            rows.scatter(at, source.objects[name])  # type: ignore[arg-type]  # of one plan, of one kind
        for target, array in self._columns(source):
            target[at] = array

    def _columns(self, source: Assembly) -> list[tuple[Array, Array]]:
        pairs = [(self.scalars[scalar], source.scalars[scalar]) for scalar in self.scalars]
        return [*pairs, (self.index, source.index)]

    def empty_from(self, row: int) -> None:
        """Make the rows from ``row`` on empty: values and labels 0, nothing valid, index -1."""
        if row == len(self.index):
            return
        for rows in self.objects.values():
            rows.empty_from(row)
        for values in self.scalars.values():
            values[row:] = 0
        self.index[row:] = -1

    def to_batch(self, *, num_real: int, always_weigh: bool) -> Batch:
        """Return the rows as a batch; the arrays are the batch's from then on.

        Args:
            num_real: Rows that are not empty; they come first.
            always_weigh: Give weights also where no field holds them: 1, and 0 for empty rows.
        """
        plan = self.plan
        values, valid = {}, {}
        for name, rows in self.objects.items():
            value, mask = rows.finish()
            values[name] = change_arrays(value, lambda array: named(array, plan.dtype)) if plan.is_named else value
            if mask is not None:
                valid[name] = mask
        labels = {name: self.scalars[scalar] for name, scalar in plan.labels.items()}
        weights = None
        if plan.weight is not None:
            weights = self.scalars[plan.weight].astype(np.float32)
        elif always_weigh:
            weights = np.zeros(len(self.index), np.float32)
            weights[:num_real] = 1
        return Batch(
            values,
            valid,
            labels=next(iter(labels.values())) if plan.single_label else labels or None,
            weights=weights,
            index=self.index,
        )


def _object_rows(plan: Plan, name: str, rows: int) -> PaddedRows | RaggedRows:
    entry, form, dtype = plan.inputs[name], plan.form, plan.numpy_dtype
    if entry.slots and form.name != "padded":
        return RaggedRows(entry, rows, dtype, form=form, buffers=plan.buffers)
    return PaddedRows(entry, rows, dtype, channels_first=form.channels_first, buffers=plan.buffers)
