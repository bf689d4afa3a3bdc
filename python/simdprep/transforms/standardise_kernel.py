"""The kernels of Standardise: one loop over the entries each, compiled by numba, without the GIL.

Importing this module loads numba; the first call of a kernel with new dtypes compiles it, once for all
processes where numba can write its cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(function: _Function) -> _Function:
    try:
        return cast("_Function", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no folder to cache in
        return cast("_Function", numba.njit(nogil=True)(function))


@_compiled
def moments(
    values: NDArray[Any], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return count, mean and sum of squared deviations of the valid, finite ``values`` (n, n_fields) per field."""
    size = values.shape[1]
    count = np.zeros(size, np.int64)
    mean = np.zeros(size, np.float64)
    squares = np.zeros(size, np.float64)
    for row in range(values.shape[0]):
        if not valid[row]:
            continue
        for index in range(size):
            value = np.float64(values[row, index])
            if np.isfinite(value):
                count[index] += 1
                distance = value - mean[index]
                mean[index] += distance / count[index]
                squares[index] += distance * (value - mean[index])
    return count, mean, squares


@_compiled
def standardise(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
    zero: bool,
    out: NDArray[Any],
) -> None:
    """Write ``(values - mean) / std`` (n, n_fields) to ``out`` where valid, ``values`` elsewhere."""
    for row in range(values.shape[0]):
        for index in range(values.shape[1]):
            value = np.float64(values[row, index])
            if not valid[row]:
                out[row, index] = value
            elif zero and not np.isfinite(value):
                out[row, index] = 0.0
            else:
                out[row, index] = (value - mean[index]) / std[index]
