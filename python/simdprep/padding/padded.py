"""Padded: lists of numbers in fixed-width slots, with a mask and the multiplicities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import SchemaError
from ..schema.field import DTYPES, FillValue, check_fill, default_fill
from ..thread_pool import thread_pool

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


def pad(lists: ak.Array, slots: int, *, fill: FillValue | None = None, threads: int = 1) -> Padded:
    """Pad and truncate lists of numbers, in the C++ core.

    Args:
        lists: Awkward array of type ``n * var * number``.
        slots: Entries kept per list.
        fill: Value of empty slots; ``None`` takes the default of the dtype (see ``Field``).
        threads: Threads that write; 0 for one per core. The result does not depend on it.

    Returns:
        New arrays; nothing is a view of the input.

    Raises:
        SchemaError: the lists are not lists of plain numbers, ``slots`` is below 1, or ``threads`` below 0.
    """
    if slots < 1:
        raise SchemaError("slots", got=slots, expected="at least 1")
    if threads < 0:
        raise SchemaError("threads", got=threads, expected="0 or more")
    offsets, content = _flat(lists)
    dtype = str(content.dtype)
    value = default_fill(dtype) if fill is None else check_fill(dtype, fill, where="pad")
    return Padded(*_core.pad_lists(thread_pool(threads), content, offsets, slots, np.array(value, content.dtype)))


def _flat(lists: ak.Array) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Offsets and contiguous content of lists of numbers; the offsets need not begin at 0."""
    import awkward as ak

    layout: Any = lists.layout if isinstance(lists, ak.Array) else ak.to_layout(lists)
    if not isinstance(layout, ak.contents.ListOffsetArray) or not layout.content.is_numpy:
        layout = ak.to_packed(layout, highlevel=False)
    if layout.is_numpy and len(layout.inner_shape) == 1:
        layout = layout.to_RegularArray()
    if not layout.is_list or not layout.content.is_numpy or _is_text(layout) or _is_no_number(layout.content):
        raise SchemaError("lists", got=f"type {ak.type(lists)}", expected="n * var * number")
    if not isinstance(layout, ak.contents.ListOffsetArray):
        layout = layout.to_ListOffsetArray64(True)
    return np.asarray(layout.offsets.data, dtype=np.int64), np.ascontiguousarray(layout.content.data)


def _is_text(layout: Any) -> bool:
    return layout.parameter("__array__") in ("string", "bytestring")


def _is_no_number(content: Any) -> bool:
    return str(content.dtype) not in DTYPES
