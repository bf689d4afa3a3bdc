"""Labels: the class of each row, from conditions or from samples; every row in exactly one, or told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .stored_state import stored_state

Classes = NDArray[np.int32]
Unlabelled = Literal["error", "drop"]
Overlap = Literal["error", "first"]

#: The class of a row that is in none.
UNLABELLED = -1

#: What a state calls this step.
NAME = "labels"

#: How many offending rows are named.
SHOWN = 3


class Labels:
    """Gives each row the class whose condition it meets, and counts what is in none or in several.

    Nothing is raised while rows are labelled: :meth:`check` does, with the counts of all of them. The
    same serves a split by conditions, with the splits as classes.

    Args:
        classes: Names, in the order of the labels 0, 1, 2, ...
        unlabelled: Of rows in no class: ``error``, or ``drop``, for the caller to drop what is -1.
        overlap: Of rows in several: ``error``, or ``first``, the first class they are in.
        noun: What the classes are called in errors: ``class``, ``split``.

    Raises:
        ConfigError: no class, a name twice, or another policy.
    """

    def __init__(
        self,
        classes: Sequence[str],
        *,
        unlabelled: Unlabelled = "error",
        overlap: Overlap = "error",
        noun: str = "class",
    ) -> None:
        self.classes = tuple(classes)
        if isinstance(classes, str) or not self.classes or len(set(self.classes)) < len(self.classes):
            raise ConfigError(f"names of {noun}", got=repr(classes), expected="one or more different names")
        _one_of("unlabelled", unlabelled, ("error", "drop"))
        _one_of("overlap", overlap, ("error", "first"))
        self.unlabelled: Unlabelled = unlabelled
        self.overlap: Overlap = overlap
        self.noun = noun
        self._counts = np.zeros(len(self.classes), np.int64)
        self._num_unlabelled = 0
        self._overlaps: Counter[tuple[int, int]] = Counter()
        self._num_overlapping = 0
        self._first: dict[str, list[int]] = {"unlabelled": [], "overlap": []}

    @property
    def counts(self) -> dict[str, int]:
        """Rows labelled so far, by class."""
        return dict(zip(self.classes, self._counts.tolist(), strict=True))

    @property
    def num_unlabelled(self) -> int:
        """Rows in no class so far."""
        return self._num_unlabelled

    @property
    def num_overlapping(self) -> int:
        """Rows in several classes so far; they count for the first of them."""
        return self._num_overlapping

    def assign(self, masks: Mapping[str, NDArray[np.bool_]], *, rows: NDArray[np.int64] | None = None) -> Classes:
        """Return the class of each row, int32 (n,); -1 where it is in none.

        Args:
            masks: Of every class: whether a row meets its condition, bool (n,).
            rows: What the rows are called in errors, int64 (n,); by default they are numbered on.

        Raises:
            SchemaError: a class has no mask, or shapes or dtypes do not fit.
        """
        from .labels_kernel import first_met

        stacked = self._stacked(masks)
        size = len(self.classes)
        labels: Classes = np.empty(stacked.shape[1], np.int32)
        before = int(self._counts.sum()) + self._num_unlabelled
        counts, overlaps = np.zeros(size, np.int64), np.zeros((size, size), np.int64)
        met = first_met(stacked, labels, counts, overlaps)
        self._counts += counts
        for one, two in np.argwhere(overlaps).tolist():
            self._overlaps[one, two] += int(overlaps[one, two])
        none, several = np.flatnonzero(met == 0), np.flatnonzero(met == 2)
        self._num_unlabelled += len(none)
        self._num_overlapping += len(several)
        if rows is None:
            none, several = none + before, several + before
        else:
            none, several = rows[none], rows[several]
        self._note("unlabelled", none)
        self._note("overlap", several)
        return labels

    def check(self, *, describe: Callable[[int], str] | None = None, where: str | None = None) -> None:
        """Raise where rows are in several classes, in none, or where a class has no row.

        Args:
            describe: Makes the text of a row number, such as its file and entry.
            where: The place of the classes in the config.

        Raises:
            SchemaError: with the counts and the first rows.
        """
        total = int(self._counts.sum()) + self._num_unlabelled
        if self._num_overlapping and self.overlap == "error":
            (one, two), both = max(self._overlaps.items(), key=lambda item: (item[1], item[0]))
            got = f"{self._num_overlapping:,} of {total:,} rows in several"
            got += f" ({both:,} in {self.classes[one]} and {self.classes[two]}; {self._shown('overlap', describe)})"
            hint = f"conditions that exclude each other, or overlap: first, which takes {self.classes[one]}"
            raise SchemaError(f"overlap of {self.noun}", got=got, expected="every row in one", where=where, hint=hint)
        if self._num_unlabelled and self.unlabelled == "error":
            got = f"{self._num_unlabelled:,} of {total:,} rows in none ({self._shown('unlabelled', describe)})"
            hint = f"another {self.noun} for them, or unlabelled: drop"
            raise SchemaError(self.noun, got=got, expected="every row in one", where=where, hint=hint)
        for name, count in self.counts.items():
            if not count:
                hint = f"another condition for it, or leaving {name} out"
                raise SchemaError(
                    f"rows of {self.noun} {name}", got="none", expected="one or more", where=where, hint=hint
                )

    def merge(self, other: Labels) -> None:
        """Take into account what ``other`` has labelled.

        Raises:
            SchemaError: it has other classes.
        """
        if other.classes != self.classes:
            raise SchemaError("classes to merge", got=", ".join(other.classes), expected=", ".join(self.classes))
        self._counts += other._counts
        self._num_unlabelled += other._num_unlabelled
        self._num_overlapping += other._num_overlapping
        self._overlaps.update(other._overlaps)
        for kind, rows in other._first.items():
            self._note(kind, np.array(rows, np.int64))

    def state(self) -> dict[str, Any]:
        """Return classes, policies and counts, as JSON can hold them."""
        return {
            "transform": NAME,
            "classes": list(self.classes),
            "unlabelled": self.unlabelled,
            "overlap": self.overlap,
            "noun": self.noun,
            "counts": self._counts.tolist(),
            "num_unlabelled": self._num_unlabelled,
            "num_overlapping": self._num_overlapping,
            "overlaps": [[one, two, count] for (one, two), count in sorted(self._overlaps.items())],
            "first": {kind: list(rows) for kind, rows in self._first.items()},
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the labels whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        with stored_state(state, NAME, "labels"):
            keys = ("unlabelled", "overlap", "noun")
            result = cls(state["classes"], **{key: state[key] for key in keys})
            result._counts += np.array(state["counts"], np.int64)
            result._num_unlabelled = int(state["num_unlabelled"])
            result._num_overlapping = int(state["num_overlapping"])
            result._overlaps.update({(one, two): count for one, two, count in state["overlaps"]})
            result._first = {kind: [int(row) for row in state["first"][kind]] for kind in result._first}
        return result

    def _stacked(self, masks: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
        for name in masks:
            if name not in self.classes:
                raise SchemaError(
                    self.noun, got=repr(name), expected="a known one", hint=nearest_hint(name, self.classes)
                )
        shapes = {mask.shape for mask in masks.values()}
        if set(masks) != set(self.classes) or len(shapes) != 1 or len(next(iter(shapes))) != 1:
            got = ", ".join(f"{name} {mask.shape}" for name, mask in masks.items()) or "none"
            raise SchemaError("masks", got=got, expected=f"one (n,) of each {self.noun}: {', '.join(self.classes)}")
        for name, mask in masks.items():
            if mask.dtype != np.bool_:
                raise SchemaError(f"mask of {self.noun} {name}", got=str(mask.dtype), expected="bool")
        return np.stack([masks[name] for name in self.classes])

    def _note(self, kind: str, rows: NDArray[np.int64]) -> None:
        """Keep the least row numbers: the same whatever the order they come in."""
        if len(rows) > SHOWN:
            rows = np.partition(rows, SHOWN)[:SHOWN]
        self._first[kind] = sorted([*self._first[kind], *rows.tolist()])[:SHOWN]

    def _shown(self, kind: str, describe: Callable[[int], str] | None) -> str:
        rows = self._first[kind]
        return "first " + "; ".join(describe(row) if describe else f"row {row}" for row in rows)


def _one_of(key: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ConfigError(key, got=repr(value), expected=" or ".join(known), hint=nearest_hint(str(value), known))
