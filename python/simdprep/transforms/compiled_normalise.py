"""A normalisation as one compiled function with its constants inside; importing this module loads numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from .logarithm import log_of


def compiled_normalise(
    takes_log: NDArray[np.bool_],
    offset: NDArray[np.float64],
    centre: NDArray[np.float64],
    scale: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    replacement: NDArray[np.float64],
    replaces: NDArray[np.bool_],
) -> Callable[[NDArray[Any], NDArray[np.bool_], NDArray[Any]], None]:
    """Return ``f(values, valid, out)``: what Normalise does, but for pads, which become 0.

    It compiles when first called, runs without the GIL, and can be called from other compiled functions.

    Args:
        takes_log, offset, centre, scale, low, high: As in ``normalise_kernel.normalise``.
        replacement: What stands for a number that is not finite (n_fields,), where it ``replaces`` it.
        replaces: (n_fields,).
    """

    @numba.njit(nogil=True)
    def normalise(values: NDArray[Any], valid: NDArray[np.bool_], out: NDArray[Any]) -> None:
        for row in range(values.shape[0]):
            for index in range(values.shape[1]):
                if not valid[row]:
                    out[row, index] = 0.0
                    continue
                value = np.float64(values[row, index])
                if takes_log[index]:
                    value = np.float64(log_of(value + offset[index]))
                value = (value - centre[index]) / scale[index]
                if replaces[index] and not np.isfinite(value):
                    out[row, index] = replacement[index]
                    continue
                if value < low[index]:
                    value = low[index]
                if value > high[index]:
                    value = high[index]
                out[row, index] = value

    return normalise
