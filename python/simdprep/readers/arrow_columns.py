"""Columns of Arrow tables, as Parquet and feather hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa

from .branch import Branch
from .leaf import Found, Leaf, find_leaves

#: Types that awkward takes or refuses under a name of its own, in words for a user.
_REFUSED = (
    (pa.types.is_decimal, "decimal numbers"),
    (pa.types.is_map, "a map"),
    (pa.types.is_union, "a variant of several types"),
    (pa.types.is_temporal, "dates or times"),
    (pa.types.is_binary, "bytes, not text"),
    (pa.types.is_large_binary, "bytes, not text"),
    (pa.types.is_fixed_size_binary, "bytes, not text"),
)


def find_columns(schema: Any) -> list[Found]:
    """Return the leaves of each column of an Arrow schema, in its order."""
    times = Counter(field.name for field in schema)
    return [
        _find(field) if times[field.name] == 1 else Found(refused={field.name: "several columns of this name"})
        for field in schema
    ]


def _find(field: Any) -> Found:
    for test, words in _REFUSED:
        if test(field.type):
            return Found(refused={field.name: words})
    if not field.name:
        return Found(refused={"": "a column without a name"})
    try:
        whole = field.with_type(_without_dictionaries(field.type))
        form = ak.from_arrow_schema(pa.schema([whole])).content(0)
    except Exception:  # noqa: BLE001 (awkward raises several types for what it has no form for)
        return Found(refused={field.name: f"Arrow type {field.type}"})
    meta = field.metadata or {}
    unit, description = (meta.get(key, b"").decode(errors="replace") for key in (b"unit", b"description"))
    like = Branch(field.name, "", unit=unit, description=description)
    return find_leaves(form, field.name, like=like)


def leaf_columns(schema: Any) -> list[tuple[str, ...]]:
    """Return the dotted path of every leaf of an Arrow schema, depth first: the order of Parquet's columns."""
    paths: list[tuple[str, ...]] = []

    def walk(kind: Any, path: tuple[str, ...]) -> None:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        if pa.types.is_struct(kind):
            for index in range(kind.num_fields):
                walk(kind.field(index).type, (*path, kind.field(index).name))
        elif pa.types.is_map(kind):
            walk(kind.key_type, (*path, "key"))
            walk(kind.item_type, (*path, "value"))
        elif hasattr(kind, "value_type") and not pa.types.is_dictionary(kind):
            walk(kind.value_type, path)
        else:
            paths.append(path)

    for field in schema:
        walk(field.type, (field.name,))
    return paths


def to_awkward(table: Any, leaves: Sequence[Leaf]) -> dict[str, Any]:
    """Return the columns of an Arrow table that hold the leaves, as awkward arrays by name."""
    found = {}
    for name in dict.fromkeys(leaf.container for leaf in leaves):
        column = table.column(name)
        plain = _without_dictionaries(column.type)
        if plain != column.type:
            column = column.cast(plain)
        # Copied to one array that starts at 0: of slices, awkward (2.14) takes the wrong bits of what is missing.
        found[name] = ak.from_arrow(pa.concat_arrays(column.chunks))
    return found


def _without_dictionaries(kind: Any) -> Any:
    """Return an Arrow type with the values of dictionaries for the dictionaries, which chunks need not share."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct(
            [kind.field(at).with_type(_without_dictionaries(kind.field(at).type)) for at in range(kind.num_fields)]
        )
    for test, make in ((pa.types.is_list, pa.list_), (pa.types.is_large_list, pa.large_list)):
        if test(kind):
            return make(kind.value_field.with_type(_without_dictionaries(kind.value_type)))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_without_dictionaries(kind.value_type)), kind.list_size)
    return kind


def has_inner_dictionary(kind: Any) -> bool:
    """Return True for an Arrow type with dictionaries within lists or structs."""
    return not pa.types.is_dictionary(kind) and _without_dictionaries(kind) != kind


def bytes_per_entry(branches: Mapping[str, Branch]) -> float:
    """Return a guess of the bytes of one entry where the file does not tell: eight items a list."""
    total = 0.0
    for branch in branches.values():
        item = 16 if branch.is_string else np.dtype(branch.dtype).itemsize
        total += item * int(np.prod(branch.shape, dtype=np.int64)) * 8.0**branch.depth
    return total
