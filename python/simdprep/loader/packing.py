"""Packing: decoded columns to the items that batches are gathered from, transformed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..storage import SlotRows
from ..thread_pool import thread_pool
from ..transforms.protocol import Transform
from .dtype import bits_of_bfloat16

Array = NDArray[Any]


class Resolved(NamedTuple):
    """Transforms of the fields of one object.

    Attributes:
        in_core: What the core does to each field while it packs, if anything.
        behind: The transforms that remain.
    """

    in_core: list[_core.ItemTransform]
    behind: Sequence[Transform]


def resolve(dtype: str, transforms: Sequence[Transform], num_fields: int) -> Resolved:
    """Divide transforms between the core and what follows it.

    Args:
        dtype: Of the items.
        transforms: In their order.
        num_fields: Fields they are applied to.
    """
    if not transforms or dtype == "float64" or not hasattr(transforms[0], "item_transforms"):
        return Resolved([], transforms)  # the core transforms single precision
    in_core = transforms[0].item_transforms()
    if len(in_core) != num_fields:
        return Resolved([], transforms)  # the transform itself says what is wrong
    behind = getattr(transforms[0], "behind_core", tuple)
    return Resolved(in_core, [*behind(), *transforms[1:]])


#: As they were given, or resolved before: that takes longer than to pack a few rows.
Transforms = Sequence[Transform] | Resolved


def pack_items(fields: Sequence[Array], dtype: str, transforms: Transforms = ()) -> Array:
    """Interleave columns.

    Args:
        fields: One array (n,) of any dtype per field.
        dtype: Of the result.
        transforms: Applied to the items before they are rounded to ``dtype``.

    Returns:
        (n, fields); of bfloat16 the bits.
    """
    inner, rest = _resolved(dtype, transforms, len(fields))
    # One thread: several blocks are read at once.
    items = _core.pack_items(thread_pool(1), list(fields), _wide(dtype, rest), inner)
    return _finished(items, dtype, rest)


def pack_slots(
    fields: Sequence[Array], valid: NDArray[np.bool_], dtype: str, transforms: Transforms = ()
) -> tuple[Array, NDArray[np.int64]]:
    """Interleave the valid entries of columns with slots, one list after the other.

    Args:
        fields: One array (n_lists, slots) of any dtype per field.
        valid: Which slots hold an entry, bool (n_lists, slots); the first ones of each list.
        dtype: Of the result.
        transforms: Applied to the items before they are rounded to ``dtype``.

    Returns:
        Items (n, fields), of bfloat16 the bits, and where each list begins in them, int64 (n_lists + 1,).

    Raises:
        DatasetError: an entry stands behind an empty slot.
    """
    inner, rest = _resolved(dtype, transforms, len(fields))
    items, offsets = _core.pack_slots(thread_pool(1), list(fields), valid, _wide(dtype, rest), inner)
    return _finished(items, dtype, rest), offsets


def read_packed(
    slabs: _core.Slabs, stored: SlotRows, dtype: str, transforms: Transforms = ()
) -> tuple[Array, NDArray[np.int64]]:
    """Read the valid entries of slots: what :func:`pack_slots` makes of decoded columns, without these.

    Args:
        slabs: Where the items lie.
        stored: The fields.
        dtype: Of the result.
        transforms: As for :func:`pack_slots`.

    Returns:
        As :func:`pack_slots`.

    Raises:
        DatasetError: stored bytes are damaged; which, only another way of reading knows.
    """
    inner, rest = _resolved(dtype, transforms, len(stored.fields))
    items, offsets = _core.read_packed(
        slabs,
        stored.fields,
        stored.valid,
        rows=stored.rows,
        slots=stored.slots,
        dtype=_wide(dtype, rest),
        transforms=inner,
    )
    return _finished(items, dtype, rest), offsets


def _resolved(dtype: str, transforms: Transforms, num_fields: int) -> Resolved:
    return transforms if isinstance(transforms, Resolved) else resolve(dtype, transforms, num_fields)


def _wide(dtype: str, transforms: Sequence[Transform]) -> str:
    """The dtype to work in: transforms of halves work in single precision, and round once."""
    return "float32" if dtype == "bfloat16" or (dtype == "float16" and transforms) else dtype


def _finished(items: Array, dtype: str, transforms: Sequence[Transform]) -> Array:
    for transform in transforms:
        transform.apply(items, None, out=items)
    if dtype == "bfloat16":
        return bits_of_bfloat16(items)
    if items.dtype == dtype:
        return items
    with np.errstate(over="ignore"):  # beyond its range a number becomes infinite
        return items.astype(dtype)
