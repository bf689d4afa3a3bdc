"""Split: which rows are for training, which for validation, which for testing, and the folds."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError
from .identity import Words, checked, halves, hash_of, key_of, reference_hash
from .stored_state import stored_state

Places = NDArray[np.int8]

#: What a state calls this step.
NAME = "split"

#: Rows of a run in which a split by position gives exact counts.
RUN = 1000

#: Folds and names are numbered by int8.
MOST = 100


class Split:
    """Sends every row to exactly one split, and to exactly one fold.

    By identity (:meth:`assign`), a row's split depends on the seed and its identity alone: it stays the
    same when rows are reordered, cut, or when files are added. The sizes then are the fractions within
    statistics. By position (:meth:`assign_positions`) they are exact in every 1000 rows, but a row's
    split depends on where it stands. For a split by conditions see :class:`.labels.Labels`.

    Folds are independent of the split: within the rows of a split each fold has its share.

    Args:
        fractions: Of each split by name, such as ``{"train": 0.6, "val": 0.2, "test": 0.2}``; together 1.
        seed: Another one gives another split.
        folds: How many; 0 for none.

    Raises:
        ConfigError: a fraction is negative, they do not add up to 1, or there are too many.
    """

    def __init__(self, fractions: Mapping[str, float], *, seed: int = 0, folds: int = 0) -> None:
        shares = [_share(name, value) for name, value in fractions.items()]
        if not 0 < len(shares) <= MOST or abs(sum(shares, Fraction(-1))) > Fraction(1, 10**9):
            got = " + ".join(f"{float(share):g}" for share in shares) or "none"
            raise ConfigError(
                "fractions of a split", got=got, expected="a sum of 1", hint="train: 0.6, val: 0.2, test: 0.2"
            )
        if not (folds == 0 or 2 <= folds <= MOST):
            raise ConfigError("folds", got=folds, expected=f"0, or 2 to {MOST}")
        self.fractions = dict(zip(fractions, (float(value) for value in fractions.values()), strict=True))
        self.names = tuple(self.fractions)
        self.seed, self.num_folds = int(seed), int(folds)
        self._bounds = _bounds(shares)
        self._steps = _steps(shares)

    def assign(self, identity: Words) -> Places:
        """Return the split of each row, int8 (n,), an index into :attr:`names`.

        Args:
            identity: uint64 (n,), of :func:`.identity.identity_of`; or its columns (n, k).
        """
        from .identity_kernel import intervals

        return intervals(checked(identity), *halves(self._key("split")), self._bounds)

    def folds(self, identity: Words) -> Places:
        """Return the fold of each row, int8 (n,) in ``range(num_folds)``.

        Raises:
            SchemaError: there are none.
        """
        from .identity_kernel import intervals

        if not self.num_folds:
            raise SchemaError("folds", got=0, expected="2 or more to assign rows to")
        shares = [Fraction(1, self.num_folds)] * self.num_folds
        return intervals(checked(identity), *halves(self._key("fold")), _bounds(shares))

    def assign_positions(self, rows: NDArray[np.int64]) -> Places:
        """Return the split of rows by their place in the input, int8 (n,).

        In each run of 1000 places (0 to 999, 1000 to 1999, ...) the counts are the fractions of 1000,
        rounded; which place goes where is drawn anew for every run.

        Args:
            rows: int64 (n,), from 0.
        """
        places = np.asarray(rows, np.int64)
        runs, which = np.unique(places // RUN, return_inverse=True)
        key = self._key("position")
        whole = (runs[:, np.newaxis] * RUN + np.arange(RUN)).astype(np.uint64)
        ordered = np.sort(hash_of(whole.reshape(-1), key).reshape(whole.shape), axis=1)
        words = hash_of(places.astype(np.uint64), key)
        out = np.zeros(len(places), np.int8)
        for step in self._steps[self._steps < RUN].tolist():
            out += words >= ordered[which, step]
        return out

    def state(self) -> dict[str, Any]:
        """Return what makes this split again, as JSON can hold it."""
        return {"transform": NAME, "fractions": self.fractions, "seed": self.seed, "folds": self.num_folds}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the split whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "split"):
            return cls(state["fractions"], seed=state["seed"], folds=state["folds"])

    def _key(self, *purpose: object) -> int:
        return key_of(self.seed, *purpose)


def reference_assign(split: Split, identity: Words) -> Places:
    """Return :meth:`Split.assign` in plain numpy: the form the kernel is held to."""
    words = reference_hash(identity, split._key("split"))
    return np.searchsorted(split._bounds, words, side="right").astype(np.int8)


def _share(name: str, value: float) -> Fraction:
    """Return a fraction as it is written: 0.1 is one tenth."""
    try:
        share = Fraction(str(value))
    except ValueError:
        share = Fraction(-1)
    if share < 0:
        raise ConfigError(
            "fraction of a split", got=repr(value), expected="a number from 0 to 1", where=f"split.{name}"
        )
    return share


def _bounds(shares: list[Fraction]) -> Words:
    """Return where all splits but the first begin among the words, uint64; what begins past the last word is empty."""
    total, begin, bounds = sum(shares), Fraction(0), []
    for share in shares[:-1]:
        begin += share
        bounds.append(int(begin / total * (1 << 64)))
    return np.array([bound for bound in bounds if bound < 1 << 64], np.uint64)


def _steps(shares: list[Fraction]) -> NDArray[np.int64]:
    """Return where all splits but the first begin in a run."""
    total, begin, steps = sum(shares), Fraction(0), []
    for share in shares[:-1]:
        begin += share
        steps.append(round(begin / total * RUN))
    return np.array(steps, np.int64)
