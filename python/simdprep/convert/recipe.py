"""Recipe: from the branches of an input to the events that are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..errors import ConfigError, InputError, SchemaError
from ..readers import (
    Branch,
    Counts,
    Grouping,
    Source,
    Wanted,
    check_alike,
    group,
    group_by_config,
    read_events,
    with_links,
    without_tables,
)
from ..schema.schema import EVENTS
from ..transforms import CutFlow, Expression, Rules, Selection, apply, names, project

if TYPE_CHECKING:
    import awkward as ak

    from ..schema.config import Config


@dataclass(frozen=True)
class Recipe:
    """What is read of an input, and what becomes of it.

    Attributes:
        grouping: The objects that are read, those that only expressions need included.
        rules: Select, order and derived fields.
        fields: What is stored: by object, the stored name of each field by its name in the events.
        branches: The branches of the first input, which the others must match.
        first: Name of the first input.
        told: What was decided or left out, one line each.
        takes_all: Everything the first input has is stored, so that what only others have is told.
        pads: Slots that objects have in the first input.
    """

    grouping: Grouping
    rules: Rules
    fields: Mapping[str, Mapping[str, str]]
    branches: Mapping[str, Branch]
    first: str
    told: tuple[str, ...] = ()
    takes_all: bool = False
    pads: Mapping[str, int] = field(default_factory=dict)

    @property
    def parents(self) -> dict[str, str]:
        """The object each nested one hangs on."""
        return {entry.name: entry.parent for entry in self.grouping.groups if entry.parent is not None}

    def check(self, source: Source) -> None:
        """Raise where a file does not have the branches of the first with the same types.

        Raises:
            InputError: a branch is missing, or of another type.
        """
        needed = self.grouping.branch_names
        check_alike(needed, self.branches, source.branches, first=self.first, where=source.where)

    def surplus(self, source: Source) -> list[str]:
        """Return the branches of a file that nobody asked to leave out, and which the first input does not have."""
        return [name for name in source.branches if name not in self.branches] if self.takes_all else []

    def select(self, source: Source, start: int, stop: int) -> Selection:
        """Read an entry range and apply the rules; fields keep their names of the input."""
        events = read_events(source, self.grouping, start, stop)
        if self.rules:
            return apply(events, self.rules)
        import numpy as np

        return Selection(events, CutFlow(len(events), len(events)), np.ones(len(events), np.bool_))

    def stored(self, events: ak.Array) -> ak.Array:
        """Return selected events with the stored objects and fields only, under their stored names."""
        return project(events, self.fields, parents=self.parents)


def make_recipe(
    source: Source,
    config: Config,
    *,
    objects: Sequence[str] | None = None,
    others: Sequence[Source] = (),
    reads: Sequence[tuple[str, Expression]] = (),
) -> Recipe:
    """Decide what is read and stored.

    Args:
        source: The first input.
        config: Without ``objects``, what the input has is grouped by its names and counts.
        objects: Of those found without a config, the objects wanted; ``None`` for all.
        others: Further open inputs, for the counts that groupings are decided by.
        reads: Further expressions, each with the object it belongs to, whose fields are to be read.

    Raises:
        ConfigError: an object, field or parent is unknown or does not fit; nearest names are given.
        InputError: a branch asked for by name cannot be converted, or nothing can be.
        ExpressionError: an expression does not parse, or names something that is not there.
    """
    if not source.branches:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(source.refused.items())[:3])
        raise InputError(
            "branches", got=reasons or "none", expected="at least one that can be converted", where=source.where
        )
    if config.objects:
        return _from_config(source, config, objects, reads)
    return _from_input(source, config, objects, others)


def _from_input(source: Source, config: Config, objects: Sequence[str] | None, others: Sequence[Source]) -> Recipe:
    named = without_tables(source.branches, source.links)
    grouping = group(named, Counts([source, *others])) if named or source.grouping is None else source.grouping
    if named and source.grouping is not None:
        grouping = source.grouping.joined(grouping)
    grouping = with_links(grouping, source.branches, source.links)
    told = [*source.told, *grouping.told, *_refused(source.refused)]
    if objects:
        wanted = list(objects)
        if config.rows != EVENTS:
            wanted += [config.rows, EVENTS]
        grouping = grouping.only(dict.fromkeys(wanted))
    grouping, above = _below_rows(grouping, config.rows)
    if above:
        told.append(f"left out, not part of a row of {config.rows}: {', '.join(above)}")
    fields = {entry.name: {name: name for name in entry.members} for entry in grouping.groups}
    rules = Rules.from_config(config, parents=_made_parents(grouping))
    return Recipe(grouping, rules, fields, dict(source.branches), source.path, tuple(told), not objects, source.pads)


def _below_rows(grouping: Grouping, rows: str) -> tuple[Grouping, list[str]]:
    """The objects that a row of another row object can hold, and the names of the rest."""
    if rows == EVENTS:
        return grouping, []
    row = grouping.group(rows)
    if row.depth != 1:
        raise ConfigError(
            "row object", got=f"{rows!r}, which is no list of objects", expected="'events' or a list object"
        )
    keep = [entry for entry in grouping.groups if entry.name in (EVENTS, rows) or entry.parent == rows]
    names = {entry.name for entry in keep}
    return replace(grouping, groups=tuple(keep)), [e.name for e in grouping.groups if e.name not in names]


def _refused(refused: Mapping[str, str]) -> list[str]:
    """One line per reason for what cannot be converted."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in refused.items():
        by_reason.setdefault(reason, []).append(name)
    return [f"left out, {reason}: {', '.join(names)}" for reason, names in by_reason.items()]


