"""Histogram: rows and weights of each class in the bins of several fields, the same whatever the order of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .axis import Axis
from .exact_sum import ExactSums
from .stored_state import stored_state

Cells = NDArray[np.int64]
Outside = Literal["error", "clip", "drop"]

#: What a state calls this step.
NAME = "histogram"

#: Cells of all classes together: more are a mistake, and do not fit into memory.
MOST_CELLS = 1 << 24


class Histogram:
    """Counts the rows of each class, and adds up their weights exactly, in cells of one or more fields.

    Args:
        classes: Names, in the order of the labels.
        axes: Bins of each field.
        outside: Of rows that are in no bin: ``error`` for :meth:`check` to raise, ``clip`` takes the first
            or last bin, ``drop`` leaves them out. NaN is in no bin under any of them.

    Raises:
        ConfigError: no axis, a field twice, too many cells, or another policy.
    """

    def __init__(self, classes: Sequence[str], axes: Sequence[Axis], *, outside: Outside = "error") -> None:
        self.classes, self.axes = tuple(classes), tuple(axes)
        names = [axis.name for axis in self.axes]
        if not names or len(set(names)) < len(names):
            raise ConfigError("fields to bin", got=", ".join(names) or "none", expected="one or more different ones")
        if outside not in ("error", "clip", "drop"):
            hint = nearest_hint(str(outside), ("error", "clip", "drop"))
            raise ConfigError("outside", got=repr(outside), expected="error, clip or drop", hint=hint)
        self.outside: Outside = outside
        self.shape = tuple(len(axis) for axis in self.axes)
        self.num_cells = int(np.prod([len(axis) for axis in self.axes], dtype=object))
        if self.num_cells * len(self.classes) > MOST_CELLS:
            got = f"{self.num_cells:,} for each of {len(self.classes)} classes"
            raise ConfigError("cells of a histogram", got=got, expected=f"{MOST_CELLS:,} in all", hint="fewer bins")
        self._counts = np.zeros(len(self.classes) * self.num_cells, np.int64)
        self._sums = ExactSums(len(self._counts))
        self._outside = np.zeros(len(self.classes), np.int64)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Rows, (n_classes, *bins)."""
        return self._counts.reshape(len(self.classes), *self.shape).copy()

    @property
    def sums(self) -> NDArray[np.float64]:
        """Sums of weights, (n_classes, *bins)."""
        return self._sums.values().reshape(len(self.classes), *self.shape)

    @property
    def num_outside(self) -> NDArray[np.int64]:
        """Rows in no bin, (n_classes,)."""
        return self._outside.copy()

    def locate(self, columns: Mapping[str, NDArray[Any]]) -> Cells:
        """Return the cell of each row, int64 (n,), counted with the last axis fastest; -1 outside.

        Args:
            columns: The fields of the axes by name, each (n,) of numbers.

        Raises:
            SchemaError: one is missing, or is not (n,) of numbers.
        """
        from .histogram_kernel import locate

        arrays = [self._column(columns, axis.name) for axis in self.axes]
        if len({len(array) for array in arrays}) > 1:
            got = ", ".join(f"{axis.name} {len(array)}" for axis, array in zip(self.axes, arrays, strict=True))
            raise SchemaError("lengths of columns", got=got, expected="the same for all")
        cells: Cells = np.zeros(len(arrays[0]), np.int64)
        for axis, array in zip(self.axes, arrays, strict=True):
            locate(array, axis.edges, axis.regular, self.outside == "clip", cells)
        return cells

    def places(self, cells: Cells, labels: NDArray[Any]) -> Cells:
        """Return the cell of each row among those of all classes, int64 (n,); -1 for label -1 and outside.

        Raises:
            SchemaError: a label is of no class.
        """
        return self._placed(cells, labels)[0]

    def fit(
        self,
        columns: Mapping[str, NDArray[Any]],
        labels: NDArray[Any],
        weights: NDArray[Any] | None = None,
        *,
        copies: NDArray[Any] | None = None,
    ) -> None:
        """Take a batch into account; rows of label -1 do not count.

        Args:
            columns: The fields of the axes by name, each (n,).
            labels: Class of each row, integers (n,).
            weights: (n,); ``None`` for 1 each.
            copies: How often each row counts, integers (n,); ``None`` for once.

        Raises:
            SchemaError: a weight is not finite, or shapes or dtypes do not fit.
        """
        self.fit_cells(self.locate(columns), labels, weights, copies=copies)

    def fit_cells(
        self,
        cells: Cells,
        labels: NDArray[Any],
        weights: NDArray[Any] | None = None,
        *,
        copies: NDArray[Any] | None = None,
    ) -> None:
        """Take a batch into account whose cells are known; see :meth:`fit` and :meth:`locate`."""
        from .histogram_kernel import count

        for what, given in (("weights", weights), ("copies", copies)):
            if given is not None and given.shape != cells.shape:
                raise SchemaError(what, got=f"shape {given.shape}", expected=str(cells.shape))
        places, outside = self._placed(cells, labels)
        if copies is not None:
            places = np.repeat(places, copies)
            weights = None if weights is None else np.repeat(weights, copies)
        self._outside += outside
        counts = np.zeros(len(self._counts), np.int64)
        count(places, counts)
        self._counts += counts
        if weights is None:
            filled = np.flatnonzero(counts)
            self._sums.add(counts[filled].astype(np.float64), filled)
        else:
            self._sums.add(weights, places)

    def check(self, *, where: str | None = None) -> None:
        """Raise where rows are in no bin, unless they are to be dropped.

        Raises:
            SchemaError: with their count.
        """
        outside = int(self._outside.sum())
        if not outside or self.outside == "drop":
            return
        total = outside + int(self._counts.sum())
        ranges = ", ".join(f"{axis.name} from {axis.edges[0]:g} to {axis.edges[-1]:g}" for axis in self.axes)
        if self.outside == "clip":
            got, hint = f"{outside:,} of {total:,} rows with NaN", "a selection that drops them, or outside: drop"
        else:
            got, hint = f"{outside:,} of {total:,} rows in none", "wider bins, or outside: clip, or outside: drop"
        raise SchemaError("bins", got=got, expected=f"every row in {ranges}", where=where, hint=hint)

    def merge(self, other: Histogram) -> None:
        """Take into account what ``other`` was fitted on.

        Raises:
            SchemaError: it has other classes or bins.
        """
        if (other.classes, other.axes) != (self.classes, self.axes):
            raise SchemaError("histogram to merge", got="other classes or bins", expected="the same")
        self._counts += other._counts
        self._outside += other._outside
        self._sums.merge(other._sums)

    def empty(self) -> Histogram:
        """Return one of the same classes and bins, fitted on nothing."""
        return type(self)(self.classes, self.axes, outside=self.outside)

    def describe(self, cell: int) -> str:
        """Return the text of a cell: ``pt 20 to 30, abs(eta) 0 to 1``."""
        indices = np.unravel_index(cell, self.shape)
        return ", ".join(axis.describe(int(index)) for axis, index in zip(self.axes, indices, strict=True))

    def state(self) -> dict[str, Any]:
        """Return what was counted, as JSON can hold it; sums are exact."""
        return {
            "transform": NAME,
            "classes": list(self.classes),
            "axes": [axis.state() for axis in self.axes],
            "outside": self.outside,
            "counts": self._counts.tolist(),
            "sums": self._sums.state(),
            "num_outside": self._outside.tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the histogram whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "a histogram"):
            axes = [Axis(axis["name"], axis["edges"]) for axis in state["axes"]]
            result = cls(state["classes"], axes, outside=state["outside"])
            result._counts += np.array(state["counts"], np.int64)
            result._outside += np.array(state["num_outside"], np.int64)
            result._sums.merge(ExactSums.from_state(state["sums"]))
        return result

    def _placed(self, cells: Cells, labels: NDArray[Any]) -> tuple[Cells, NDArray[np.int64]]:
        """Return the cell of each row among those of all classes, and how many of each class are outside."""
        from .histogram_kernel import place

        labels = np.asarray(labels)
        if labels.shape != cells.shape or labels.dtype.kind not in "iu":
            raise SchemaError("labels", got=f"{labels.dtype} {labels.shape}", expected=f"integers {cells.shape}")
        places, outside = np.empty(len(cells), np.int64), np.zeros(len(self.classes), np.int64)
        if not place(cells, np.ascontiguousarray(labels, np.int64), self.num_cells, outside, places):
            got = f"{labels.min()} to {labels.max()}"
            raise SchemaError("label", got=got, expected=f"integers -1 to {len(self.classes) - 1}")
        return places, outside

    def _column(self, columns: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
        if name not in columns:
            hint = nearest_hint(name, columns)
            raise SchemaError("field to bin", got=f"no {name}", expected="one of the columns", hint=hint)
        column = np.asarray(columns[name])
        if column.ndim != 1 or column.dtype.kind not in "biuf":
            got = f"{column.dtype} {column.shape}"
            raise SchemaError(f"field to bin {name}", got=got, expected="numbers (n,)")
        if column.dtype.kind != "f" or not column.dtype.isnative or column.dtype.itemsize > 8:
            column = column.astype(np.float64)
        elif column.dtype == np.float16:  # not known to numba
            column = column.astype(np.float32)
        return np.ascontiguousarray(column)


def reference_locate(histogram: Histogram, columns: Mapping[str, NDArray[Any]]) -> Cells:
    """Return :meth:`Histogram.locate` in plain numpy: the form the kernel is held to."""
    cells: Cells = np.zeros(len(columns[histogram.axes[0].name]), np.int64)
    for axis in histogram.axes:
        values = columns[axis.name].astype(np.float64)
        if histogram.outside == "clip":
            values = values.clip(axis.edges[0], axis.edges[-1])
        index = np.searchsorted(axis.edges, values, side="right") - 1
        index[values == axis.edges[-1]] = len(axis) - 1
        outside = (index < 0) | (index >= len(axis)) | np.isnan(values) | (cells < 0)
        cells = np.where(outside, -1, cells * len(axis) + index)
    return cells
