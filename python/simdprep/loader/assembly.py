"""Assembly: the arrays of a batch while rows are written to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import Batch
from .plan import Plan, Scalar

Array = NDArray[Any]


@dataclass(frozen=True)
class Assembly:
    """New arrays for some rows; each row is written once.

    Attributes:
        plan: What the rows hold.
        values: By object, (rows, outer slots, inner slots, fields).
        valid: By object, bool (rows, outer slots, inner slots).
        scalars: Labels and weights (rows,), of the stored dtype.
        index: int64 (rows,), row numbers.
    """

    plan: Plan
    values: dict[str, Array]
    valid: dict[str, NDArray[np.bool_]]
    scalars: dict[Scalar, Array]
    index: NDArray[np.int64]

    @classmethod
    def of_rows(cls, plan: Plan, rows: int, scalar_dtypes: Mapping[Scalar, np.dtype[Any]]) -> Assembly:
        """Make the arrays of ``rows`` rows."""
        slots = {name: (rows, entry.outer, entry.inner) for name, entry in plan.inputs.items()}
        return cls(
            plan,
            {name: np.empty((*slots[name], len(entry.fields)), plan.dtype) for name, entry in plan.inputs.items()},
            {name: np.empty(shape, np.bool_) for name, shape in slots.items()},
            {scalar: np.empty(rows, scalar_dtypes[scalar]) for scalar in plan.scalars},
            np.empty(rows, np.int64),
        )

    @property
    def arrays(self) -> list[Array]:
        """All arrays, those of two assemblies of one plan in the same order."""
        return [*self.values.values(), *self.valid.values(), *self.scalars.values(), self.index]

    def copy_rows(self, at: int, source: Assembly, start: int, stop: int) -> None:
        """Write rows [start, stop) of another assembly of the same plan, from row ``at`` on."""
        for target, array in zip(self.arrays, source.arrays, strict=True):
            target[at : at + stop - start] = array[start:stop]

    def scatter(self, at: NDArray[np.int64], source: Assembly) -> None:
        """Write all rows of another assembly of the same plan, each to its place in ``at``."""
        for target, array in zip(self.arrays, source.arrays, strict=True):
            target[at] = array

    def empty_from(self, row: int) -> None:
        """Make the rows from ``row`` on empty: values and labels 0, nothing valid, index -1."""
        for array in self.arrays:
            array[row:] = 0
        self.index[row:] = -1

    def to_batch(self, *, num_real: int, always_weigh: bool) -> Batch:
        """Return the rows as a batch; the arrays are the batch's from then on.

        Args:
            num_real: Rows that are not empty; they come first.
            always_weigh: Give weights also where no field holds them: 1, and 0 for empty rows.
        """
        plan = self.plan
        values, valid = {}, {}
        for name, entry in plan.inputs.items():
            rows = (len(self.index), *entry.slots)
            values[name] = self.values[name].reshape(*rows, len(entry.fields))
            valid[name] = self.valid[name].reshape(rows)
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