def _parents(config: Config, grouping: Grouping, rules: Rules) -> dict[str, str]:
    """Parents found by names alone. Where that decides what is dropped or reordered the user has to name them.

    Raises:
        SchemaError: an object with a select or order has a nested one whose config names no parent.
    """
    made = _made_parents(grouping)
    found = {entry.name: entry.parent for entry in grouping.groups if entry.parent is not None}
    for name, parent in found.items():
        own = config.objects.get(name)
        changed = rules.objects.get(parent)
        if name in made or changed is None or (own is not None and own.parent is not None):
            continue
        if changed.select is not None or changed.order is not None:
            raise SchemaError(
                "nested object without parent",
                got=f"{name}, which by its name hangs on {parent}",
                expected="its parent to be named where that is selected or ordered",
                where=config.where("objects", name),
                hint=f"parent: {parent}",
            )
    return found


def _made_parents(grouping: Grouping) -> dict[str, str]:
    """Parents that only carry outer counts: no choice of the user's is needed to hang something on them."""
    empty = {entry.name for entry in grouping.groups if not entry.members and entry.depth > 0}
    return {entry.name: entry.parent for entry in grouping.groups if entry.parent in empty}


@dataclass
class _Request:
    """Finds the branches a config asks for, those of its expressions included."""

    source: Source
    config: Config
    wanted: dict[str, Wanted] = field(default_factory=dict)

    def members(self, name: str, key: str) -> list[str]:
        """Names in the events of a field of an object; empty where the input does not have it."""
        ask = replace(self.wanted.get(name, Wanted()), fields=[key], parent=None)
        with suppress(ConfigError, InputError):
            found = group_by_config(self.source.branches, {name: ask}, refused=self.source.refused)
            return [member for entry in found.groups if entry.name == name for member in entry.members]
        return []

    def depth(self, name: str, key: str) -> int | None:
        """List levels of a field, or ``None`` where the input does not have it."""
        ask = replace(self.wanted.get(name, Wanted()), fields=[key], parent=None)
        with suppress(ConfigError, InputError):
            found = group_by_config(self.source.branches, {name: ask}, refused=self.source.refused)
            return found.group(name).depth
        return None

    def need(self, name: str, key: str) -> None:
        """Add a field to what is read of an object."""
        ask = self.wanted.get(name)
        if ask is None:
            self.wanted[name] = Wanted(fields=[key])
        elif ask.fields is not None and key not in ask.fields:
            self.wanted[name] = replace(ask, fields=[*ask.fields, key])


