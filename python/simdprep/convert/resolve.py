"""Resolving: from a recipe and a config to the schema that is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import SchemaError, nearest_hint
from ..readers import Member, Source
from ..schema import EVENTS, Field, ObjectSpec, Schema
from ..schema.field import FillValue
from ..schema.from_awkward import field_of
from .multiplicity import DEFAULT_PAD, Multiplicities
from .recipe import Recipe

if TYPE_CHECKING:
    import awkward as ak

    from ..schema.config import Config, FieldConfig

#: Pad rules by object, ``*`` for all others.
Pads = Mapping[str, int | str]


def make_schema(recipe: Recipe, config: Config, source: Source, pads: Mapping[str, int]) -> Schema:
    """Return the schema of what a recipe stores.

    Args:
        recipe: What is read and stored.
        config: Layout, codec, units, fills and dtypes.
        source: The first input; its types are the dtypes of the fields.
        pads: Slots of the padded objects.

    Raises:
        SchemaError: a rule of the format or of the layout is broken.
    """
    typed = recipe.stored(recipe.select(source, 0, 0).events)
    objects = [_object(recipe, config, typed, name, pads) for name in _in_order(recipe)]
    if config.rows == EVENTS:
        objects = _with_counts(config, [spec for spec in objects if spec.fields or spec.name != EVENTS])
    return Schema(
        tuple(objects),
        rows=config.rows,
        layout=config.output.layout,
        codec=config.output.codec,
        level_of_effort=config.output.level_of_effort,
        counts=config.output.counts,
    )


def _with_counts(config: Config, objects: list[ObjectSpec]) -> list[ObjectSpec]:
    """In layout compound a row-level record must be there to hold the multiplicities."""
    counted = config.output.layout == "compound" and config.output.counts
    if counted and not any(spec.level == "row" for spec in objects):
        return [ObjectSpec(EVENTS, ()), *objects]
    return objects


def pad_rules(recipe: Recipe, config: Config, pads: Pads | None) -> dict[str, int | str]:
    """Return the pad rule of every object that is padded: options before the config before the input's before p99.

    Raises:
        SchemaError: a rule is for an object that is not there or has no slots, or is no rule.
    """
    options = dict(pads or {})
    lists = [name for name in recipe.fields if _has_slots(recipe, config, name)]
    for name, rule in options.items():
        _check_rule(name, rule)
        if name != "*" and name not in lists:
            raise SchemaError(
                "--pad",
                got=repr(name),
                expected="an object that has slots",
                hint=nearest_hint(name, lists, otherwise=", ".join(lists[:10]) or None),
            )
    rules: dict[str, int | str] = {}
    for name in lists:
        own = config.objects.get(name)
        asked = options.get(name, own.pad if own is not None and own.pad is not None else options.get("*"))
        if asked is not None or config.output.layout != "ragged":
            rules[name] = recipe.pads.get(name, DEFAULT_PAD) if asked is None else asked
    return rules


def resolve_pads(rules: Mapping[str, int | str], multiplicities: Multiplicities) -> dict[str, int]:
    """Return the slots of every object with a rule."""
    return {name: rule if isinstance(rule, int) else multiplicities.slots(name, rule) for name, rule in rules.items()}


def _has_slots(recipe: Recipe, config: Config, name: str) -> bool:
    own = config.objects.get(name)
    row_level = recipe.grouping.group(name).depth == 0 or name == config.rows
    return not row_level and not (own is not None and own.ragged)


def _check_rule(name: str, rule: int | str) -> None:
    number = isinstance(rule, int) and not isinstance(rule, bool) and rule >= 1
    text = isinstance(rule, str) and (rule == "max" or _is_percentile(rule))
    if not number and not text:
        raise SchemaError(
            "pad", got=repr(rule), expected="a number of slots of at least 1, p99 or max", where=f"object {name}"
        )


def _is_percentile(rule: str) -> bool:
    found = re.fullmatch(r"p(\d{1,3}(?:\.\d+)?)", rule)
    return found is not None and 0 < float(found[1]) <= 100


def _in_order(recipe: Recipe) -> list[str]:
    """Objects in stored order, each parent before what hangs on it."""
    order: list[str] = []

    def add(name: str) -> None:
        parent = recipe.parents.get(name)
        if parent is not None and parent in recipe.fields:
            add(parent)
        if name not in order:
            order.append(name)

    for name in recipe.fields:
        add(name)
    return order


def _object(recipe: Recipe, config: Config, typed: ak.Array, name: str, pads: Mapping[str, int]) -> ObjectSpec:
    own = config.objects.get(name)
    entry = recipe.grouping.group(name)
    values = typed if name == EVENTS else typed[name]
    fields = tuple(
        _field(recipe, config, values, name, source, stored) for source, stored in recipe.fields[name].items()
    )
    if name == config.rows or entry.depth == 0:
        above = name == EVENTS and config.rows != EVENTS
        return ObjectSpec(name, fields, level="event" if above else "row", order=_order(config, name))
    ragged = config.output.layout == "ragged" or (own is not None and own.ragged)
    return ObjectSpec(
        name,
        fields,
        level="ragged" if ragged else "padded",
        parent=entry.parent or config.rows,
        pad=pads.get(name),
        order=_order(config, name),
    )


def _order(config: Config, name: str) -> str:
    own = config.objects.get(name)
    return (own.order or "") if own is not None else ""


def _field(recipe: Recipe, config: Config, values: ak.Array, name: str, source: str, stored: str) -> Field:
    options = _options(config, name, source)
    found = field_of(values[stored], stored, f"object {name}, field {stored}")
    dtype = found.dtype
    if options is not None and options.dtype is not None:
        dtype = options.dtype
        if found.is_string and dtype != "int32":
            raise SchemaError(
                "dtype of a string field",
                got=dtype,
                expected="int32, its codes",
                where=f"object {name}, field {stored}",
            )
    elif config.output.dtype is not None and dtype.startswith("float"):
        dtype = config.output.dtype
    member = recipe.grouping.group(name).members.get(source)
    unit = description = ""
    if member is not None:
        unit, description = member.branch.unit, member.branch.description
    if options is not None:
        unit = unit if options.unit is None else options.unit
        description = description if options.description is None else options.description
    return Field(
        stored,
        dtype,
        fill=_fill(options, member, dtype),
        unit=unit,
        description=description,
        categories=found.categories,
    )


def _fill(options: FieldConfig | None, member: Member | None, dtype: str) -> FillValue | None:
    """The fill value of a field: that of the config, or of an input that has one and the same dtype."""
    if options is not None and options.fill is not None:
        return options.fill
    same = member is not None and member.branch.fill is not None and member.branch.dtype == dtype
    return member.branch.fill if same and member is not None else None


def like_input(config: Config, source: Source) -> Config:
    """Return the config with the rows of an input that has rows of its own, where nobody said what they are."""
    if config.names_rows or source.rows == EVENTS:
        return config
    return config.with_values({("rows",): source.rows})


def _options(config: Config, name: str, source: str) -> FieldConfig | None:
    own = config.objects.get(name)
    fields = (own.fields or {}) if own is not None else {}
    key = source
    while key:
        if key in fields:
            return fields[key]
        key = key.rpartition("_")[0]  # slot v_3 of the fixed-size branch v
    return None
