"""The kernel of Normalise: one loop over the entries, compiled by numba, without the GIL.

Importing this module loads numba; the first call with new dtypes compiles it, once for all processes where
numba can write its cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import jit
from .logarithm import log_of

#: What is done with numbers that are not finite.
KEEP, ZERO, ERROR = 0, 1, 2


@jit
def normalise(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    takes_log: NDArray[np.bool_],
    offset: NDArray[np.float64],
    centre: NDArray[np.float64],
    scale: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    nonfinite: NDArray[np.int64],
    out: NDArray[Any],
    odd: NDArray[np.int64],
) -> None:
    """Write the normalised ``values`` (n, n_fields) to ``out`` where valid, ``values`` elsewhere.

    The order of operations is the core's (``cpp/src/item_transform.cpp``). ``odd`` (n_fields,) counts what is not
    finite in the fields where that is an error.
    """
    for row in range(values.shape[0]):
        for index in range(values.shape[1]):
            value = np.float64(values[row, index])
            if not valid[row]:
                out[row, index] = value
                continue
            if takes_log[index]:
                value = np.float64(log_of(value + offset[index]))
            value = (value - centre[index]) / scale[index]
            if nonfinite[index] != KEEP and not np.isfinite(value):
                odd[index] += nonfinite[index] == ERROR
                out[row, index] = 0.0
                continue
            if value < low[index]:
                value = low[index]
            if value > high[index]:
                value = high[index]
            out[row, index] = value
