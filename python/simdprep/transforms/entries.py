"""Entries: the arrays that transforms are given, checked and brought into the shape that kernels take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from .protocol import Valid, Values


def flat_entries(
    values: Values, valid: Valid, fields: Sequence[str], *, as_they_lie: bool = False
) -> tuple[Values, NDArray[np.bool_]]:
    """Return values (n, n_fields) in float32 or float64, and the mask (n,).

    The values of an entry lie together; with ``as_they_lie`` those of a field may, instead.

    Raises:
        SchemaError: the shapes or dtypes do not fit.
    """
    size = len(fields)
    if values.ndim < 2 or values.shape[-1] != size:
        rule = f"at least 2 axes, the last of the {size} fields {', '.join(fields[:5])}"
        raise SchemaError("values", got=f"shape {values.shape}", expected=rule)
    if values.dtype.kind not in "biuf":
        raise SchemaError("values", got=str(values.dtype), expected="numbers")
    if valid is not None and (valid.dtype != np.bool_ or valid.shape != values.shape[:-1]):
        got, rule = f"{valid.dtype} {valid.shape}", f"bool {values.shape[:-1]}"
        raise SchemaError("valid", got=got, expected=rule)
    if values.dtype.kind != "f" or not values.dtype.isnative or values.dtype.itemsize > 8:
        values = values.astype(np.float64)
    elif values.dtype == np.float16:  # not known to numba
        values = values.astype(np.float32)
    flat = values.reshape(-1, size)
    if not (as_they_lie and flat.flags.f_contiguous):
        flat = np.ascontiguousarray(flat)
    return flat, np.ones(len(flat), np.bool_) if valid is None else np.ascontiguousarray(valid.reshape(-1))


def row_weights(weights: NDArray[Any], values: Values) -> NDArray[np.float64]:
    """Return a weight for each entry (n,): given so, or one for each row.

    Raises:
        SchemaError: another shape, or a weight that is not finite.
    """
    weights = np.asarray(weights, np.float64)
    shape = values.shape[:-1]
    if weights.shape != shape and weights.shape != shape[:1]:
        raise SchemaError("weights", got=f"shape {weights.shape}", expected=f"shape {shape} or {shape[:1]}")
    if not np.isfinite(weights).all():
        got = f"{int((~np.isfinite(weights)).sum()):,} that are NaN or infinite"
        raise SchemaError("weights", got=got, expected="finite numbers")
    wide = weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim))
    return np.ascontiguousarray(np.broadcast_to(wide, shape).reshape(-1))


def result_for(values: Values, out: Values | None) -> tuple[Values, Values]:
    """Return where a result goes, and a contiguous array of its shape and dtype, which is that if it can be.

    Raises:
        SchemaError: ``out`` has another shape or dtype.
    """
    if out is None:
        out = np.empty(values.shape, np.float64 if values.dtype == np.float64 else np.float32)
    elif out.shape != values.shape or out.dtype not in (np.float32, np.float64):
        got = f"{out.dtype} {out.shape}"
        raise SchemaError("out", got=got, expected=f"float32 or float64 {values.shape}")
    return out, out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
