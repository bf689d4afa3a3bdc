"""Bookkeeper: the weights of all generated events, as ATLAS files in HDF5 keep them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

#: The group, the variation without systematic change in it, its record of sums, and their member.
_COUNTS = "cutBookkeeper/nominal/counts"
_SUM = "sumOfWeights"


def booked_weights(path: str) -> float | None:
    """Return the sum of weights that a file's ``cutBookkeeper`` names; ``None`` where it has none, or is not HDF5."""
    if not Path(path).is_file() or not h5py.is_hdf5(path):
        return None
    with h5py.File(path, "r") as file:
        counts = file.get(_COUNTS)
        if not isinstance(counts, h5py.Dataset) or _SUM not in (counts.dtype.names or ()):
            return None
        return float(np.sum(counts[_SUM], dtype=np.float64))