def _from_config(
    source: Source, config: Config, objects: Sequence[str] | None, reads: Sequence[tuple[str, Expression]]
) -> Recipe:
    request = _Request(source, config)
    for name, options in config.objects.items():
        read = None if options.fields is None else [key for key, entry in options.fields.items() if entry.expr is None]
        request.wanted[name] = Wanted(options.source, read, options.parent)
    if config.rows != EVENTS:
        request.wanted.setdefault(EVENTS, Wanted(fields=[]))
    _check_names(config, objects)
    where = config.where("objects")
    # Without what only expressions need: this is where a mistake in the lists of fields shows.
    told = list(source.told)
    told += group_by_config(source.branches, request.wanted, refused=source.refused, where=where).told
    rules = Rules.from_config(config)
    for name, expression in (*_expressions(rules), *reads):
        _add_reads(request, name, expression)
    grouping = group_by_config(source.branches, request.wanted, refused=source.refused, where=where)
    rules = replace(rules, parents={**_parents(config, grouping, rules), **rules.parents})
    chosen = [name for name in config.objects if objects is None or name in objects]
    if config.rows != EVENTS and EVENTS not in chosen:
        chosen.append(EVENTS)
    fields = {name: _stored(request, config, grouping, name) for name in chosen}
    for entry in grouping.groups:  # made for the outer lists of one that is stored
        if not entry.members and entry.depth > 0 and entry.name not in fields:
            fields[entry.name] = {}
    _check_rows(config, grouping, fields)
    return Recipe(grouping, rules, fields, dict(source.branches), source.path, tuple(told), pads=source.pads)


def _check_names(config: Config, objects: Sequence[str] | None) -> None:
    from ..errors import nearest_hint

    for name in objects or ():
        if name not in config.objects:
            known = list(config.objects)
            raise ConfigError(
                "--objects", got=repr(name), expected="an object of the config", hint=nearest_hint(name, known)
            )


def _check_rows(config: Config, grouping: Grouping, fields: Mapping[str, Mapping[str, str]]) -> None:
    if config.rows == EVENTS:
        return
    if config.rows not in fields:
        raise ConfigError(
            "row object",
            got=repr(config.rows),
            expected="'events' or an object of the config",
            where=config.where("rows"),
        )
    stored = replace(grouping, groups=tuple(entry for entry in grouping.groups if entry.name in fields))
    _, above = _below_rows(stored, config.rows)
    if above:
        raise ConfigError(
            "object above the rows",
            got=", ".join(above),
            expected=f"objects that hang on {config.rows}, and fields of {EVENTS}",
            where=config.where("objects", above[0]),
            hint=f"rows: {EVENTS}",
        )


def _expressions(rules: Rules) -> Iterable[tuple[str, Expression]]:
    for name, own in rules.objects.items():
        for expression in (own.select, own.order, *own.derived.values()):
            if expression is not None:
                yield name, expression
    if rules.select is not None:
        yield EVENTS, rules.select


def _add_reads(request: _Request, name: str, expression: Expression) -> None:
    """Read what an expression of an object names: its own fields first, then those of the event."""
    for owner, key in names(expression):
        if owner is None or owner == "lead":
            own = request.depth(name, key or "") if name in request.wanted else None
            if own is not None and (own > 0) == (name != EVENTS and _is_list(request, name)):
                request.need(name, key or "")
            elif owner is None and request.depth(EVENTS, key or "") == 0:
                request.need(EVENTS, key or "")
        elif key is None:
            _need_counts(request, owner)
        elif request.members(owner, key):
            request.need(owner, key)


def _is_list(request: _Request, name: str) -> bool:
    fields = request.wanted[name].fields
    if not fields:
        return name != EVENTS
    return any((request.depth(name, key) or 0) > 0 for key in fields)


def _need_counts(request: _Request, name: str) -> None:
    """Read any one field of an object that is only counted."""
    if name in request.wanted:
        return
    with suppress(ConfigError, InputError):
        found = group_by_config(request.source.branches, {name: Wanted()}, refused=request.source.refused).group(name)
        request.need(name, next(iter(found.members.values())).source)


def _stored(request: _Request, config: Config, grouping: Grouping, name: str) -> dict[str, str]:
    """Stored name of each field of an object by its name in the events, in stored order."""
    options = config.objects.get(name)
    members = grouping.group(name).members
    if options is None:
        return {}
    if options.fields is None:
        return {member: member for member in members}
    stored: dict[str, str] = {}
    for key, entry in options.fields.items():
        if entry.expr is not None:
            stored[key] = entry.name or key
            continue
        for member in [key] if key in members else request.members(name, key):
            stored[member] = (entry.name + member[len(key) :]) if entry.name else member
    return stored
