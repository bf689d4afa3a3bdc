"""The constants as a function of numpy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..transforms.state import State
from .constants import Constants

Arrays = Mapping[str, NDArray[Any]]


class InputFunction:
    """Normalises the objects of a batch, in numpy alone.

    Args:
        constants: Of the objects, in their order.
    """

    def __init__(self, constants: list[Constants]) -> None:
        self.constants = {entry.name: entry for entry in constants}

    def __call__(self, values: Arrays, valid: Arrays | None = None) -> dict[str, NDArray[np.float32]]:
        """Return the normalised values by object.

        Args:
            values: (..., n_fields) of any real dtype, by object.
            valid: (...) bool, by object; all entries of an object without mask are valid.

        Returns:
            float32, shaped as ``values``; 0 where not valid.
        """
        masks = valid or {}
        return {name: normalised(entry, values[name], masks.get(name)) for name, entry in self.constants.items()}


def normalised(constants: Constants, values: NDArray[Any], valid: NDArray[np.bool_] | None) -> NDArray[np.float32]:
    """Return the normalised values of an object (..., n_fields) as float32; 0 where not valid."""
    wide = np.asarray(values, np.float32).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wide = np.where(constants.takes_log, np.log(wide + constants.offset), wide)
        wide = (wide - constants.centre) / constants.scale
        odd = ~np.isfinite(wide)
        wide = np.minimum(np.maximum(wide, constants.low), constants.high)  # NaN stays NaN
        wide = np.where(odd & constants.zeroes, 0.0, np.where(odd & constants.refuses, np.nan, wide))
        if valid is not None:
            wide = np.where(np.asarray(valid)[..., np.newaxis], wide, 0.0)
        return wide.astype(np.float32)


def make(state: State, constants: list[Constants], name: str) -> InputFunction:
    """Return the function."""
    return InputFunction(constants)
