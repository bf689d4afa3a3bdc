"""Padded: lists of numbers in fixed-width slots, with a mask and the multiplicities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import AlignmentError, SchemaError
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


def pad(
    lists: ak.Array, slots: int, *, fill: FillValue | None = None, order: ak.Array | None = None, threads: int = 1
) -> Padded:
    """Pad and truncate lists of numbers, in the C++ core.

    Args:
        lists: Awkward array of type ``n * var * number``.
        slots: Entries kept per list.
        fill: Value of empty slots; ``None`` takes the default of the dtype (see ``Field``).
        order: A number for each entry: the slots take those of the least, in ascending order, equal ones as they
            stand, NaN last. ``-jets.pt`` keeps the hardest. ``None`` keeps the first.
        threads: Threads that write; 0 for one per core. The result does not depend on it.

    Returns:
        New arrays; nothing is a view of the input.

    Raises:
        SchemaError: the lists are not lists of plain numbers, ``slots`` is below 1, or ``threads`` below 0.
        AlignmentError: the lists of ``order`` are not as long.
    """
    if slots < 1:
        raise SchemaError("slots", got=slots, expected="at least 1")
    if threads < 0:
        raise SchemaError("threads", got=threads, expected="0 or more")
    offsets, content = _flat(lists)
    if order is not None:
        offsets, content = _arranged(offsets, content, order, slots)
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


def _arranged(
    offsets: NDArray[np.int64], content: NDArray[Any], order: ak.Array, slots: int
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The first ``slots`` entries of each list by their key; what comes after them is in any order."""
    bounds, keys = _flat(order)
    starts, places = offsets - offsets[0], bounds - bounds[0]
    if not np.array_equal(starts, places):
        got = f"{len(bounds) - 1} lists with {places[-1]} entries"
        rule = f"lists as long as those to pad: {len(offsets) - 1} with {starts[-1]} entries"
        raise AlignmentError("order", got=got, expected=rule, where="pad")
    kind = {"f": np.float64, "u": np.uint64}.get(keys.dtype.kind, np.int64)
    chosen = np.ascontiguousarray(keys[bounds[0] : bounds[-1]], kind)
    return starts, content[offsets[0] : offsets[-1]][_core.order_lists(starts, chosen, limit=slots)]


def _is_text(layout: Any) -> bool:
    return layout.parameter("__array__") in ("string", "bytestring")


def _is_no_number(content: Any) -> bool:
    return str(content.dtype) not in DTYPES
