"""Scalars: all values of one row-level field."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..storage import Dataset
from .plan import find_scalar


def read_scalar(dataset: Dataset, text: str, what: str, *, names: bool = False) -> NDArray[Any]:
    """Return a row-level field of all rows, (num_rows,); those of events above other rows are repeated.

    Args:
        dataset: What is read.
        text: The field as ``object.field``.
        what: The argument it was given as, for errors.
        names: Return strings rather than their codes.

    Raises:
        SchemaError: no such field.
        DatasetError: stored bytes are damaged.
    """
    scalar = find_scalar(dataset.schema, text, what)
    column = dataset[scalar.object][scalar.field]
    values = np.asarray(column[0 : len(column)])
    if dataset[scalar.object].spec.level == "event":
        values = np.repeat(values, np.diff(dataset.rows_of_events()))
    if names and column.categories is not None:
        table = np.array([*column.categories, ""], dtype=object)
        values = table[np.where((values >= 0) & (values < len(column.categories)), values, len(column.categories))]
    return values


def read_counts(dataset: Dataset, name: str) -> NDArray[np.int64]:
    """Return how many stored entries of a list object each row has, int64 (num_rows,).

    Of an object that hangs on another list, those of all entries of the row.

    Args:
        dataset: What is read.
        name: Of the object.

    Raises:
        DatasetError: stored bytes are damaged.
    """
    view = dataset[name]
    counts = np.empty(dataset.num_rows, np.int64)
    step = max(1, (1 << 26) // max(1, int(np.prod(view.num_slots or (64,)))))
    for start in range(0, dataset.num_rows, step):
        stop = min(start + step, dataset.num_rows)
        if view.spec.level == "padded":
            valid = view.valid[start:stop]
            counts[start:stop] = valid.reshape(stop - start, -1).sum(axis=1)
            continue
        rows = view.read_ragged([], start, stop)
        offsets = rows.offsets if rows.inner is None else rows.inner[rows.offsets]
        counts[start:stop] = np.diff(offsets)
    return counts
