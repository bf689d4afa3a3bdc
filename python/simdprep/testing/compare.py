"""Exact comparison of awkward arrays, with the first difference in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import awkward as ak
import numpy as np
from awkward.contents import Content


@dataclass(frozen=True)
class Difference:
    """The first place where two arrays differ.

    Attributes:
        said: What is there and what was expected.
        fields: Names of the records on the way down, outermost first.
        place: Positions on the way down, one per axis, outermost first; empty when the whole differs.
    """

    said: str
    fields: tuple[str, ...] = ()
    place: tuple[int, ...] = ()

    def __str__(self) -> str:
        index = f"[{', '.join(map(str, self.place))}]" if self.place else ""
        return f"{'.'.join(self.fields)}{index}: {self.said}"


def assert_equal(actual: Any, expected: Any, *, check_dtype: bool = True, where: str = "events") -> None:
    """Raise unless two arrays hold exactly the same.

    Equal means: the same fields (in any order), list lengths, missing values, strings and numbers.
    NaN equals NaN, whatever its payload; 0.0 and -0.0 differ. How a list is laid out in memory
    (offsets or fixed size, missing values by mask or by index, virtual or not) does not matter.

    Args:
        actual: What came out: an awkward array or record, a numpy array, or a list.
        expected: What it should be; as ``actual``.
        check_dtype: Also demand the same numeric dtypes.
        where: What the arrays are called in the message.

    Raises:
        AssertionError: they differ; the text names field, position and both values.
    """
    difference = first_difference(actual, expected, check_dtype=check_dtype)
    if difference is not None:
        raise AssertionError(str(replace(difference, fields=(where, *difference.fields))))


def first_difference(actual: Any, expected: Any, *, check_dtype: bool = True) -> Difference | None:
    """Return the first difference of two arrays, or ``None``; by the rules of :func:`assert_equal`."""
    return _compare(_content(actual), _content(expected), check_dtype)


def _content(array: Any) -> Content:
    if isinstance(array, ak.Record):
        array = array.layout.array[array.layout.at : array.layout.at + 1]
    return _packed(ak.to_layout(array))


def _packed(layout: Content) -> Content:
    return ak.to_packed(ak.materialize(layout, highlevel=False), highlevel=False)


def _compare(actual: Content, expected: Content, check_dtype: bool) -> Difference | None:
    if len(actual) != len(expected):
        return Difference(f"{len(actual)} entries, expected {len(expected)}")
    if actual.is_option or expected.is_option:
        return _compare_options(actual, expected, check_dtype)
    kinds = [_kind(layout) for layout in (actual, expected)]
    if "unknown" in kinds and not check_dtype:
        return None  # both are empty, and only the type could differ
    if kinds[0] != kinds[1]:
        return Difference(f"{ak.type(actual)}, expected {ak.type(expected)}")
    if kinds[0] == "string":
        return _compare_strings(actual, expected)
    if kinds[0] == "record":
        return _compare_records(actual, expected, check_dtype)
    if kinds[0] == "list":
        return _compare_lists(actual, expected, check_dtype)
    return None if kinds[0] == "unknown" else _compare_numbers(actual, expected, check_dtype)


def _compare_options(actual: Content, expected: Content, check_dtype: bool) -> Difference | None:
    missing = [np.asarray(ak.is_none(layout)) for layout in (actual, expected)]
    differs = np.flatnonzero(missing[0] != missing[1])
    if len(differs):
        entry = int(differs[0])
        said = "missing, expected a value" if missing[0][entry] else "a value, expected a missing one"
        return Difference(said, place=(entry,))
    kept = [_packed(ak.drop_none(layout, axis=0, highlevel=False)) for layout in (actual, expected)]
    difference = _compare(kept[0], kept[1], check_dtype)
    if difference is None or not difference.place:
        return difference
    entry = int(np.flatnonzero(~missing[0])[difference.place[0]])
    return replace(difference, place=(entry, *difference.place[1:]))


def _compare_strings(actual: Content, expected: Content) -> Difference | None:
    for entry, (one, other) in enumerate(zip(ak.to_list(actual), ak.to_list(expected), strict=True)):
        if one != other:
            return Difference(f"{one!r}, expected {other!r}", place=(entry,))
    return None


def _compare_records(actual: Content, expected: Content, check_dtype: bool) -> Difference | None:
    lacking = sorted(set(expected.fields) - set(actual.fields))
    surplus = sorted(set(actual.fields) - set(expected.fields))
    if lacking or surplus:
        return Difference(f"fields lacking {lacking}, fields too many {surplus}")
    for field in expected.fields:
        difference = _compare(_packed(actual[field]), _packed(expected[field]), check_dtype)
        if difference is not None:
            return replace(difference, fields=(field, *difference.fields))
    return None


def _compare_lists(actual: Content, expected: Content, check_dtype: bool) -> Difference | None:
    counts = [np.asarray(ak.num(layout, axis=1)) for layout in (actual, expected)]
    differs = np.flatnonzero(counts[0] != counts[1])
    if len(differs):
        entry = int(differs[0])
        return Difference(f"{counts[0][entry]} items, expected {counts[1][entry]}", place=(entry,))
    flat = [_packed(ak.flatten(layout, axis=1, highlevel=False)) for layout in (actual, expected)]
    difference = _compare(flat[0], flat[1], check_dtype)
    if difference is None or not difference.place:
        return difference
    item = difference.place[0]
    ends = np.cumsum(counts[0])
    entry = int(np.searchsorted(ends, item, side="right"))
    slot = item - int(ends[entry] - counts[0][entry])
    return replace(difference, place=(entry, slot, *difference.place[1:]))


def _compare_numbers(actual: Content, expected: Content, check_dtype: bool) -> Difference | None:
    one, other = ak.to_numpy(actual), ak.to_numpy(expected)
    if check_dtype and one.dtype != other.dtype:
        return Difference(f"dtype {one.dtype}, expected {other.dtype}")
    if one.shape != other.shape:
        return Difference(f"shape {one.shape}, expected {other.shape}")
    equal = one == other
    if one.dtype.kind == other.dtype.kind == "f":
        equal &= np.signbit(one) == np.signbit(other)
        equal |= np.isnan(one) & np.isnan(other)
    differs = np.argwhere(~equal)
    if not len(differs):
        return None
    place = tuple(int(position) for position in differs[0])
    return Difference(f"{one[place]}, expected {other[place]} ({len(differs)} of {equal.size} differ)", place=place)


def _kind(layout: Content) -> str:
    if layout.parameter("__array__") in ("string", "bytestring"):
        return "string"
    if layout.is_union:
        raise TypeError(f"cannot compare a union: {ak.type(layout)}")
    kinds = {"unknown": layout.is_unknown, "record": layout.is_record, "list": layout.is_list}
    return next((kind for kind, true in kinds.items() if true), "number")
