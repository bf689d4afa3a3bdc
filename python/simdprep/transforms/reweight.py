"""Reweight: factors of weights that give all classes the same distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from .axis import Axis
from .balance_target import Empty, check_policies, distributions, target_contents
from .histogram import Histogram, Outside
from .stored_state import stored_state

Floats = NDArray[np.float64]

#: What a state calls this step.
NAME = "reweight"


class Reweight:
    """Multiplies weights so that in each cell every class has the sum of weights of the target.

    All classes then have the same sum of weights as well: ``flat`` spreads the mean of what the classes
    have over the cells, the others take what they take from each cell. :class:`.class_sums.ClassSums`
    gives each class another sum afterwards.

    Args:
        classes: Names, in the order of the labels.
        axes: Bins of each field.
        target: ``flat``, ``min``, ``mean``, ``max``, or the name of a class; see :mod:`.balance_target`.
        empty: Of cells that a class has no row in: ``error``, ``drop`` or ``allow``.
        outside: Of rows in no bin: ``error``, ``clip`` or ``drop``, which gives them the factor 0.

    Raises:
        ConfigError: an unknown target or policy.
    """

    #: Whether :meth:`apply` gives factors of weights, else how often rows are kept.
    changes_weights = True

    def __init__(
        self,
        classes: Sequence[str],
        axes: Sequence[Axis],
        *,
        target: str = "flat",
        empty: Empty = "error",
        outside: Outside = "error",
    ) -> None:
        check_policies(classes, target, empty)
        self.histogram = Histogram(classes, axes, outside=outside)
        self.target, self.empty = target, empty
        self._factors: Floats | None = None

    @property
    def factors(self) -> Floats:
        """Factor of each class and cell, (n_classes, *bins).

        Raises:
            SchemaError: not solved yet.
        """
        return self._solved().reshape(len(self.histogram.classes), *self.histogram.shape).copy()

    def fit(
        self,
        columns: Mapping[str, NDArray[Any]],
        labels: NDArray[Any],
        *,
        weights: NDArray[Any] | None = None,
        identity: NDArray[np.uint64] | None = None,
    ) -> None:
        """Take a batch into account; rows of label -1 do not count.

        Args:
            columns: The fields of the axes by name, each (n,).
            labels: Class of each row, integers (n,).
            weights: (n,); ``None`` for 1 each.
            identity: Not needed.

        Raises:
            SchemaError: as :meth:`.histogram.Histogram.fit`.
        """
        self.histogram.fit(columns, labels, weights)

    def merge(self, other: Self) -> None:
        """Take into account what ``other`` was fitted on.

        Raises:
            SchemaError: it has other classes or bins.
        """
        self.histogram.merge(other.histogram)
        self._factors = None

    def solve(self) -> None:
        """Find the factors.

        Raises:
            SchemaError: rows are in no bin, a class is empty or lacks a cell, or its weights there do not
                add up to something positive.
        """
        histogram = self.histogram
        histogram.check()
        sums = histogram.sums.reshape(len(histogram.classes), -1)
        target = self._target(sums)
        has_rows = histogram.counts.reshape(sums.shape) > 0
        wrong = has_rows & (target > 0) & ~(sums > 0)
        if wrong.any():
            label, cell = (int(index[0]) for index in np.nonzero(wrong))
            raise SchemaError(
                f"sum of weights of class {histogram.classes[label]} in {histogram.describe(cell)}",
                got=f"{sums[label, cell]:g}",
                expected=f"a positive number, to become {target[cell]:g}",
                hint="wider bins, or another policy of negative_weights",
            )
        wanted = np.where(target > 0, target, 0.0)
        self._factors = np.divide(wanted, sums, out=np.zeros_like(sums), where=has_rows & (sums > 0))

    def apply(
        self, columns: Mapping[str, NDArray[Any]], labels: NDArray[Any], identity: NDArray[np.uint64] | None = None
    ) -> Floats:
        """Return what the weight of each row is multiplied by, float64 (n,); 0 for rows to leave out.

        Raises:
            SchemaError: not solved yet, or columns or labels do not fit.
        """
        factors = self._solved()
        places = self.histogram.places(self.histogram.locate(columns), labels)
        result: Floats = np.where(places >= 0, factors.reshape(-1)[places], 0.0)
        return result

    def report(self, after: Histogram | None = None) -> dict[str, Any]:
        """Return the distributions before, as wanted, and ``after``, which is fitted on what was written; for JSON."""
        sums = self.histogram.sums.reshape(len(self.histogram.classes), -1)
        wanted = self._solved() * sums
        what = {"method": "reweight", "target": self.target, "empty": self.empty, "outside": self.histogram.outside}
        return what | distributions(self.histogram, wanted, after, weighted=True)

    def state(self) -> dict[str, Any]:
        """Return what was counted and found, as JSON can hold it."""
        factors = None if self._factors is None else self._factors.reshape(-1).tolist()
        return {
            "transform": NAME,
            "target": self.target,
            "empty": self.empty,
            "histogram": self.histogram.state(),
            "factors": factors,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the step whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "reweight"):
            histogram = Histogram.from_state(state["histogram"])
            result = cls(histogram.classes, histogram.axes, target=state["target"], empty=state["empty"])
            result.histogram = histogram
            if state["factors"] is not None:
                result._factors = np.array(state["factors"], np.float64).reshape(len(histogram.classes), -1)
        return result

    def _target(self, sums: Floats) -> Floats:
        """Return the sum of weights that every class gets in each cell, (n_cells,)."""
        target: Floats = target_contents(self.histogram, sums, self.target, self.empty)
        classes = len(self.histogram.classes)
        if self.target == "flat":
            target = target * (sums[:, target > 0].sum() / classes / target.sum())
        elif self.target == "mean":
            target = target / classes
        return target

    def _solved(self) -> Floats:
        if self._factors is None:
            raise SchemaError("reweight", got="no factors", expected="them", hint="solve(), after fitting")
        return self._factors
