"""Quantiles: exact for as many numbers as fit a budget, and then from buckets of a stated width.

Which of the two it is depends on how many numbers there were alone; buckets hold counts. So nothing depends on
the order of the data, or on how it was cut into chunks and merged again.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

#: Numbers of a field that are kept: 512 KiB.
BUDGET = 1 << 16

#: Buckets: sign, exponent and the first 12 bits of the mantissa, so that the middle of a bucket is no further from
#: any number in it than the share ``ERROR`` of that number.
_KEPT_BITS = 12
_DROPPED_BITS = 52 - _KEPT_BITS
ERROR = 2.0 ** -(_KEPT_BITS + 1)


class Quantiles:
    """Quantiles of the numbers given to :meth:`add`, interpolated linearly between neighbours, as numpy does.

    Args:
        budget: How many numbers are kept. With more, results are those of numbers that differ from the true ones by
            the share :data:`ERROR` (0.00012) of themselves at most.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self.count = 0
        self._values: list[NDArray[np.float64]] | None = []
        self._keys = np.empty(0, np.int64)
        self._counts = np.empty(0, np.int64)

    @property
    def is_exact(self) -> bool:
        """True as long as all numbers are kept."""
        return self._values is not None

    def add(self, values: NDArray[np.float64]) -> None:
        """Take finite numbers (n,) into account."""
        self.count += len(values)
        if self._values is not None and self.count <= self.budget:
            self._values.append(values + 0.0)  # a copy; -0.0 becomes 0.0
            return
        self._to_buckets()
        self._add_counts(*_counted(values))

    def merge(self, other: Quantiles) -> None:
        """Take into account what ``other`` was given."""
        if other._values is not None:
            for values in other._values:
                self.add(values)
            return
        self.count += other.count
        self._to_buckets()
        self._add_counts(other._keys, other._counts)

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Return the quantiles of ``shares`` in 0..1; NaN without any number."""
        if not self.count:
            return [float("nan")] * len(shares)
        if self._values is not None:
            return [float(value) for value in np.quantile(np.concatenate(self._values), shares)]
        ends = np.cumsum(self._counts)
        middles = _middles_of(self._keys)
        found = []
        for share in shares:
            place = share * (self.count - 1)
            below = int(place)
            low, high = middles[np.searchsorted(ends, [below, min(below + 1, self.count - 1)], side="right")]
            found.append(float(low + (place - below) * (high - low)))
        return found

    def state(self) -> dict[str, Any]:
        """Return what it holds as JSON can: numbers, or buckets, as base64 of little-endian 64 bits."""
        if self._values is not None:
            values = np.sort(np.concatenate([np.empty(0), *self._values]))
            return {"budget": self.budget, "values": _text(values)}
        return {"budget": self.budget, "buckets": _text(self._keys), "counts": _text(self._counts)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return the one whose :meth:`state` this is.

        Raises:
            ValueError: it is none. (KeyError where a key is missing.)
        """
        result = cls(int(state["budget"]))
        if "values" in state:
            result.add(_array(state["values"], "<f8").astype(np.float64))
            return result
        keys, counts = (_array(state[name], "<i8").astype(np.int64) for name in ("buckets", "counts"))
        if len(keys) != len(counts) or (np.diff(keys) <= 0).any() or (counts <= 0).any():
            raise ValueError("buckets out of order")
        result._values = None
        result._keys, result._counts, result.count = keys, counts, int(counts.sum())
        return result

    def _to_buckets(self) -> None:
        if self._values is None:
            return
        values, self._values = self._values, None
        for part in values:
            self._add_counts(*_counted(part))

    def _add_counts(self, keys: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        self._keys, self._counts = _summed(np.concatenate([self._keys, keys]), np.concatenate([self._counts, counts]))


def _middles_of(keys: NDArray[np.int64]) -> NDArray[np.float64]:
    size = np.where(keys < 0, -1 - keys, keys)
    middle = ((size << _DROPPED_BITS) + (np.int64(1) << (_DROPPED_BITS - 1))).view(np.float64)
    middle = np.where(size == 0, 0.0, middle)  # the bucket of 0 is exact: what else is in it is no normal number
    return np.where(keys < 0, -middle, middle)


def _counted(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return buckets, in the order of their numbers, and how many of the values are in each.

    A bucket's key is sign and leading bits of a number: ``key`` where it is positive or 0, ``-1 - key`` else.
    """
    from .quantiles_kernel import bucket_range, count_buckets

    first, last = bucket_range(values, _DROPPED_BITS)
    counts = np.zeros((2, max(last - first + 1, 0)), np.int64)
    zeros = count_buckets(values, _DROPPED_BITS, first, counts)
    (negative,), (positive,) = np.nonzero(counts[1]), np.nonzero(counts[0])
    some = np.zeros(min(zeros, 1), np.int64)
    keys = np.concatenate([-1 - first - negative[::-1], some, first + positive])
    return keys, np.concatenate([counts[1][negative[::-1]], some + zeros, counts[0][positive]])


def _summed(keys: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each key once, in order, with its counts added up."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return keys[starts], np.add.reduceat(counts[order], starts) if len(starts) else counts


def _text(values: NDArray[Any]) -> str:
    return base64.b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes()).decode()


def _array(text: str, dtype: str) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype)
