"""Standardise: each field to mean 0 and standard deviation 1 over its valid entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import SchemaError
from .protocol import Valid, Values

Floats = NDArray[np.float64]
Nonfinite = Literal["keep", "zero"]

#: What a state calls this transform.
NAME = "standardise"


@dataclass(frozen=True)
class Moments:
    """Count, mean and sum of squared deviations from the mean, one per field."""

    count: NDArray[np.int64]
    mean: Floats
    squares: Floats


class Standardise:
    """``(x - mean) / std`` on valid entries, with the mean and standard deviation of a training set.

    The constants are those of all valid and finite entries seen by :meth:`fit`, exact to rounding in
    float64, in one pass over the data (Welford within a chunk, Chan between chunks). The standard
    deviation is that of the population (divided by n). NaN and infinities are never part of them.

    Args:
        fields: Names of the fields, in the order of the last axis.
        nonfinite: What :meth:`apply` makes of NaN and infinities in valid entries: ``keep`` leaves
            them (NaN stays NaN, inf stays inf), ``zero`` writes 0, which is the mean.

    Raises:
        SchemaError: no field, or a name twice.
    """

    #: Changes every number by itself, whatever the shape it comes in.
    elementwise = True

    def __init__(self, fields: Sequence[str], *, nonfinite: Nonfinite = "keep") -> None:
        self.fields = tuple(fields)
        if isinstance(fields, str) or not self.fields or len(set(self.fields)) < len(self.fields):
            raise SchemaError("fields to standardise", got=repr(fields), expected="one or more different names")
        if nonfinite not in ("keep", "zero"):
            raise SchemaError("nonfinite", got=repr(nonfinite), expected="keep or zero")
        self.nonfinite: Nonfinite = nonfinite
        size = len(self.fields)
        self._moments = Moments(np.zeros(size, np.int64), np.zeros(size), np.zeros(size))

    @property
    def count(self) -> NDArray[np.int64]:
        """Valid and finite entries seen, per field (n_fields,)."""
        return self._moments.count.copy()

    @property
    def mean(self) -> Floats:
        """Mean per field (n_fields,), float64.

        Raises:
            SchemaError: a field had no valid and finite entry.
        """
        for name, count in zip(self.fields, self._moments.count, strict=True):
            if not count:
                rule, hint = "at least one valid and finite entry", "fitting on data that has some"
                raise SchemaError("standardise", got="none", expected=rule, where=f"field {name}", hint=hint)
        return self._moments.mean.copy()

    @property
    def std(self) -> Floats:
        """Standard deviation per field (n_fields,), float64.

        Raises:
            SchemaError: a field had no valid and finite entry, is constant, or is too large for float64.
        """
        self.mean  # noqa: B018 - for its errors
        with np.errstate(over="ignore", invalid="ignore"):
            std: Floats = np.sqrt(self._moments.squares / self._moments.count)
        for name, value in zip(self.fields, std, strict=True):
            if not (value > 0 and np.isfinite(value)):
                hint = f"leaving {name} out" if value == 0 else "a smaller unit, or its logarithm"
                rule = "a positive number"
                raise SchemaError("standard deviation", got=str(value), expected=rule, where=f"field {name}", hint=hint)
        return std

    def fit(self, values: Values, valid: Valid = None) -> None:
        """Take a chunk into account.

        Args:
            values: (..., n_fields) of any real dtype.
            valid: (...) bool; ``None`` for all.

        Raises:
            SchemaError: the shapes or dtypes do not fit.
        """
        from .standardise_kernel import moments

        flat, mask = self._flat(values, valid)
        self._moments = merged(self._moments, Moments(*moments(flat, mask)))

    def merge(self, other: Standardise) -> None:
        """Take into account what ``other`` was fitted on.

        Raises:
            SchemaError: it has other fields.
        """
        if other.fields != self.fields:
            raise SchemaError("fields to merge", got=", ".join(other.fields), expected=", ".join(self.fields))
        self._moments = merged(self._moments, other._moments)

    def apply(self, values: Values, valid: Valid = None, *, out: Values | None = None) -> Values:
        """Return the standardised values; entries that are not valid are as they were.

        Args:
            values: (..., n_fields) of any real dtype.
            valid: (...) bool; ``None`` for all.
            out: Where to write: float32 or float64, shaped as ``values``, which it may be.

        Returns:
            ``out``, or a new array: float64 for float64 values, else float32. Computed in float64.

        Raises:
            SchemaError: the shapes or dtypes do not fit, or as :attr:`std`.
        """
        from .standardise_kernel import standardise

        mean, std = self.mean, self.std
        flat, mask = self._flat(values, valid)
        if out is None:
            out = np.empty(values.shape, np.float64 if values.dtype == np.float64 else np.float32)
        elif out.shape != values.shape or out.dtype not in (np.float32, np.float64):
            got = f"{out.dtype} {out.shape}"
            raise SchemaError("out", got=got, expected=f"float32 or float64 {values.shape}")
        target = out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
        standardise(flat, mask, mean, std, self.nonfinite == "zero", target.reshape(-1, len(self.fields)))
        if target is not out:
            out[...] = target
        return out

    def item_transforms(self) -> list[_core.ItemTransform]:
        """Return what :meth:`apply` does to each field, for the core to do while it packs entries: the same bits.

        Raises:
            SchemaError: as :attr:`std`.
        """
        nan = 0.0 if self.nonfinite == "zero" else None
        return [
            _core.ItemTransform(mean=mean, std=std, nan=nan, infinite=nan is not None)
            for mean, std in zip(self.mean.tolist(), self.std.tolist(), strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """Return what was learned, as JSON can hold it: counts, means and sums of squares by field."""
        return {
            "transform": NAME,
            "fields": list(self.fields),
            "nonfinite": self.nonfinite,
            "count": self._moments.count.tolist(),
            "mean": self._moments.mean.tolist(),
            "squares": self._moments.squares.tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the transform whose :meth:`state` this is; it can be fitted further.

        Raises:
            SchemaError: it is no such state.
        """
        try:
            if state["transform"] != NAME:
                raise SchemaError("transform", got=repr(state["transform"]), expected=NAME)
            result = cls(state["fields"], nonfinite=state["nonfinite"])
            moments = Moments(
                np.array(state["count"], np.int64), np.array(state["mean"], float), np.array(state["squares"], float)
            )
        except (KeyError, TypeError, ValueError) as error:
            got = f"{type(error).__name__}: {error}"
            raise SchemaError("state of standardise", got=got, expected="what state() returns") from error
        if {part.shape for part in (moments.count, moments.mean, moments.squares)} != {(len(result.fields),)} or np.any(
            moments.count < 0
        ):
            rule = f"one of each for the {len(result.fields)} fields"
            raise SchemaError("state of standardise", got="other counts, means and squares", expected=rule)
        result._moments = moments
        return result

    def _flat(self, values: Values, valid: Valid) -> tuple[Values, NDArray[np.bool_]]:
        """Return values (n, n_fields) in a dtype the kernels know and the mask (n,)."""
        size = len(self.fields)
        if values.ndim < 2 or values.shape[-1] != size:
            rule = f"at least 2 axes, the last of the {size} fields {', '.join(self.fields[:5])}"
            raise SchemaError("values", got=f"shape {values.shape}", expected=rule)
        if values.dtype.kind not in "biuf":
            raise SchemaError("values", got=str(values.dtype), expected="numbers")
        if valid is not None and (valid.dtype != np.bool_ or valid.shape != values.shape[:-1]):
            got, rule = f"{valid.dtype} {valid.shape}", f"bool {values.shape[:-1]}"
            raise SchemaError("valid", got=got, expected=rule)
        if values.dtype.kind != "f" or not values.dtype.isnative or values.dtype.itemsize > 8:
            values = values.astype(np.float64)
        elif values.dtype == np.float16:  # not known to numba
            values = values.astype(np.float32)
        flat = np.ascontiguousarray(values.reshape(-1, size))
        return flat, np.ones(len(flat), np.bool_) if valid is None else np.ascontiguousarray(valid.reshape(-1))


