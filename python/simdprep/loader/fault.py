"""Fault: which row of a batch a step failed for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..thread_pool import thread_pool
from .assembly import Assembly
from .cache import Reader
from .plan import Plan, Scalar
from .pool import gather_of
from .prefetch import Check
from .steps import Step, run_step

Rows = NDArray[np.int64]

#: Finds the row among some, given the steps up to the one that failed; ``None`` where no row alone is at fault.
FindFault = Callable[[Rows, Sequence[Step], BaseException, Check], int | None]

#: Seconds to look for the row, at most: the error is on its way to somebody.
_PATIENCE = 5.0


class FaultFinder:
    """Runs steps on one row at a time, of rows read anew: what failed may have been changed already.

    Args:
        reader: Of the rows.
        plan: What batches hold.
        bounds: First row of every block, and the number of rows.
        scalar_dtypes: Stored dtypes of labels and weights.
    """

    def __init__(self, reader: Reader, plan: Plan, bounds: Rows, scalar_dtypes: Mapping[Scalar, np.dtype[Any]]) -> None:
        self._reader = reader
        self._plan = plan
        self._bounds = bounds
        self._scalar_dtypes = scalar_dtypes

    def __call__(self, rows: Rows, steps: Sequence[Step], error: BaseException, check: Check) -> int | None:
        """Return the first of ``rows`` for which the steps fail in the same way; ``None`` if all do, or none."""
        give_up = time.monotonic() + _PATIENCE
        rows = rows[rows >= 0]
        failing: list[int] = []
        for number in np.unique(np.searchsorted(self._bounds, rows, side="right") - 1).tolist():
            start, stop = int(self._bounds[number]), int(self._bounds[number + 1])
            block = self._reader.read(start, stop)
            gathers = {name: gather_of(entry, [block]) for name, entry in self._plan.inputs.items()}
            for place in np.flatnonzero((rows >= start) & (rows < stop)).tolist():
                check()
                if time.monotonic() > give_up:
                    return None
                one = Assembly.of_rows(self._plan, 1, self._scalar_dtypes)
                local = rows[place : place + 1] - start
                one.take(gathers, thread_pool(1), local, 0)
                for scalar in self._plan.scalars:
                    one.scalars[scalar][...] = block.scalars[scalar][local]
                one.index[...] = rows[place]
                if self._fails(one, steps, error):
                    failing.append(place)
        return int(rows[min(failing)]) if 0 < len(failing) < len(rows) else None

    def _fails(self, rows: Assembly, steps: Sequence[Step], error: BaseException) -> bool:
        batch = rows.to_batch(num_real=1, always_weigh=False)
        try:
            for step in steps:
                batch = run_step(step, batch)
        except Exception as other:  # noqa: BLE001 -- it is the same, or not
            return type(other) is type(error)
        return False
