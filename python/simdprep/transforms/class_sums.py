"""ClassSums: rows and weights of each class and sample, exact; and the factors that give the sums asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .exact_sum import ExactSums
from .stored_state import stored_state

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Within = Literal["all", "all_norm"]

#: What a state calls this step.
NAME = "class_sums"


class ClassSums:
    """Counts rows and adds up their weights, by class and sample; the same whatever the order of rows.

    Args:
        classes: Names, in the order of the labels.
        samples: Names, in the order of their numbers; one without a name where samples do not matter.

    Raises:
        SchemaError: no class or no sample, or a name twice.
    """

    def __init__(self, classes: Sequence[str], samples: Sequence[str] = ("",)) -> None:
        self.classes, self.samples = tuple(classes), tuple(samples)
        for what, names in (("classes", self.classes), ("samples", self.samples)):
            if not names or len(set(names)) < len(names):
                raise SchemaError(what, got=repr(list(names)), expected="one or more different names")
        size = len(self.classes) * len(self.samples)
        self._count, self._negative = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self._sum, self._squares = ExactSums(size), ExactSums(size)

    @property
    def count(self) -> Counts:
        """Rows, (n_classes, n_samples)."""
        return self._table(self._count)

    @property
    def negative(self) -> Counts:
        """Rows of a weight below zero, (n_classes, n_samples)."""
        return self._table(self._negative)

    @property
    def sum(self) -> Floats:
        """Sums of weights, (n_classes, n_samples)."""
        return self._table(self._sum.values())

    @property
    def squares(self) -> Floats:
        """Sums of squared weights, (n_classes, n_samples)."""
        return self._table(self._squares.values())

    @property
    def class_sum(self) -> Floats:
        """Sums of weights of all samples together, (n_classes,), rounded once."""
        return self._of_classes(self._sum)

    @property
    def effective_size(self) -> Floats:
        """(sum w)² / sum w² of each class, (n_classes,): rows of equal weight that would have the same power."""
        squares = self._of_classes(self._squares)
        size: Floats = np.divide(self.class_sum**2, squares, out=np.zeros(len(self.classes)), where=squares > 0)
        return size

    @property
    def class_weights(self) -> Floats:
        """What the rows of each class are multiplied by for all classes to count alike, (n_classes,); the least is 1.

        Raises:
            SchemaError: a class has no row.
        """
        rows = self._count.reshape(len(self.classes), -1).sum(axis=1)
        for name, count in zip(self.classes, rows.tolist(), strict=True):
            if not count:
                raise SchemaError(f"rows of class {name}", got="none", expected="one or more")
        return np.asarray(rows.max() / rows, np.float64)

    def fit(self, labels: NDArray[Any], weights: NDArray[Any] | None = None, samples: NDArray[Any] | int = 0) -> None:
        """Take a batch into account; rows of label -1 are in no class and do not count.

        Args:
            labels: Class of each row (n,), integers.
            weights: (n,); ``None`` for 1 each.
            samples: Sample of each row (n,), integers, or that of all.

        Raises:
            SchemaError: a weight is not finite, or a label or sample is out of range.
        """
        place = self._places(labels, samples)
        inside = place >= 0
        wide = np.ones(len(place)) if weights is None else np.asarray(weights, np.float64)
        if wide.shape != place.shape:
            raise SchemaError("weights", got=f"shape {wide.shape}", expected=str(place.shape))
        if not inside.all():
            place, wide = place[inside], wide[inside]
        self._sum.add(wide, place)
        self._squares.add(wide * wide, place)
        self._count += np.bincount(place, minlength=len(self._count))
        self._negative += np.bincount(place[wide < 0], minlength=len(self._count))

    def merge(self, other: ClassSums) -> None:
        """Take into account what ``other`` was fitted on.

        Raises:
            SchemaError: it has other classes or samples.
        """
        if (other.classes, other.samples) != (self.classes, self.samples):
            got, rule = ", ".join(other.classes + other.samples), ", ".join(self.classes + self.samples)
            raise SchemaError("classes and samples to merge", got=got, expected=rule)
        self._count += other._count
        self._negative += other._negative
        self._sum.merge(other._sum)
        self._squares.merge(other._squares)

    def factors(self, targets: Mapping[str, float], *, within: Within | Mapping[str, Within] = "all") -> Floats:
        """Return what weights are multiplied by so that each class has the sum asked for, (n_classes, n_samples).

        Args:
            targets: Sums of weights by class; a class without one keeps its sum.
            within: ``all`` scales a class as a whole; ``all_norm`` first scales each of its samples to the
                same sum. One for all, or by class.

        Raises:
            ConfigError: an unknown class, or a target that is not positive.
            SchemaError: a class, or with ``all_norm`` a sample of it, has no row or no positive sum of weights.
        """
        for name, target in targets.items():
            if name not in self.classes:
                hint = nearest_hint(name, self.classes)
                raise ConfigError("class of a sum of weights", got=repr(name), expected="one of the classes", hint=hint)
            if not (np.isfinite(target) and target > 0):
                raise ConfigError(f"sum of weights of class {name}", got=target, expected="a positive number")
        result = np.ones((len(self.classes), len(self.samples)))
        sums, totals = self.sum, self.class_sum
        for label, name in enumerate(self.classes):
            how = within if isinstance(within, str) else within.get(name, "all")
            if how not in ("all", "all_norm"):
                hint = nearest_hint(str(how), ("all", "all_norm"))
                raise ConfigError(f"within of class {name}", got=repr(how), expected="all or all_norm", hint=hint)
            if name not in targets and how == "all":
                continue
            target = float(targets.get(name, totals[label]))
            present = self.count[label] > 0
            self._positive(f"class {name}", float(totals[label]), bool(present.any()))
            if how == "all":
                result[label] = target / totals[label]
                continue
            for sample in np.flatnonzero(present).tolist():
                self._positive(f"sample {self.samples[sample]} of class {name}", float(sums[label, sample]), True)
                result[label, sample] = target / int(present.sum()) / sums[label, sample]
        return result

    def state(self) -> dict[str, Any]:
        """Return what was counted, as JSON can hold it; sums are exact."""
        return {
            "transform": NAME,
            "classes": list(self.classes),
            "samples": list(self.samples),
            "count": self._count.tolist(),
            "negative": self._negative.tolist(),
            "sum": self._sum.state(),
            "squares": self._squares.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the sums whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "class sums"):
            result = cls(state["classes"], state["samples"])
            result._count += np.array(state["count"], np.int64)
            result._negative += np.array(state["negative"], np.int64)
            result._sum.merge(ExactSums.from_state(state["sum"]))
            result._squares.merge(ExactSums.from_state(state["squares"]))
        return result

    def _table(self, values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(len(self.classes), len(self.samples)).copy()

    def _of_classes(self, sums: ExactSums) -> Floats:
        size = len(self.classes)
        return sums.joined(np.repeat(np.arange(size), len(self.samples)), size).values()

    def _places(self, labels: NDArray[Any], samples: NDArray[Any] | int) -> Counts:
        label = np.asarray(labels)
        sample = np.broadcast_to(np.asarray(samples), label.shape)
        for what, values, names in (("label", label, self.classes), ("sample", sample, self.samples)):
            low = -1 if what == "label" else 0
            if values.dtype.kind not in "iu" or (values.size and (values.min() < low or values.max() >= len(names))):
                got = f"{values.min()} to {values.max()}" if values.dtype.kind in "iu" else str(values.dtype)
                raise SchemaError(what, got=got, expected=f"integers {low} to {len(names) - 1}")
        place: Counts = label.astype(np.int64) * len(self.samples) + sample
        return np.where(label < 0, -1, place)

    @staticmethod
    def _positive(what: str, total: float, has_rows: bool) -> None:
        if total > 0:
            return
        got, hint = f"{total:g}", "another policy of negative_weights"
        if not has_rows:
            got, hint = "no row", "a selection that keeps some"
        raise SchemaError(f"sum of weights of {what}", got=got, expected="a positive number to scale", hint=hint)
