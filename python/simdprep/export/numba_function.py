"""The constants as compiled functions, to be called from numpy or from other compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..transforms.compiled_normalise import compiled_normalise
from ..transforms.state import State
from .constants import Constants

#: ``f(values (n, n_fields), valid (n,), out (n, n_fields))``
Kernel = Callable[[NDArray[Any], NDArray[np.bool_], NDArray[Any]], None]


def make(state: State, constants: list[Constants], name: str) -> dict[str, Kernel]:
    """Return a function of each object; it writes 0 where not valid."""
    return {
        entry.name: compiled_normalise(
            entry.takes_log, entry.offset, entry.centre, entry.scale, entry.low, entry.high,
            np.where(entry.zeroes, 0.0, np.nan), entry.zeroes | entry.refuses,
        )
        for entry in constants
    }  # fmt: skip
