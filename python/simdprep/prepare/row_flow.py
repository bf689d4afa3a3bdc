"""RowFlow: how many rows of each sample there are after every step, and their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64] | None


@dataclass
class Stage:
    """What was there after one step.

    Attributes:
        rows: By sample, the last of them in none: int64.
        weighted: Sums of weights, likewise; ``None`` where weights are not known yet.
    """

    rows: NDArray[np.int64]
    weighted: NDArray[np.float64] | None


@dataclass
class RowFlow:
    """Stages by name, in the order of the steps. Flows of tasks add up with :meth:`merge`.

    Attributes:
        samples: Names; rows of no sample are counted behind them.
    """

    samples: Sequence[str]
    stages: dict[str, Stage] = field(default_factory=dict)

    def note(self, stage: str, samples: NDArray[Any], weights: Weights) -> None:
        """Count rows: ``samples`` (n,) with -1 for none, ``weights`` (n,)."""
        size = len(self.samples) + 1
        place = np.where(samples < 0, size - 1, samples)
        rows = np.bincount(place, minlength=size).astype(np.int64)
        weighted = None if weights is None else np.bincount(place, weights, minlength=size).astype(np.float64)
        self._add(stage, Stage(rows, weighted))

    def merge(self, other: RowFlow) -> None:
        """Add what ``other`` has counted."""
        for name, stage in other.stages.items():
            self._add(name, stage)

    def rows(self, stage: str) -> int:
        """Return the rows of all samples after a step; 0 if it was never done."""
        return int(self.stages[stage].rows.sum()) if stage in self.stages else 0

    def state(self) -> dict[str, Any]:
        """Return the counts, as JSON can hold them."""
        return {
            name: {
                "rows": stage.rows.tolist(),
                "weighted": None if stage.weighted is None else stage.weighted.tolist(),
            }
            for name, stage in self.stages.items()
        }

    @classmethod
    def from_state(cls, samples: Sequence[str], state: Mapping[str, Any]) -> Self:
        """Make the flow whose :meth:`state` this is."""
        flow = cls(samples)
        for name, entry in state.items():
            weighted = None if entry["weighted"] is None else np.array(entry["weighted"], np.float64)
            flow.stages[name] = Stage(np.array(entry["rows"], np.int64), weighted)
        return flow

    def _add(self, name: str, stage: Stage) -> None:
        mine = self.stages.get(name)
        if mine is None:
            self.stages[name] = stage
            return
        weighted = None
        if mine.weighted is not None and stage.weighted is not None:
            weighted = mine.weighted + stage.weighted
        self.stages[name] = Stage(mine.rows + stage.rows, weighted)
