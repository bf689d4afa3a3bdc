"""Loaders with h5py: random rows by fancy indexing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Rows = slice | NDArray[np.int64]


def fancy_batches(
    path: Path, name: str, fields: Sequence[str], *, batch_size: int, num_batches: int, seed: int
) -> Iterator[NDArray[Any]]:
    """Yield batches (batch_size, slots, fields) of rows drawn at random from the whole file.

    h5py takes row numbers in increasing order only, so the batch is drawn at random and read in order.
    """
    with h5py.File(path, "r") as file:
        order = np.random.default_rng(seed).permutation(len(file[name]["valid"]))
        for start in range(0, num_batches * batch_size, batch_size):
            yield read_rows(file[name], fields, np.sort(order[start : start + batch_size]))


def read_rows(group: h5py.Group, fields: Sequence[str], rows: Rows) -> NDArray[Any]:
    """Return the fields of some rows, (rows, slots, fields), empty slots 0."""
    valid = group["valid"][rows]
    batch = np.empty((*valid.shape, len(fields)), np.float32)
    for index, field in enumerate(fields):
        batch[..., index] = group[field][rows]
    batch[~valid] = 0
    return batch
