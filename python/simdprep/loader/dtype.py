"""Dtypes of the inputs in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError

DTYPES = ("float32", "float64", "float16", "bfloat16")

#: How a bfloat16 lies in memory where numpy has no name for it.
BITS = np.dtype(np.uint16)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """Return the dtype of a name; for bfloat16 that of its bits, see :func:`named`."""
    return BITS if name == "bfloat16" else np.dtype(name)


def named(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the same memory as bfloat16 of ml_dtypes where this is the dtype of a batch.

    Raises:
        ConfigError: ml_dtypes is not installed.
    """
    return values.view(bfloat16()) if name == "bfloat16" and values.dtype == BITS else values


def bfloat16() -> np.dtype[Any]:
    """Return numpy's bfloat16, which the package ml_dtypes brings.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import ml_dtypes
    except ImportError as error:
        got = "'bfloat16', for which numpy needs ml_dtypes, which is not installed"
        hint = "pip install ml_dtypes, or to='torch'"
        raise ConfigError("dtype", got=got, expected="an installed one", where="Loader", hint=hint) from error
    known: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return known


def bits_of_bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the bits of float32 values rounded to bfloat16: to nearest, ties to even; NaN stays NaN."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    rounded = (bits + (((bits >> np.uint32(16)) & np.uint32(1)) + np.uint32(0x7FFF))) >> np.uint32(16)
    quiet = (bits >> np.uint32(16)) | np.uint32(0x40)
    return np.where((bits & np.uint32(0x7FFFFFFF)) > 0x7F800000, quiet, rounded).astype(np.uint16)


def floats_of_bfloat16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return the float32 values of bfloat16 bits."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def has_bfloat16() -> bool:
    """Return whether numpy can be told of bfloat16 here."""
    try:
        bfloat16()
    except ConfigError:
        return False
    return True
