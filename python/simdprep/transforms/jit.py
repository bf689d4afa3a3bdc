"""jit: how loops are compiled: without the GIL, once for all processes where a cache can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., Any])


def jit(function: _Function) -> _Function:
    """Return the function compiled by numba; it compiles when first called with new dtypes."""
    try:
        return cast("_Function", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no folder to cache in
        return cast("_Function", numba.njit(nogil=True)(function))


def jit_like_numpy(function: _Function) -> _Function:
    """Return the function compiled by numba; what is divided by zero is infinite, and loops can become vectors."""
    try:
        return cast("_Function", numba.njit(nogil=True, cache=True, error_model="numpy")(function))
    except RuntimeError:  # no folder to cache in
        return cast("_Function", numba.njit(nogil=True, error_model="numpy")(function))
