"""Resample: how often each row is kept, so that all classes have the same distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .axis import Axis
from .balance_target import Empty, check_policies, distributions, target_contents
from .histogram import Histogram, Outside
from .identity import Words, checked, halves, hash_of, key_of
from .ranks import Ranks
from .shares import largest_total, least_total, shared
from .stored_state import stored_state

Method = Literal["pdf", "countup", "undersample", "oversample"]
Counts = NDArray[np.int64]

#: All methods, and the targets they have by themselves.
METHODS: tuple[str, ...] = get_args(Method)
_OWN_TARGETS = {"undersample": "min", "oversample": "max"}

#: What a state calls this step.
NAME = "resample"


class Resample:
    """Keeps each row none, one or several times, so that every class has the target's distribution of rows.

    ``pdf`` keeps a row as often as its cell asks for, on average: importance sampling, each row by itself,
    so that the counts are those asked for within statistics. The others give exact counts: ``countup``
    takes the rows of a cell once, and again until there are enough; ``undersample`` never takes one
    twice, ``oversample`` never leaves one out, and where the target cannot be had that way it is an
    error. Which rows of a cell these are is decided by the hash of their identity: by nothing else.

    Rows are counted, not weighed: weights go with their rows.

    Args:
        classes: Names, in the order of the labels.
        axes: Bins of each field.
        method: One of these.
        target: ``flat``, ``min``, ``mean``, ``max``, or the name of a class; see
            :func:`.balance_target.target_contents`. ``None``: ``min`` to undersample, ``max`` to oversample.
        counts: Rows to have of each class, or by class. ``None``: the most that can be had to undersample,
            the least to oversample, else what the target has (``flat``: the mean of the classes).
        empty: Of cells that a class has no row in: ``error``, ``drop`` or ``allow``.
        outside: Of rows in no bin: ``error``, ``clip`` or ``drop``, which keeps them 0 times.
        most_copies: An error where a row would be kept more often.
        seed: Another one takes other rows.

    Raises:
        ConfigError: an unknown method, target, class or policy, or counts that are not positive.
    """

    #: Whether :meth:`apply` gives factors of weights, else how often rows are kept.
    changes_weights = False

    def __init__(
        self,
        classes: Sequence[str],
        axes: Sequence[Axis],
        *,
        method: Method,
        target: str | None = None,
        counts: int | Mapping[str, int] | None = None,
        empty: Empty = "error",
        outside: Outside = "error",
        most_copies: int | None = None,
        seed: int = 0,
    ) -> None:
        if method not in METHODS:
            hint = nearest_hint(str(method), METHODS)
            raise ConfigError("method of a balance", got=repr(method), expected=", ".join(METHODS), hint=hint)
        target = _OWN_TARGETS.get(method) if target is None else target
        if target is None:
            raise ConfigError(f"target of {method}", got="none", expected="flat, min, mean, max or a class")
        check_policies(classes, target, empty)
        self.histogram = Histogram(classes, axes, outside=outside)
        self.method, self.target, self.empty, self.seed = method, target, empty, int(seed)
        self.counts = _counts(self.histogram.classes, counts)
        self.most_copies = most_copies
        self._ranks = Ranks()
        #: What the hashes of rows are taken with.
        self.key = key_of(self.seed, NAME)
        self._solution: tuple[Counts, Words, NDArray[np.float64]] | None = None

    def fit(
        self,
        columns: Mapping[str, NDArray[Any]],
        labels: NDArray[Any],
        *,
        weights: NDArray[Any] | None = None,
        identity: Words | None = None,
    ) -> None:
        """Take a batch into account; rows of label -1 do not count.

        Args:
            columns: The fields of the axes by name, each (n,).
            labels: Class of each row, integers (n,).
            weights: Not needed.
            identity: uint64 (n,), different for all rows; needed for all methods but ``pdf``.

        Raises:
            SchemaError: no identity, or as :meth:`.histogram.Histogram.fit`.
        """
        cells = self.histogram.locate(columns)
        self.histogram.fit_cells(cells, labels)
        if self.method == "pdf":
            return
        words = self._identity(identity, len(cells))
        places = self.histogram.places(cells, labels)
        inside = places >= 0
        self._ranks.add(places[inside], hash_of(words[inside], self.key))

    def merge(self, other: Self) -> None:
        """Take into account what ``other`` was fitted on.

        Raises:
            SchemaError: it has other classes or bins.
        """
        self.histogram.merge(other.histogram)
        self._ranks.merge(other._ranks)
        self._solution = None

    def solve(self) -> None:
        """Find how often the rows of each cell are kept.

        Raises:
            SchemaError: rows are in no bin, a class is empty or lacks a cell, or the target cannot be had.
        """
        histogram = self.histogram
        histogram.check()
        available = histogram.counts.reshape(len(histogram.classes), -1)
        target = target_contents(histogram, available, self.target, self.empty)
        targets = np.where(available > 0, target, 0)
        totals = self._totals(available, targets, target)
        base, extra = np.zeros_like(available), np.zeros_like(available)
        wanted = np.zeros(available.shape)
        thresholds = np.zeros(available.shape, np.uint64)
        for label, total in enumerate(totals):
            if self.method == "pdf":
                rows = _expected(total, targets[label], available[label])
                base[label], thresholds[label], wanted[label] = rows
            else:
                exact = shared(total, targets[label])
                self._check_possible(label, exact, available[label], targets[label])
                base[label], extra[label] = np.divmod(exact, np.maximum(available[label], 1))
                wanted[label] = exact
            self._check_copies(label, base[label] + ((thresholds[label] > 0) | (extra[label] > 0)), available[label])
        if self.method != "pdf":
            found, _ = self._ranks.thresholds(available.reshape(-1), extra.reshape(-1))
            thresholds = found.reshape(available.shape)
            self._ranks = Ranks()
        self._solution = base, thresholds, wanted

    def apply(
        self, columns: Mapping[str, NDArray[Any]], labels: NDArray[Any], identity: Words | None = None
    ) -> NDArray[np.int64]:
        """Return how often each row is kept, int64 (n,); 0 for rows to leave out.

        Args:
            columns: The fields of the axes by name, each (n,).
            labels: Class of each row, integers (n,).
            identity: uint64 (n,), as when fitted.

        Raises:
            SchemaError: not solved yet, no identity, or columns or labels do not fit.
        """
        from .resample_kernel import copies

        base, thresholds, _ = self._solved()
        cells = self.histogram.locate(columns)
        words = self._identity(identity, len(cells))
        places = self.histogram.places(cells, labels)
        return copies(words, halves(self.key), places, base.reshape(-1), thresholds.reshape(-1))

    def report(self, after: Histogram | None = None) -> dict[str, Any]:
        """Return the distributions before, as wanted, and ``after``, which is fitted on what was written; for JSON."""
        what = {"method": self.method, "target": self.target, "empty": self.empty, "outside": self.histogram.outside}
        return what | distributions(self.histogram, self._solved()[2], after, weighted=False)

    def state(self) -> dict[str, Any]:
        """Return what was counted and found, as JSON can hold it; until it is solved, 12 bytes of each row."""
        solution = None
        if self._solution is not None:
            base, thresholds, wanted = self._solution
            words = [f"{word:016x}" for word in thresholds.reshape(-1).tolist()]
            solution = {"base": base.reshape(-1).tolist(), "thresholds": words, "wanted": wanted.reshape(-1).tolist()}
        return {
            "transform": NAME,
            "method": self.method,
            "target": self.target,
            "counts": self.counts,
            "empty": self.empty,
            "most_copies": self.most_copies,
            "seed": self.seed,
            "histogram": self.histogram.state(),
            "ranks": self._ranks.state(),
            "solution": solution,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the step whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "resample"):
            histogram = Histogram.from_state(state["histogram"])
            keys = ("method", "target", "counts", "empty", "most_copies", "seed")
            result = cls(histogram.classes, histogram.axes, **{key: state[key] for key in keys})
            result.histogram = histogram
            result._ranks = Ranks.from_state(state["ranks"])
            if state["solution"] is not None:
                shape = (len(histogram.classes), histogram.num_cells)
                base = np.array(state["solution"]["base"], np.int64).reshape(shape)
                words = [int(word, 16) for word in state["solution"]["thresholds"]]
                wanted = np.array(state["solution"]["wanted"], np.float64).reshape(shape)
                result._solution = base, np.array(words, np.uint64).reshape(shape), wanted
        return result

    def _totals(self, available: Counts, targets: Counts, target: Counts) -> list[int]:
        """Return how many rows to have of each class."""
        if self.method == "undersample":
            own = min(largest_total(rows, shares) for rows, shares in zip(available, targets, strict=True))
        elif self.method == "oversample":
            own = max(least_total(rows, shares) for rows, shares in zip(available, targets, strict=True))
        elif self.target in ("flat", "mean"):
            own = int(available[:, target > 0].sum()) // len(available)
        else:
            own = int(target.sum())
        counts = self.counts or {}
        return [counts.get(name, own) for name in self.histogram.classes]

    def _check_possible(self, label: int, wanted: Counts, available: Counts, shares: Counts) -> None:
        """Raise where a row would be needed twice, or left out, by a method that does not do that."""
        if self.method == "undersample":
            short, rule = wanted - available, "{:,} in the target, as undersample takes no row twice"
            hint = f"counts of {largest_total(available, shares):,} or fewer, or method: countup"
        elif self.method == "oversample":
            short, rule = available - wanted, "no more than {:,} for the target, as oversample leaves no row out"
            hint = "method: countup"
            if not ((shares == 0) & (available > 0)).any():
                hint = f"counts of {least_total(available, shares):,} or more, or method: countup"
        else:
            return
        cell = int(np.argmax(short))
        if short[cell] > 0:
            raise SchemaError(
                f"rows of class {self.histogram.classes[label]} in {self.histogram.describe(cell)}",
                got=f"{int(available[cell]):,}",
                expected=rule.format(int(wanted[cell])),
                hint=hint,
            )

    def _check_copies(self, label: int, copies: Counts, available: Counts) -> None:
        copies = np.where(available > 0, copies, 0)
        cell = int(np.argmax(copies))
        if self.most_copies is not None and copies[cell] > self.most_copies:
            raise SchemaError(
                f"copies of rows of class {self.histogram.classes[label]} in {self.histogram.describe(cell)}",
                got=f"{int(copies[cell]):,} of each of {int(available[cell]):,}",
                expected=f"{self.most_copies:,} or fewer (most_copies)",
                hint="wider bins, lower counts or another target",
            )

    def _identity(self, identity: Words | None, size: int) -> Words:
        if identity is None:
            raise SchemaError(
                "identity", got="none", expected="uint64 (n,) to resample by", hint="identity_of(columns)"
            )
        words = checked(identity)
        if len(words) != size:
            raise SchemaError("identity", got=f"{len(words)} rows", expected=str(size))
        return words

    def _solved(self) -> tuple[Counts, Words, NDArray[np.float64]]:
        if self._solution is None:
            raise SchemaError("resample", got="no copies", expected="them", hint="solve(), after fitting")
        return self._solution


def _counts(classes: Sequence[str], counts: int | Mapping[str, int] | None) -> dict[str, int] | None:
    if counts is None:
        return None
    by_class = dict(counts) if isinstance(counts, Mapping) else dict.fromkeys(classes, counts)
    for name, count in by_class.items():
        if name not in classes:
            hint = nearest_hint(name, classes)
            raise ConfigError("class of counts", got=repr(name), expected="one of the classes", hint=hint)
        if isinstance(count, bool) or count != int(count) or count < 1:
            raise ConfigError(f"counts of class {name}", got=repr(count), expected="1 or more")
    return by_class


def _expected(total: int, shares: Counts, available: Counts) -> tuple[Counts, Words, NDArray[np.float64]]:
    """Return copies of each row, the threshold of one more, and the rows expected, by cell."""
    whole = int(shares.sum())
    base, thresholds, wanted = [], [], []
    for share, rows in zip(shares.tolist(), available.tolist(), strict=True):
        copies, rest = divmod(total * share, whole * max(rows, 1))
        base.append(copies)
        thresholds.append((rest << 64) // (whole * max(rows, 1)))
        wanted.append(total * share / whole)
    return np.array(base, np.int64), np.array(thresholds, np.uint64), np.array(wanted, np.float64)
