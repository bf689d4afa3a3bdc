"""Subset: what may be given as ``rows``, and the row numbers it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from ..storage import Dataset
from .argument import check_integer
from .condition import rows_where
from .permutation import key_of
from .scalars import read_scalar

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """One of ``folds`` parts of the rows, or all but it; which rows depends on nothing but their numbers.

    Attributes:
        number: Which, 0 to ``folds - 1``.
        folds: How many.
        invert: All rows but those of the fold, to train on.
        by: A row-level field of integers that decides in place of the row number, such as
            ``events.event``: rows with the same number then are in the same fold.
        seed: Of the assignment.
    """

    number: int
    folds: int
    invert: bool = False
    by: str | None = None
    seed: int = 0


#: A range, a mask or row numbers, values of fields (``{"events.split": "train"}``), a fold, or an
#: expression of the row object (``"pt > 20 & num(tracks) >= 2"``).
RowChoice = slice | range | NDArray[Any] | Mapping[str, Any] | Fold | str


def choose_rows(dataset: Dataset, choice: RowChoice | None) -> Rows | None:
    """Return the numbers of the chosen rows, increasing; ``None`` for all.

    Raises:
        ConfigError: the choice is not what it should be, or nothing is chosen.
        SchemaError, ExpressionError: a name is not there, or the expression makes no sense.
    """
    if choice is None:
        return None
    rows = _rows(dataset, choice)
    if len(rows) == 0 and dataset.num_rows:
        raise ConfigError("rows", got=f"none of {dataset.num_rows} by {choice!r}", expected="some", where="Loader")
    return rows


def rows_of_parts(dataset: Dataset, pattern: str) -> tuple[Rows, NDArray[np.int64]]:
    """Return the rows of the parts whose paths match a pattern, and the numbers of these parts."""
    starts = np.concatenate([[0], np.cumsum(dataset.part_rows)])
    parts = [
        number
        for number, path in enumerate(dataset.paths)
        if fnmatch(str(path), pattern) or str(path) == pattern or path.name == pattern or str(path.parent) == pattern
    ]
    runs = [np.arange(starts[part], starts[part + 1]) for part in parts]
    return np.concatenate([np.zeros(0, np.int64), *runs]).astype(np.int64), np.array(parts, np.int64)


def _rows(dataset: Dataset, choice: Any) -> Rows:
    num_rows = dataset.num_rows
    if isinstance(choice, slice):
        return np.arange(*choice.indices(num_rows), dtype=np.int64)[:: -1 if (choice.step or 1) < 0 else 1]
    if isinstance(choice, str):
        return np.flatnonzero(rows_where(dataset, choice)).astype(np.int64)
    if isinstance(choice, Fold):
        return np.flatnonzero(_in_fold(dataset, choice)).astype(np.int64)
    if isinstance(choice, Mapping):
        chosen = np.ones(num_rows, np.bool_)
        for name, wanted in choice.items():
            several = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
            chosen &= np.isin(read_scalar(dataset, name, "rows", names=True), list(several))
        return np.flatnonzero(chosen).astype(np.int64)
    numbers = np.asarray(choice)
    if numbers.dtype == np.bool_ and numbers.shape == (num_rows,):
        return np.flatnonzero(numbers).astype(np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        rule = f"a slice, a mask of {num_rows} rows, row numbers, values by field, a Fold or an expression"
        raise ConfigError("rows", got=f"{type(choice).__name__} {choice!r:.60}", expected=rule, where="Loader")
    unique: Rows = np.unique(numbers.astype(np.int64))
    if len(unique) and (unique[0] < 0 or unique[-1] >= num_rows):
        bad = unique[0] if unique[0] < 0 else unique[-1]
        raise ConfigError("rows", got=int(bad), expected=f"numbers from 0 to {num_rows - 1}", where="Loader")
    return unique


def _in_fold(dataset: Dataset, fold: Fold) -> NDArray[np.bool_]:
    check_integer("folds", fold.folds, least=2, where="Fold")
    check_integer("fold", fold.number, least=0, where="Fold")
    if fold.number >= fold.folds:
        raise ConfigError("fold", got=fold.number, expected=f"less than folds, {fold.folds}", where="Fold")
    numbers = np.arange(dataset.num_rows) if fold.by is None else read_scalar(dataset, fold.by, "by", names=False)
    if numbers.dtype.kind not in "iub":
        raise ConfigError("by", got=f"{fold.by}, {numbers.dtype}", expected="a field of integers", where="Fold")
    words = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    words += np.uint64(key_of("fold", fold.seed))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        words ^= words >> np.uint64(shift)
        words *= np.uint64(factor)
    words ^= words >> np.uint64(31)
    inside: NDArray[np.bool_] = (words % np.uint64(fold.folds)) == fold.number
    return ~inside if fold.invert else inside
