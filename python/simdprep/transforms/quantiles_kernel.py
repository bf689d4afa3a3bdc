"""The loops of Quantiles; importing this module loads numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import jit

_SIZE = 0x7FFFFFFFFFFFFFFF


@jit
def bucket_range(values: NDArray[np.float64], dropped: int) -> tuple[Any, Any]:
    """Return the least and the greatest bucket of the sizes of numbers that are not 0; (1, 0) where all are."""
    low, high = np.int64(_SIZE), np.int64(0)
    for value in values:
        size = np.int64(np.float64(value).view(np.int64)) & np.int64(_SIZE)
        if size:
            low, high = min(low, size), max(high, size)
    if high == 0:
        return np.int64(1), np.int64(0)
    return low >> dropped, high >> dropped


@jit
def count_buckets(values: NDArray[np.float64], dropped: int, first: int, counts: NDArray[np.int64]) -> int:
    """Count numbers by sign and bucket in ``counts`` (2, buckets from ``first`` on); return how many are 0."""
    zeros = 0
    for value in values:
        bits = np.int64(np.float64(value).view(np.int64))
        size = bits & np.int64(_SIZE)
        if size:
            counts[np.int64(bits < 0), (size >> dropped) - first] += 1
        else:
            zeros += 1
    return zeros
