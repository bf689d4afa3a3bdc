"""Padded: lists of numbers in fixed-width slots, with a mask and the multiplicities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import SchemaError
from ..schema.field import DTYPES, FillValue, check_fill, default_fill

if TYPE_CHECKING:
    import awkward as ak


@dataclass(frozen=True)
class Padded:
    """One field of an object in fixed-width slots; valid entries come first.

    Attributes:
        values: (n, slots), the dtype of the input; the fill value where not valid.
        valid: bool (n, slots), true for real entries.
        count: uint32 (n,), multiplicities before truncation.
    """

    values: NDArray[Any]
    valid: NDArray[np.bool_]
    count: NDArray[np.uint32]


def pad(lists: ak.Array, slots: int, *, fill: FillValue | None = None) -> Padded:
    """Pad and truncate lists of numbers, in the C++ core.

    Args:
        lists: Awkward array of type ``n * var * number``.
        slots: Entries kept per list.
        fill: Value of empty slots; ``None`` takes the default of the dtype (see ``Field``).

    Returns:
        New arrays; nothing is a view of the input.

    Raises:
        SchemaError: the lists are not lists of plain numbers, or ``slots`` is below 1.
    """
    import awkward as ak

    if slots < 1:
        raise SchemaError("slots", got=slots, expected="at least 1")
    layout = ak.to_packed(lists, highlevel=False)
    if layout.is_numpy and len(layout.inner_shape) == 1:
        layout = layout.to_RegularArray()
    if not layout.is_list or not layout.content.is_numpy or _is_text(layout) or _is_no_number(layout.content):
        raise SchemaError("lists", got=f"type {ak.type(lists)}", expected="n * var * number")
    layout = layout.to_ListOffsetArray64(True)
    offsets = np.asarray(layout.offsets.data, dtype=np.int64)
    content = np.ascontiguousarray(layout.content.data)
    dtype = str(content.dtype)
    value = default_fill(dtype) if fill is None else check_fill(dtype, fill, where="pad")
    values, valid = _core.pad_lists(content, offsets, slots, np.array(value, content.dtype))
    return Padded(values, valid, np.diff(offsets).astype(np.uint32))


def _is_text(layout: Any) -> bool:
    return layout.parameter("__array__") in ("string", "bytestring")


def _is_no_number(content: Any) -> bool:
    return str(content.dtype) not in DTYPES
