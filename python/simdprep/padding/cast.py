"""Casting contents to the dtype they are stored with; nothing changes silently."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import SchemaError


def cast(values: NDArray[Any], dtype: str, *, where: str) -> NDArray[Any]:
    """Return ``values`` as a contiguous array of ``dtype``; a view where nothing changes.

    Args:
        values: One-dimensional numbers or bools.
        dtype: The stored dtype.
        where: Object and field, for the error.

    Raises:
        SchemaError: a value does not fit the dtype: a finite number beyond the largest float, an
            integer out of range, or a fraction where an integer is stored.
    """
    target = np.dtype(dtype)
    if values.dtype == target:
        return np.ascontiguousarray(values)
    if values.dtype.kind not in "biuf":
        raise SchemaError("values", got=f"dtype {values.dtype}", expected=f"numbers that {dtype} can hold", where=where)
    if target.kind == "f":
        return _to_float(values, target, where)
    return _to_integer(values, target, where)


def _to_float(values: NDArray[Any], target: np.dtype[Any], where: str) -> NDArray[Any]:
    if target == np.float16 and values.dtype != np.float16:
        # The core's own conversion: HDF5's is some thirty times slower, and numpy's does not count overflows.
        wide = values if values.dtype == np.float32 else values.astype(np.float64)
        bits, overflows = _core.to_half(np.ascontiguousarray(wide))
        if overflows:
            _refuse_overflow(wide, target, where)
        return bits.view(np.float16)
    with np.errstate(over="ignore"):
        cast_values = values.astype(target)
    if values.dtype.kind == "f" and values.dtype.itemsize > target.itemsize:
        lost = np.isinf(cast_values) & np.isfinite(values)
        if lost.any():
            _refuse_overflow(values, target, where)
    return cast_values


def _refuse_overflow(values: NDArray[Any], target: np.dtype[Any], where: str) -> None:
    largest = values[np.isfinite(values)]
    raise SchemaError(
        "value out of range",
        got=repr(float(largest[np.argmax(np.abs(largest))])),
        expected=f"at most {float(np.finfo(target).max):g}, the largest {target.name}",
        where=where,
        hint="a wider dtype for the field",
    )


def _to_integer(values: NDArray[Any], target: np.dtype[Any], where: str) -> NDArray[Any]:
    with np.errstate(invalid="ignore"):
        cast_values = values.astype(target)
    if values.dtype.kind == "f":
        # The least int32 comes back as -inf in float16, so infinities are looked at by themselves.
        with np.errstate(over="ignore"):
            different = (cast_values.astype(values.dtype) != values) | np.isinf(values)
    else:
        # Compared in both directions, so that a wrapped sign shows.
        different = (cast_values.astype(values.dtype) != values) | ((cast_values < 0) != (values < 0))
    if different.any():
        raise SchemaError(
            "value out of range",
            got=repr(values[np.argmax(different)].item()),
            expected=f"whole numbers that {target.name} can hold",
            where=where,
            hint="a wider dtype for the field",
        )
    return cast_values
