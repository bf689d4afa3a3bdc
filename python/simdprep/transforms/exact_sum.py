"""ExactSums: sums of float64 without rounding, so that they are the same whatever the order of adding.

Each sum is an integer of 2100 bits in units of 2**-1074, of which only the limbs in use are held (after
Kulisch). Batches, threads and jobs may add in any order and be merged in any order: the sums are equal bit
by bit, and rounded once, when they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError

Floats = NDArray[np.float64]

#: Bits of a limb; it is held in 64, so that carries wait.
BITS = 32

#: The unit of the sums is 2**-UNIT, the least positive float64.
UNIT = 1074

#: No sum has more digits, or a greater power of two.
LONGEST = 4096

#: So many numbers may be added before carries must be moved on.
MOST = 1 << 30


class ExactSums:
    """A row of sums.

    Args:
        size: How many.
    """

    def __init__(self, size: int) -> None:
        self._first = 0  # the lowest limb held
        self._limbs = np.zeros((size, 0), np.int64)
        self._pending = 0  # numbers added since carries were moved on

    def __len__(self) -> int:
        return len(self._limbs)

    def add(self, values: NDArray[Any], index: NDArray[np.int64] | None = None) -> None:
        """Add each of ``values`` (n,) to the sum that ``index`` (n,) names, -1 for none; without it, to the first.

        Raises:
            SchemaError: a value is not finite (its place is named), an index is not of a sum, or shapes do not fit.
        """
        from .exact_sum_kernel import accumulate, survey

        wide = np.ascontiguousarray(values, np.float64)
        places = np.zeros(len(wide), np.int64) if index is None else np.ascontiguousarray(index, np.int64)
        if wide.ndim != 1 or places.shape != wide.shape:
            raise SchemaError("values to add", got=f"shape {wide.shape}", expected=f"(n,), and an index {wide.shape}")
        for begin in range(0, len(wide), MOST):
            bits, own = wide[begin : begin + MOST].view(np.int64), places[begin : begin + MOST]
            low, high, least, most = survey(bits, own)
            if least < -1 or most >= len(self):
                raise SchemaError("index of a sum", got=f"{least} to {most}", expected=f"-1 to {len(self) - 1}")
            if high < low:
                continue  # zeros
            if high == 0x7FF:
                row = int(np.flatnonzero(~np.isfinite(wide) & (places >= 0))[0])
                raise SchemaError("weight", got=f"{wide[row]} in row {row}", expected="a finite number")
            self._hold((low - 1) // BITS, (high - 1) // BITS + 4)
            if self._pending + len(bits) > MOST:
                self._carry()
            self._pending += len(bits)
            accumulate(bits, own, self._limbs, self._first)

    def merge(self, other: ExactSums) -> None:
        """Add the sums of another, one by one.

        Raises:
            SchemaError: it has another number of sums.
        """
        if len(other) != len(self):
            raise SchemaError("sums to merge", got=len(other), expected=str(len(self)))
        if not other._limbs.shape[1]:
            return
        self._hold(other._first, other._first + other._limbs.shape[1] + 1)
        self._carry()
        other._carry()
        begin = other._first - self._first
        self._limbs[:, begin : begin + other._limbs.shape[1]] += other._limbs
        self._pending += 1

    def joined(self, index: NDArray[np.int64], size: int) -> Self:
        """Return ``size`` sums: each of ours is added to the one that ``index`` (our size,) names."""
        self._carry()
        result = type(self)(size)
        result._first = self._first
        result._limbs = np.zeros((size, self._limbs.shape[1]), np.int64)
        np.add.at(result._limbs, index, self._limbs)
        return result

    def integers(self) -> list[int]:
        """Return the sums as integers, in units of 2**-1074."""
        self._carry()
        shift = BITS * self._first
        powers = [shift + BITS * limb for limb in range(self._limbs.shape[1])]
        return [
            sum(part << power for part, power in zip(parts, powers, strict=True) if part)
            for parts in self._limbs.tolist()
        ]

    def values(self) -> Floats:
        """Return the sums rounded to float64, (size,); infinite where they are larger than that."""
        return np.array([rounded(number) for number in self.integers()], np.float64)

    def state(self) -> list[str]:
        """Return the sums as JSON can hold them: exact, as ``<integer in hexadecimal>p<power of two>``."""
        return [exact_text(number) for number in self.integers()]

    @classmethod
    def from_state(cls, state: Sequence[str]) -> Self:
        """Make the sums whose :meth:`state` this is.

        Raises:
            ValueError: it is not one.
        """
        result = cls(len(state))
        for row, text in enumerate(state):
            number = exact_number(text)
            low = ((number & -number).bit_length() - 1) // BITS if number else 0
            result._hold(low, abs(number).bit_length() // BITS + 2)
            rest, limb = number >> (BITS * low), low - result._first
            while rest not in (0, -1):
                result._limbs[row, limb] += rest & ((1 << BITS) - 1)
                rest, limb = rest >> BITS, limb + 1
            result._limbs[row, limb] += rest
        return result

    def _hold(self, first: int, stop: int) -> None:
        """Hold the limbs from ``first`` to ``stop``, and those held already."""
        if not self._limbs.shape[1]:
            self._first = first
        before, after = max(self._first - first, 0), max(stop - self._first - self._limbs.shape[1], 0)
        if before or after:
            self._limbs = np.pad(self._limbs, ((0, 0), (before, after)))
            self._first -= before

    def _carry(self) -> None:
        """Move carries on, so that every limb but the last is in ``range(2**32)``."""
        for limb in range(self._limbs.shape[1] - 1):
            self._limbs[:, limb + 1] += self._limbs[:, limb] >> BITS
            self._limbs[:, limb] &= (1 << BITS) - 1
        if self._limbs.shape[1] and np.any(np.abs(self._limbs[:, -1]) >= 1 << BITS):
            self._hold(self._first, self._first + self._limbs.shape[1] + 1)
            self._carry()
        self._pending = 0


def rounded(number: int) -> float:
    """Return an integer in units of 2**-1074 as the nearest float64."""
    try:
        return number / (1 << UNIT)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def exact_text(number: int) -> str:
    """Return an integer in units of 2**-1074 as JSON can hold it: ``<integer in hexadecimal>p<power of two>``."""
    power = (number & -number).bit_length() - 1 if number else 0
    return f"{'-' if number < 0 else ''}{abs(number) >> power:x}p{power - UNIT if number else 0}"


def exact_number(text: str) -> int:
    """Return the integer whose :func:`exact_text` this is.

    Raises:
        ValueError: it is none, or larger than any sum of float64. (AttributeError where it is no text.)
    """
    digits, _, power = text.partition("p")
    if len(digits) > LONGEST or not -UNIT <= int(power) <= LONGEST:
        raise ValueError("no text of a sum")
    number = int(digits, 16)
    return number << (int(power) + UNIT) if number else 0
