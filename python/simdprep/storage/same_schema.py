"""SameSchema: parts that differ in nothing but their lists of strings, and the list that holds all of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..schema import Field, ObjectSpec, Schema

#: New codes by old ones: int32 (n_categories,) of one part's field.
Recoding = NDArray[np.int32]


def unify(schemas: Sequence[Schema], places: Sequence[str]) -> Schema:
    """Return the schema of parts that belong together: the first's, with the strings of all.

    Strings keep the order of their first appearance, part by part.

    Args:
        schemas: Of every part.
        places: Their files, for errors.

    Raises:
        DatasetError: two schemas differ in something else.
    """
    first = schemas[0]
    for schema, place in zip(schemas[1:], places[1:], strict=True):
        check_same(first, schema, places[0], place)
    categories: dict[tuple[str, str], tuple[str, ...]] = {}
    for spec in first.objects:
        for field in spec.fields:
            if field.categories is not None:
                lists = (schema.object(spec.name).field(field.name).categories or () for schema in schemas)
                categories[spec.name, field.name] = _merged(lists)
    return first.with_categories(categories)


def _merged(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in lists for text in texts))


def is_same(one: Schema, other: Schema) -> bool:
    """Return True where two schemas differ in nothing but their lists of strings."""
    return _difference(one, other) is None


def check_same(one: Schema, other: Schema, one_place: str, other_place: str) -> None:
    """Raise a :class:`DatasetError` that names the first difference of two schemas, string lists apart."""
    difference = _difference(one, other)
    if difference is None:
        return
    what, mine, theirs = difference
    raise DatasetError(
        f"{what} of parts that should be one dataset",
        got=f"{theirs} in {other_place}",
        expected=f"{mine}, as in {one_place}",
        hint="opening them one by one",
    )


def _difference(one: Schema, other: Schema) -> tuple[str, Any, Any] | None:
    for name in ("rows", "layout", "counts", "codec", "level_of_effort"):
        if getattr(one, name) != getattr(other, name):
            return name, getattr(one, name), getattr(other, name)
    if one.names != other.names:
        return "objects", ", ".join(one.names), ", ".join(other.names)
    for mine, theirs in zip(one.objects, other.objects, strict=True):
        found = _object_difference(mine, theirs)
        if found is not None:
            return found
    return None


def _object_difference(one: ObjectSpec, other: ObjectSpec) -> tuple[str, Any, Any] | None:
    for name in ("level", "parent", "pad", "order", "embedded"):
        if getattr(one, name) != getattr(other, name):
            return f"{name} of object {one.name}", getattr(one, name), getattr(other, name)
    if one.field_names != other.field_names:
        return f"fields of object {one.name}", ", ".join(one.field_names), ", ".join(other.field_names)
    for mine, theirs in zip(one.fields, other.fields, strict=True):
        for entry in fields(Field):
            values = getattr(mine, entry.name), getattr(theirs, entry.name)
            if entry.name == "categories":
                values = values[0] is None, values[1] is None
            # repr, because NaN is no equal of itself
            if repr(values[0]) != repr(values[1]):
                return f"{entry.name} of field {one.name}.{mine.name}", *values
    return None


def recodings(part: Schema, whole: Schema, where: str) -> dict[tuple[str, str], Recoding]:
    """Return the new code of every string of a part, by ``(object, field)``, where any changes.

    Raises:
        DatasetError: a string of the part is not in the whole list.
    """
    found: dict[tuple[str, str], Recoding] = {}
    for spec in whole.objects:
        for field in spec.fields:
            if field.categories is None:
                continue
            own = part.object(spec.name).field(field.name).categories or ()
            if own == field.categories[: len(own)]:
                continue  # as the parts of one writer are: their lists only grow
            codes = {text: code for code, text in enumerate(field.categories)}
            missing = [text for text in own if text not in codes]
            if missing:
                raise DatasetError(
                    "strings of a part",
                    got=repr(missing[0]),
                    expected="one of the dataset's list",
                    where=f"{where}: field {spec.name}.{field.name}",
                )
            found[spec.name, field.name] = np.array([codes[text] for text in own], np.int32)
    return found


def recode(codes: NDArray[np.int32], recoding: Recoding) -> None:
    """Replace codes in place; what is no code of the part's list becomes -1 unless it is negative already."""
    if recoding.size == 0:
        codes[codes >= 0] = -1
        return
    known = (codes >= 0) & (codes < len(recoding))
    codes[codes >= len(recoding)] = -1
    codes[known] = recoding[codes[known]]
