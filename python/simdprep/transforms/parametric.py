"""Parametric: a field that only the signal has, such as its mass, drawn for other rows from its distribution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from .exact_sum import ExactSums, rounded
from .identity import Words, checked, hash_of, key_of
from .stored_state import stored_state

Floats = NDArray[np.float64]
Keys = NDArray[np.int64]

#: What a state calls this step.
NAME = "parametric"

#: Up to so many values each is kept as it is; beyond, the distribution is taken to be continuous.
MOST_VALUES = 1000

#: A continuous distribution has 2**DIGITS bins in each factor of two.
DIGITS = 10
_SHIFT = 52 - DIGITS


class Parametric:
    """Learns how a field is distributed in the signal, by weight, and draws values of it for other rows.

    A network trained on a parameter of the signal (its mass) needs a value of it for background rows
    too, from which nothing can be learned: one drawn from the signal's own distribution. Which value a
    row gets depends on the seed and the row's identity alone.

    Up to 1000 different values are kept as they are: mass points are drawn exactly, with the
    probabilities of their sums of weights. More are a continuous distribution, kept in bins of a width
    of 1/1024 of the value or less and drawn evenly within them: no quantile is further off than that.

    Args:
        field: Name of the field, for errors.
        seed: Another one draws other values.
    """

    def __init__(self, field: str, *, seed: int = 0) -> None:
        self.field, self.seed = field, int(seed)
        self._is_discrete = True
        self._keys: Keys = np.zeros(0, np.int64)  # ascending, as the numbers they stand for
        self._sums = ExactSums(0)

    @property
    def is_discrete(self) -> bool:
        """Whether the values are kept as they are."""
        return self._is_discrete

    @property
    def values(self) -> Floats:
        """The values, ascending; of a continuous distribution, the lower borders of its bins. (n_values,)."""
        return _number(self._keys if self._is_discrete else self._keys << _SHIFT)

    @property
    def probabilities(self) -> Floats:
        """Probability of each of :attr:`values`, (n_values,).

        Raises:
            SchemaError: nothing was fitted, or a sum of weights is below zero.
        """
        weights = self._weights()
        total = sum(weights)
        return np.array([weight / total for weight in weights])

    def fit(self, values: NDArray[Any], weights: NDArray[Any] | None = None) -> None:
        """Take a batch of the signal into account.

        Args:
            values: (n,) of any real dtype.
            weights: (n,); ``None`` for 1 each.

        Raises:
            SchemaError: a value or weight is not finite, or the shapes or dtypes do not fit.
        """
        wide = self._checked(values).astype(np.float64)
        finite = np.isfinite(wide)
        if not finite.all():
            row = int(np.flatnonzero(~finite)[0])
            raise SchemaError(f"field {self.field}", got=f"{wide[row]} in row {row}", expected="a finite number")
        heavy = np.ones(len(wide)) if weights is None else np.asarray(weights)
        if heavy.shape != wide.shape:
            raise SchemaError("weights", got=f"shape {heavy.shape}", expected=str(wide.shape))
        keys = _key(wide)
        if not self._is_discrete:
            keys >>= _SHIFT
        self._hold(np.unique(keys))
        self._sums.add(heavy, np.searchsorted(self._keys, keys))
        self._limit()

    def merge(self, other: Parametric) -> None:
        """Take into account what ``other`` was fitted on."""
        if self._is_discrete != other._is_discrete:
            self._join()
            other = other._joined()
        mine = self._hold(other._keys)
        more = ExactSums(len(self._keys))
        more.merge(other._sums.joined(np.searchsorted(self._keys, other._keys), len(self._keys)))
        mine.merge(more)
        self._limit()

    def draw(self, identity: Words) -> Floats:
        """Return a value for each row, float64 (n,).

        Args:
            identity: uint64 (n,), of :func:`.identity.identity_of`.

        Raises:
            SchemaError: nothing was fitted, or a sum of weights is below zero.
        """
        weights = self._weights()
        total, below, bounds = sum(weights), 0, []
        for weight in weights:
            below += weight
            bounds.append((below << 64) // total)
        inner = np.array([bound for bound in bounds if bound < 1 << 64], np.uint64)
        words = checked(identity)
        index = np.searchsorted(inner, hash_of(words, key_of(self.seed, NAME, "value")), side="right")
        if self._is_discrete:
            return self.values[index]
        low = _number(self._keys << _SHIFT)
        high = np.minimum(_number((self._keys + 1) << _SHIFT), np.finfo(np.float64).max)
        place = (hash_of(words, key_of(self.seed, NAME, "place")) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        drawn: Floats = low[index] + place * (high - low)[index]
        return drawn

    def apply(self, values: NDArray[Any], replace: NDArray[np.bool_], identity: Words) -> NDArray[Any]:
        """Return the values with those of some rows drawn, (n,) of the same dtype.

        Args:
            values: (n,) of any real dtype.
            replace: Rows that get another value, bool (n,).
            identity: uint64 (n,).

        Raises:
            SchemaError: as :meth:`draw`, or the shapes or dtypes do not fit.
        """
        result = self._checked(values).copy()
        if replace.shape != result.shape or replace.dtype != np.bool_:
            got = f"{replace.dtype} {replace.shape}"
            raise SchemaError("rows to replace", got=got, expected=f"bool {result.shape}")
        drawn = self.draw(checked(identity)[replace])
        result[replace] = np.rint(drawn) if result.dtype.kind in "iu" else drawn
        return result

    def salt_parameters(self, *, test: float | None = None) -> dict[str, dict[str, Any]]:
        """Return the entry of this field in salt's ``PARAMETERS``: values to train with, probabilities, one to test.

        salt replaces what is not among the values to train with, compared in float32: they are given so.

        Args:
            test: Value for all rows when testing; by default the middle one of the values.

        Raises:
            SchemaError: the distribution is continuous, or as :attr:`probabilities`.
        """
        probabilities = self.probabilities
        if not self._is_discrete:
            got, rule = f"more than {MOST_VALUES:,} values", "mass points, for salt's list of them"
            raise SchemaError(f"field {self.field}", got=got, expected=rule, hint="the drawn field as an input of salt")
        filled = probabilities > 0
        values = self.values[filled].astype(np.float32).astype(np.float64)
        middle = float(values[len(values) // 2]) if test is None else float(test)
        return {self.field: {"train": values.tolist(), "prob": probabilities[filled].tolist(), "test": middle}}

    def state(self) -> dict[str, Any]:
        """Return what was learned, as JSON can hold it; sums of weights are exact."""
        return {
            "transform": NAME,
            "field": self.field,
            "seed": self.seed,
            "is_discrete": self._is_discrete,
            "values": self.values.tolist(),
            "weights": self._sums.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the step whose :meth:`state` this is; it can be fitted further.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "parametric"):
            result = cls(state["field"], seed=state["seed"])
            keys = _key(np.array(state["values"], np.float64))
            result._is_discrete = bool(state["is_discrete"])
            result._keys = keys if result._is_discrete else keys >> _SHIFT
            result._sums = ExactSums.from_state(state["weights"])
            if len(result._sums) != len(keys) or (result._keys[1:] <= result._keys[:-1]).any():
                raise ValueError("ascending values and as many weights")
        return result

    def _hold(self, keys: Keys) -> ExactSums:
        """Hold sums for these keys (different ones) too; returns all sums."""
        known = np.union1d(self._keys, keys)
        if len(known) > len(self._keys):
            self._sums = self._sums.joined(np.searchsorted(known, self._keys), len(known))
            self._keys = known
        return self._sums

    def _limit(self) -> None:
        """Go over to bins where there are too many values: whether and how does not depend on the order of batches."""
        if self._is_discrete and len(self._keys) > MOST_VALUES:
            self._join()

    def _join(self) -> None:
        if self._is_discrete:
            bins, which = np.unique(self._keys >> _SHIFT, return_inverse=True)
            self._keys, self._sums = bins, self._sums.joined(which, len(bins))
            self._is_discrete = False

    def _joined(self) -> Parametric:
        result = Parametric(self.field, seed=self.seed)
        result._keys, result._sums, result._is_discrete = self._keys, self._sums, self._is_discrete
        result._join()
        return result

    def _weights(self) -> list[int]:
        """Return the sum of weights of each value, in the units of :class:`.exact_sum.ExactSums`."""
        weights = self._sums.integers()
        if not any(weights):
            hint = "a signal with rows and weights"
            raise SchemaError(f"distribution of {self.field}", got="no row", expected="one or more", hint=hint)
        worst = min(range(len(weights)), key=weights.__getitem__)
        if weights[worst] < 0:
            got, hint = f"{rounded(weights[worst]):g}", "another policy of negative_weights"
            rule = "a positive number to draw by"
            raise SchemaError(
                f"sum of weights of {self.field} = {self.values[worst]:g}", got=got, expected=rule, hint=hint
            )
        return weights

    def _checked(self, values: NDArray[Any]) -> NDArray[Any]:
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            got = f"{values.dtype} {values.shape}"
            raise SchemaError(f"field {self.field}", got=got, expected="numbers (n,)")
        return values


def _key(values: Floats) -> Keys:
    """Return integers that are ordered as the numbers are, and neighbours where these are."""
    bits = (values + 0.0).view(np.int64)  # one zero
    return bits ^ ((bits >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))


def _number(keys: Keys) -> Floats:
    """Return the numbers of keys."""
    return (keys ^ ((keys >> 63) & np.int64(0x7FFFFFFFFFFFFFFF))).view(np.float64)
