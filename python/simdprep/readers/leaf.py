"""Leaf: the way from what a library reads to one branch of numbers or strings.

Readers describe a column by its awkward Form. ``find_leaves`` walks the Form, one leaf per number or
string it ends in, each a :class:`Branch`; ``take`` follows the same way through the array read, and
brings it into one canonical layout whatever the library made of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import awkward as ak
import numpy as np
from awkward import contents, forms
from awkward.index import Index64

from ..errors import InputError
from .branch import MAX_DEPTH, STRING, Branch

NUMBERS = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)  # fmt: skip

#: Members every TObject carries: memory management, not data.
TOBJECT_MEMBERS = frozenset({"fUniqueID", "fBits", "@fUniqueID", "@fBits"})
TOBJECT_REASON = "bookkeeping of TObject, not data"

_LISTS = (forms.ListOffsetForm, forms.ListForm)
_OPTIONS = (forms.IndexedOptionForm, forms.ByteMaskedForm, forms.BitMaskedForm, forms.UnmaskedForm)
_NOT_LISTS = {
    "bitset": "a std::bitset",
    "bytestring": "bytes, not text",
    "sorted_map": "a map",
}


@dataclass(frozen=True)
class Leaf:
    """One branch and where its values lie in what is read for it.

    Attributes:
        branch: The branch as presented.
        container: What is read: a TBranch, a top-level field or a column.
        path: Members of structs down to the values; ``()`` where the container holds them itself.
    """

    branch: Branch
    container: str
    path: tuple[str, ...] = ()


@dataclass
class Found:
    """Leaves of one container, and what of it cannot be converted, by name, with the reason.

    Some of what is refused can be read for those who know its meaning: bookkeeping.
    """

    leaves: list[Leaf] = field(default_factory=list)
    bookkeeping: list[Leaf] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def find_leaves(form: forms.Form, name: str, *, outer: str | None = None, like: Branch | None = None) -> Found:
    """Return the leaves of a column.

    Args:
        form: The column's awkward Form.
        name: Its name in the file.
        outer: Name of the collection whose items the outermost list holds, where it is not this column.
        like: A branch that lends ``counter``, ``unit`` and ``description`` to the leaves.
    """
    found = Found()
    _walk(form, like or Branch(name, ""), name, (), outer, found)
    return found


def _walk(form: Any, at: Branch, container: str, path: tuple[str, ...], outer: str | None, found: Found) -> None:
    """Descend ``form``, whose values so far are described by ``at``; ``at.name`` is the dotted name."""
    kind = form.parameter("__array__")
    if isinstance(form, (*_OPTIONS, forms.IndexedForm)):
        optional = at.optional or isinstance(form, _OPTIONS)
        _walk(form.content, replace(at, optional=optional), container, path, outer, found)
    elif kind == "string":
        found.leaves.append(Leaf(replace(at, dtype=STRING), container, path))
    elif kind in _NOT_LISTS:
        found.refused[at.name] = _NOT_LISTS[kind]
    elif isinstance(form, _LISTS) or (isinstance(form, forms.RegularForm) and _holds_lists(form.content)):
        if at.depth == MAX_DEPTH:
            found.refused[at.name] = f"lists nested {at.depth + _nesting(form)} deep, at most {MAX_DEPTH} fit"
            return
        here = outer if outer is not None and not at.lists else at.name
        # A missing list is read as an empty one, so that only values can be missing.
        inner = replace(at, depth=at.depth + 1, lists=(*at.lists, here), optional=False)
        _walk(form.content, inner, container, path, outer, found)
    elif isinstance(form, forms.RegularForm):
        if form.size == 0:
            found.refused[at.name] = "arrays of length 0"
            return
        _walk(form.content, replace(at, shape=(*at.shape, form.size)), container, path, outer, found)
    elif isinstance(form, forms.RecordForm):
        _walk_record(form, at, container, path, outer, found)
    elif isinstance(form, forms.NumpyForm):
        if form.primitive in NUMBERS:
            shape = (*at.shape, *form.inner_shape)
            found.leaves.append(Leaf(replace(at, dtype=form.primitive, shape=shape), container, path))
        else:
            found.refused[at.name] = f"values of type {form.primitive}"
    else:
        variant = isinstance(form, forms.UnionForm)
        found.refused[at.name] = "a variant of several types" if variant else "no type: it holds no values"


def _walk_record(form: Any, at: Branch, container: str, path: tuple[str, ...], outer: str | None, found: Found) -> None:
    if not form.contents:
        found.refused[at.name] = f"class {form.parameter('__record__') or '(unnamed)'} has no members to read"
    for key, content in zip(form.fields, form.contents, strict=True):
        name = f"{at.name}.{key}"
        if key in TOBJECT_MEMBERS:
            found.refused[name] = TOBJECT_REASON
            inside = Found()
            _walk(content, replace(at, name=name), container, (*path, key), outer, inside)
            found.bookkeeping += inside.leaves
        else:
            _walk(content, replace(at, name=name), container, (*path, key), outer, found)


def _holds_lists(form: Any) -> bool:
    return _is_list(form) or any(_holds_lists(inner) for inner in _inner(form))


def _is_list(form: Any) -> bool:
    return isinstance(form, _LISTS) and form.parameter("__array__") != "string"


def _nesting(form: Any) -> int:
    """Levels of lists from ``form`` down, along its first members."""
    return int(_is_list(form)) + max((_nesting(inner) for inner in _inner(form)), default=0)


def _inner(form: Any) -> list[Any]:
    if isinstance(form, forms.RecordForm | forms.UnionForm):
        return list(form.contents)
    return [form.content] if hasattr(form, "content") else []


def take(array: Any, leaf: Leaf, missing_lists: Counter[str]) -> ak.Array:
    """Return a leaf's values out of the array read for its container.

    The layout is ``depth`` times a ListOffsetArray (int64 offsets from 0), around numbers, strings, fixed
    arrays of them (RegularArray) or an option of these. Contents are views of ``array`` where its layout allows.

    Args:
        array: What was read for ``leaf.container``.
        leaf: The way to the values.
        missing_lists: Grows by the number of missing lists, which become empty ones, by branch.

    Raises:
        InputError: the values are not of the branch's type, or offsets run backwards (a damaged file).
    """
    layout = ak.to_layout(array)
    for key in leaf.path:
        layout = layout[key]
    return ak.Array(_canonical(layout, leaf.branch, leaf.branch.depth, missing_lists))


def empty(branch: Branch) -> ak.Array:
    """Return the values of a branch over no entries."""
    layout: Any = contents.NumpyArray(np.empty(0, "uint8" if branch.is_string else branch.dtype))
    if branch.is_string:
        chars = contents.NumpyArray(layout.data, parameters={"__array__": "char"})
        layout = contents.ListOffsetArray(Index64(np.zeros(1, np.int64)), chars, parameters={"__array__": "string"})
    for size in reversed(branch.shape):
        layout = contents.RegularArray(layout, size)
    for _ in range(branch.depth):
        layout = contents.ListOffsetArray(Index64(np.zeros(1, np.int64)), layout)
    return ak.Array(layout)


def _canonical(layout: Any, branch: Branch, depth: int, missing_lists: Counter[str]) -> Any:
    if depth == 0:
        return _values(layout, branch)
    layout = _without_missing(layout, branch, missing_lists)
    if layout.is_unknown:  # no list at all, so no type either
        return empty(branch).layout
    if hasattr(layout, "offsets"):
        steps = np.diff(layout.offsets.data)
        if len(steps) and (steps.min() < 0 or layout.offsets.data[-1] > len(layout.content)):
            raise InputError("list lengths", got="offsets that run backwards or out", expected="a sound file")
    lists = layout.to_ListOffsetArray64(True)
    offsets = lists.offsets.data
    content = _canonical(lists.content[: int(offsets[-1])], branch, depth - 1, missing_lists)
    return contents.ListOffsetArray(Index64(offsets), content)


def _without_missing(layout: Any, branch: Branch, missing_lists: Counter[str]) -> Any:
    """Return lists without an option: missing ones become empty."""
    while layout.is_indexed and not layout.is_option:
        layout = layout.project()
    if not layout.is_option:
        return layout
    valid = np.asarray(layout.mask_as_bool(valid_when=True))
    there = layout.project()
    if valid.all():
        return _without_missing(there, branch, missing_lists)
    missing_lists[branch.name] += int(len(valid) - valid.sum())
    lists = _without_missing(there, branch, missing_lists).to_ListOffsetArray64(True)
    counts = np.zeros(len(valid), np.int64)
    counts[valid] = np.diff(lists.offsets.data)
    return contents.ListOffsetArray(Index64(np.concatenate(([0], np.cumsum(counts)))), lists.content)


def _values(layout: Any, branch: Branch) -> Any:
    if layout.is_unknown:
        return empty(replace(branch, depth=0)).layout
    if isinstance(layout, contents.UnmaskedArray):
        return _values(layout.content, branch)
    if layout.is_option:
        if isinstance(layout, contents.IndexedOptionArray):
            # Categories of a dictionary: the codes are an encoding of the file, the strings are the data.
            return contents.IndexedOptionArray(layout.index, _values(layout.content, branch))
        return layout.copy(content=_values(layout.content, branch))
    if layout.is_indexed:
        return _values(layout.project(), branch)
    if layout.is_regular:
        return contents.RegularArray(_values(layout.content, branch), layout.size, layout.length)
    if layout.is_numpy and len(layout.inner_shape):
        return _values(layout.to_RegularArray(), branch)
    got = STRING if layout.parameter("__array__") == "string" else str(getattr(layout, "dtype", type(layout).__name__))
    if got != branch.dtype:
        raise InputError("type of values", got=got, expected=branch.dtype)
    return contents.NumpyArray(np.ascontiguousarray(layout.data)) if layout.is_numpy else layout
