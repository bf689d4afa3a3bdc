"""FieldFits: what a fit holds of each field of an object, and the constants that come of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from .exact_sum import UNIT
from .field_rule import QUANTILES, FieldRule
from .moments import Moments, MomentTables
from .quantiles import Quantiles

_NONFINITE = {"keep": 0, "zero": 1, "error": 2}
_SCALES = {
    "standard": "standard deviation",
    "robust": "distance of the quantiles",
    "minmax": "distance of the bounds",
}


#: Rows of which the numbers of all fields are held at once, where quantiles are asked for.
KEPT_ROWS = 1 << 16


class FieldFits:
    """Moments, bounds or quantiles of each field, whichever its method needs.

    Args:
        rules: Of the fields, in their order.
    """

    def __init__(self, rules: Sequence[FieldRule]) -> None:
        self.rules = tuple(rules)
        self.takes_log = np.array([rule.log is not None for rule in rules])
        self.offset = np.array([rule.log or 0.0 for rule in rules])
        self.low = np.array([rule.clip[0] if rule.clip else -np.inf for rule in rules])
        self.high = np.array([rule.clip[1] if rule.clip else np.inf for rule in rules])
        self.nonfinite = np.array([_NONFINITE[rule.nonfinite] for rule in rules], np.int64)
        self._weighted = np.array([rule.weighted for rule in rules])
        self._summed = np.array([rule.method == "standard" for rule in rules])
        self._sums = MomentTables([rule.weighted for rule in rules])
        self._counts = np.zeros(len(rules), np.int64)
        self._bounds = np.tile([np.inf, -np.inf], (len(rules), 1))
        self._places = np.full(len(rules), -1)
        self._quantiles = {index: Quantiles() for index, rule in enumerate(rules) if rule.method == "robust"}
        self._places[list(self._quantiles)] = range(len(self._quantiles))

    def count(self) -> NDArray[np.int64]:
        """Return how many entries counted, per field."""
        return self._counts.copy()

    def fit(
        self, flat: NDArray[Any], valid: NDArray[np.bool_], weights: NDArray[np.float64] | None
    ) -> NDArray[np.int64]:
        """Take ``flat`` (n, n_fields), float32 or float64, into account; return how many were not finite, per field."""
        from .fit_kernel import MOST_ROWS, accumulate

        size = len(self.rules)
        odd = np.zeros(size, np.int64)
        own = np.empty(0) if weights is None else weights
        step = min(MOST_ROWS, KEPT_ROWS) if self._quantiles else MOST_ROWS
        for start in range(0, len(flat), step):
            part = slice(start, start + step)
            rows = len(flat[part])
            self._sums.note(rows)
            integers, shifts = np.zeros((size, 4), np.int64), np.zeros(size, np.int64)
            kept, ends = np.empty((len(self._quantiles), rows)), np.zeros(len(self._quantiles), np.int64)
            values = flat[part]
            if flat.flags.f_contiguous:
                values = np.asfortranarray(values)  # of one layout, whatever is left out
            accumulate(
                values, valid[part], own[part], self._weighted, self._summed, self.takes_log, self.offset,
                integers, shifts, self._sums.tables, self._sums.marks, self._counts, odd, self._bounds,
                self._places, kept, ends,
            )  # fmt: skip
            self._sums.add_integers(integers, shifts)
            for quantiles, numbers, end in zip(self._quantiles.values(), kept, ends.tolist(), strict=True):
                quantiles.add(numbers[:end])
        return odd

    def merge(self, other: FieldFits) -> None:
        """Take into account what ``other`` saw."""
        self._sums.add(other._sums.fields())
        self._counts += other._counts
        self._bounds[:, 0] = np.minimum(self._bounds[:, 0], other._bounds[:, 0])
        self._bounds[:, 1] = np.maximum(self._bounds[:, 1], other._bounds[:, 1])
        for index, quantiles in self._quantiles.items():
            quantiles.merge(other._quantiles[index])

    def constants(self, places: Sequence[str], *, what: str) -> list[tuple[float, float]]:
        """Return centre and scale of each field.

        Args:
            places: The fields' names, for errors.
            what: What they are fitted for, for errors.

        Raises:
            SchemaError: nothing was seen of a field, or its scale is no positive number.
        """
        moments = self._sums.fields()
        return [self._constants(index, place, what, moments[index]) for index, place in enumerate(places)]

    def _constants(self, index: int, place: str, what: str, moments: Moments) -> tuple[float, float]:
        rule = self.rules[index]
        if rule.method == "none":
            return 0.0, 1.0
        if not self._counts[index]:
            expected, hint = "at least one valid and finite entry", "fitting on data that has some"
            raise SchemaError(what, got="none", expected=expected, where=f"field {place}", hint=hint)
        centre, scale = self._measured(index, rule, moments)
        if not (scale > 0 and math.isfinite(scale) and math.isfinite(centre)):
            expected = "a positive number"
            hint = f"leaving {place} out, or method none" if scale == 0 else "a smaller unit, or its logarithm"
            if rule.weighted and not scale > 0:
                expected += "; weights of both signs may give none"
                hint = "weights without negative ones"
            raise SchemaError(
                _SCALES[rule.method], got=str(scale), expected=expected, where=f"field {place}", hint=hint
            )
        return centre, scale

    def state(self) -> list[dict[str, Any]]:
        """Return what is held of each field, as JSON can hold it."""
        sums = self._sums.fields()
        found: list[dict[str, Any]] = []
        for index, rule in enumerate(self.rules):
            entry: dict[str, Any] = {"count": int(self._counts[index])}
            if rule.method == "standard":
                entry["sums"] = sums[index].state()
            elif rule.method == "minmax" and entry["count"]:
                entry["bounds"] = self._bounds[index].tolist()
            elif rule.method == "robust":
                entry["quantiles"] = self._quantiles[index].state()
            found.append(entry)
        return found

    def restore(self, state: Sequence[Mapping[str, Any]]) -> None:
        """Become the one whose :meth:`state` this is.

        Raises:
            ValueError: it is none. (KeyError, TypeError where parts are missing or of another kind.)
        """
        sums = [Moments() for _ in self.rules]
        for index, (rule, entry) in enumerate(zip(self.rules, state, strict=True)):
            count = entry["count"]
            if type(count) is not int or count < 0:
                raise ValueError("count of a field")
            self._counts[index] = count
            if rule.method == "standard":
                sums[index] = Moments.from_state(entry["sums"])
            elif rule.method == "minmax" and count:
                self._bounds[index] = [float(bound) for bound in entry["bounds"]]
            elif rule.method == "robust":
                self._quantiles[index] = Quantiles.from_state(entry["quantiles"])
        self._sums.add(sums)

    def _measured(self, index: int, rule: FieldRule, moments: Moments) -> tuple[float, float]:
        if rule.method == "minmax":
            least, greatest = self._bounds[index].tolist()
            return least, greatest - least
        if rule.method == "robust":
            low, centre, high = self._quantiles[index].quantiles(QUANTILES)
            return centre, max(high - centre, centre - low)
        if not rule.weighted:
            moments = replace(moments, weights=int(self._counts[index]) << UNIT)
        variance = moments.variance
        return moments.mean, math.sqrt(variance) if variance >= 0 else math.nan
