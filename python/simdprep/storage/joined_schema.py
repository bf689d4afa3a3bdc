"""JoinedSchema: the schema of datasets that become one, or all that keeps them from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import DatasetError
from ..schema import Field, ObjectSpec, Schema

#: Differences named in an error; the rest is counted.
_NAMED = 5

#: What two schemas may differ in without another meaning of the values: the first says how chunks are made.
_FREE_OF_MEANING = ("codec", "level_of_effort")


@dataclass(frozen=True)
class Difference:
    """One thing in which a schema differs from the first.

    Attributes:
        text: What, in both.
        is_filled: Fill values make up for it.
    """

    text: str
    is_filled: bool = False


def joined_schema(schemas: Sequence[Schema], places: Sequence[str], *, fill: bool = False) -> Schema:
    """Return the schema that holds the rows of all; strings, objects and fields in the order of their first appearance.

    Args:
        schemas: Of every part; the first one's order, codec and descriptions are kept.
        places: Their files, for errors.
        fill: Fields that are missing and slots that are fewer are made up with fill values, and dtypes widened.

    Raises:
        DatasetError: two schemas differ in what cannot be made up, or in anything without ``fill``; all of it is named.
    """
    common = schemas[0]
    seen: list[Schema] = [common]
    for schema, place in zip(schemas[1:], places[1:], strict=True):
        if any(schema is other for other in seen[-4:]):
            continue  # the same text gives the same schema
        seen.append(schema)
        differences = list(_differences(common, schema))
        if any(not (fill and found.is_filled) for found in differences):
            raise _error(differences, places[0], place, fill=fill)
        common = _joined(common, schema)
    return common


def _error(differences: Sequence[Difference], first: str, place: str, *, fill: bool) -> DatasetError:
    lasting = [found for found in differences if not found.is_filled]
    named = lasting if fill else [*lasting, *(found for found in differences if found.is_filled)]
    more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return DatasetError(
        "schemas of datasets that should be one",
        got="; ".join(found.text for found in named[:_NAMED]) + more,
        expected=f"what {first} has",
        where=place,
        hint="one config for all of them" if lasting else "--fill, which makes up for it with fill values",
    )


def _differences(one: Schema, other: Schema) -> list[Difference]:
    found = [
        Difference(f"{name} {getattr(other, name)}, not {getattr(one, name)}")
        for name in ("rows", "layout", "counts")
        if getattr(one, name) != getattr(other, name)
    ]
    found += [Difference(f"no object {name}") for name in one.names if name not in other.names]
    found += [Difference(f"object {name} more") for name in other.names if name not in one.names]
    for name in one.names:
        if name in other.names:
            found += _object_differences(one.object(name), other.object(name))
    return found


def _object_differences(one: ObjectSpec, other: ObjectSpec) -> list[Difference]:
    found = [
        Difference(f"{name} of {one.name} {getattr(other, name) or 'none'}, not {getattr(one, name) or 'none'}")
        for name in ("level", "parent", "order", "embedded")
        if getattr(one, name) != getattr(other, name)
    ]
    if one.pad != other.pad and one.level == other.level:
        found.append(
            Difference(f"pad of {one.name} {other.pad}, not {one.pad}", is_filled=None not in (one.pad, other.pad))
        )
    for name in one.field_names:
        if name not in other.field_names:
            found.append(Difference(f"no field {one.name}.{name}", is_filled=True))
        else:
            found += _field_differences(f"{one.name}.{name}", one.field(name), other.field(name))
    found += [
        Difference(f"field {one.name}.{name} more", is_filled=True)
        for name in other.field_names
        if name not in one.field_names
    ]
    return found


def _field_differences(name: str, one: Field, other: Field) -> list[Difference]:
    found = []
    if one.dtype != other.dtype:
        found.append(
            Difference(f"dtype of {name} {other.dtype}, not {one.dtype}", widened(one.dtype, other.dtype) is not None)
        )
    if one.unit != other.unit:
        found.append(Difference(f"unit of {name} {other.unit or 'none'}, not {one.unit or 'none'}"))
    if repr(one.fill) != repr(other.fill):  # repr, because NaN is no equal of itself
        found.append(Difference(f"fill value of {name} {other.fill}, not {one.fill}"))
    if one.is_string != other.is_string:
        texts = ("numbers", "strings")
        found.append(Difference(f"{name} holds {texts[other.is_string]}, not {texts[one.is_string]}"))
    return found


def widened(one: str, other: str) -> str | None:
    """Return the dtype that holds all values of two; ``None`` where only another kind of number would."""
    kinds = {np.dtype(one).kind, np.dtype(other).kind}
    found = np.promote_types(one, other)
    return found.name if found.kind in kinds else None


def _joined(one: Schema, other: Schema) -> Schema:
    return replace(one, objects=tuple(_joined_object(spec, other.object(spec.name)) for spec in one.objects))


def _joined_object(one: ObjectSpec, other: ObjectSpec) -> ObjectSpec:
    fields = [
        _joined_field(field, other.field(field.name)) if field.name in other.field_names else field
        for field in one.fields
    ]
    fields += [field for field in other.fields if field.name not in one.field_names]
    pad = one.pad if one.pad is None or other.pad is None else max(one.pad, other.pad)
    return replace(one, fields=tuple(fields), pad=pad)


def _joined_field(one: Field, other: Field) -> Field:
    categories = one.categories
    if categories is not None and other.categories is not None:
        categories = tuple(dict.fromkeys((*categories, *other.categories)))
    return replace(one, dtype=widened(one.dtype, other.dtype) or one.dtype, categories=categories)