def merged(one: Moments, two: Moments) -> Moments:
    """Return the moments of two sets of values together (Chan, Golub and LeVeque 1983)."""
    count = one.count + two.count
    with np.errstate(over="ignore", invalid="ignore"):
        share = two.count / np.maximum(count, 1)
        shift = np.where((one.count > 0) & (two.count > 0), two.mean - one.mean, 0.0)
        mean = np.where(one.count > 0, one.mean + shift * share, two.mean)
        squares = one.squares + two.squares + shift * shift * share * one.count
    return Moments(count, mean, squares)


def reference_moments(values: Values, valid: NDArray[np.bool_]) -> Moments:
    """Return the moments of ``values`` (n, n_fields) in plain numpy: the form the kernel is held to."""
    result = Moments(np.zeros(values.shape[1], np.int64), np.zeros(values.shape[1]), np.zeros(values.shape[1]))
    for index in range(values.shape[1]):
        column = values[valid, index].astype(np.float64)
        column = column[np.isfinite(column)]
        if len(column):
            result.count[index] = len(column)
            result.mean[index] = column.mean()
            result.squares[index] = np.sum((column - column.mean()) ** 2)
    return result


def reference_standardise(
    values: Values, valid: NDArray[np.bool_], mean: Floats, std: Floats, zero: bool, out: Values
) -> None:
    """Write the standardised ``values`` (n, n_fields) to ``out`` in plain numpy: the form the kernel is held to."""
    wide = values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = (wide - mean) / std
        if zero:
            scaled[~np.isfinite(wide)] = 0
        out[...] = np.where(valid[:, np.newaxis], scaled, wide)
