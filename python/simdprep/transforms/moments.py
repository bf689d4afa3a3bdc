"""Moments: sums and sums of squares without rounding, so that no order of the data changes them.

A float64 is a whole number of 2^-1074, and so is a sum of any of them: a Python integer, which has any number of
digits. So the sums of data in any order, cut into any chunks, merged in any way, are the same, and mean and variance
are rounded once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .exact_sum import UNIT, exact_number, exact_text

#: Terms of a table: Σwx as two floats, Σwx² as three, Σw. Unweighted ones use the first of the first two and the
#: first two of the next.
NUM_TERMS = 6
SUM, SQUARES, WEIGHTS = (0, 1), (2, 3, 4), (5,)

EXPONENTS = 2048
#: Rows after which the 64-bit tables are emptied: each adds at most 27 bits.
MAX_ROWS = 1 << 35


@dataclass
class Moments:
    """The sums of one field, in whole numbers of 2^-1074.

    Attributes:
        total: Σwx.
        squares: Σwx².
        weights: Σw.
        overflowed: True where a square or product was too large for a float64.
    """

    total: int = 0
    squares: int = 0
    weights: int = 0
    overflowed: bool = False

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.total + other.total, self.squares + other.squares, self.weights + other.weights,
            self.overflowed or other.overflowed,
        )  # fmt: skip

    @property
    def mean(self) -> float:
        """Σwx / Σw, rounded once; NaN where Σw is 0. (Without weights, Σw is to be set to the number of entries.)"""
        return self.total / self.weights if self.weights else float("nan")

    @property
    def variance(self) -> float:
        """Σw(x - mean)² / Σw, rounded once; infinite where it is no float64, NaN where Σw is 0."""
        if self.overflowed:
            return float("inf")
        if not self.weights:
            return float("nan")
        try:
            return (self.weights * self.squares - self.total * self.total) / (self.weights * self.weights)
        except OverflowError:
            return float("inf")

    def state(self) -> list[Any]:
        """Return the numbers as JSON can hold them: large ones as hexadecimal digits and a power of two."""
        return [*(exact_text(value) for value in (self.total, self.squares, self.weights)), self.overflowed]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Self:
        """Return the sums whose :meth:`state` this is.

        Raises:
            ValueError: it is none. (TypeError, AttributeError where it is of other types.)
        """
        total, squares, weights, overflowed = state
        if type(overflowed) is not bool:
            raise ValueError("mark of a sum")
        return cls(exact_number(total), exact_number(squares), exact_number(weights), overflowed)


class MomentTables:
    """What the sums of an object's fields are added up in, by :mod:`.fit_kernel`.

    Args:
        weighted: Whether each field has weights.

    Attributes:
        tables: int64 (terms, fields, exponents, 2): high and low halves of mantissas.
        marks: int64 (fields, 2): whether a field's tables were used, and whether a number was too large for them.
    """

    def __init__(self, weighted: Sequence[bool]) -> None:
        self._shape = (NUM_TERMS if any(weighted) else max(SQUARES), len(weighted), EXPONENTS, 2)
        self.tables = np.zeros((0, *self._shape[1:]), np.int64)  # there is nothing to carry around before a fit
        self.marks = np.zeros((len(weighted), 2), np.int64)
        self._rows = 0
        self._sums = [Moments() for _ in weighted]

    def note(self, rows: int) -> None:
        """Make room: the kernel is about to add ``rows`` entries to the tables."""
        if not len(self.tables):
            self.tables = np.zeros(self._shape, np.int64)  # mostly memory that is never touched
        self._rows += rows
        if self._rows > MAX_ROWS:
            self._sums = self.fields()
            self.tables[...] = 0
            self.marks[:, 0] = 0
            self._rows = rows

    def add_integers(self, sums: NDArray[np.int64], shifts: NDArray[np.int64]) -> None:
        """Take what the kernel added as integers (n_fields, 4) into account; their unit is 2^-shift."""
        found = []
        for (total, high, mixed, low), shift in zip(sums.tolist(), shifts.tolist(), strict=True):
            squares = (high << 42) + (mixed << 22) + low
            found.append(Moments(total << (UNIT - shift), squares << (UNIT - 2 * shift)))
        self.add(found)

    def fields(self) -> list[Moments]:
        """Return the sums per field. Nothing is changed: several threads may ask at once."""
        found = list(self._sums)
        for index in np.flatnonzero(self.marks.any(axis=1)).tolist():
            terms = _numbers(self.tables[:, index])
            total, squares, weights = (
                sum(terms[term] for term in which if term < len(terms)) for which in (SUM, SQUARES, WEIGHTS)
            )
            found[index] += Moments(total, squares, weights, bool(self.marks[index, 1]))
        return found

    def add(self, others: Sequence[Moments]) -> None:
        """Take sums of other data into account."""
        self._sums = [one + other for one, other in zip(self._sums, others, strict=True)]


def _numbers(tables: NDArray[np.int64]) -> list[int]:
    """Return the numbers in the tables of a field, by term, in units of 2^-1074."""
    found = [0] * len(tables)
    places = np.argwhere(tables.any(axis=-1))
    for (term, exponent), (high, low) in zip(places.tolist(), tables[tuple(places.T)].tolist(), strict=True):
        found[term] += ((high << 26) + low) << max(exponent - 1, 0)
    return found
