"""Grouping by a config: the branches an object asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import ConfigError, InputError, nearest_hint
from .branch import MAX_DEPTH, Branch
from .grouping import Group, Grouping, Member, flatten
from .link import ARROW
from .names import EVENTS, field_name, plain, plain_names

_KINDS = ("one number per entry", "a list", "a list of lists")


@dataclass(frozen=True)
class Wanted:
    """What a config asks for one object.

    Attributes:
        pattern: Its ``from``: a branch, or a prefix and ``*``. ``None`` takes what begins with the object's name.
        fields: Names of fields in order, as the branches call them; ``None`` takes all.
        parent: The object its lists of lists hang on, where it is named.
    """

    pattern: str | None = None
    fields: Sequence[str] | None = None
    parent: str | None = None


def group_by_config(
    branches: Mapping[str, Branch],
    wanted: Mapping[str, Wanted],
    *,
    refused: Mapping[str, str] | None = None,
    where: str = "objects",
) -> Grouping:
    """Group branches as a config asks; unequal counts show when the events are assembled.

    Args:
        branches: All branches, in the order of the file.
        wanted: What is asked for, by object, in stored order. ``events`` takes numbers by their whole names; without
            a list of fields all that no other object takes, counters excepted.
        refused: Branches that cannot be converted, with reasons.
        where: Config path of the objects, for errors.

    Returns:
        The objects asked for, parents first, fields in the order of their list and called as asked for. An object of
        lists of lists without a named parent hangs on the object asked for with the longest name that begins its
        own, else on one made for it, called by its name and ``_list``. What was left out of an object without a list
        of fields is told.

    Raises:
        ConfigError: a field or parent is unknown (the text has the nearest names), an object has no branches, or
            mixes numbers and lists.
        InputError: a field asked for cannot be converted; the text has the reason.
    """
    work = _Request(branches, wanted, refused or {}, where)
    groups = [work.group(name) for name in wanted]
    return Grouping(tuple(work.with_parents(groups)), tuple(work.told))


class _Request:
    def __init__(
        self, branches: Mapping[str, Branch], wanted: Mapping[str, Wanted], refused: Mapping[str, str], where: str
    ) -> None:
        self._branches = branches
        self._wanted = wanted
        self._refused = refused
        self._where = where
        self._flat, self.told = plain_names(name for name, branch in branches.items() if branch.owner is None)
        self._flat.update((name, plain(name)) for name, branch in branches.items() if branch.owner is not None)
        self._known_of: dict[str, dict[str, Branch]] = {}

    def group(self, name: str) -> Group:
        """Return one object, its parent not yet looked at."""
        ask = self._wanted[name]
        if ask.fields is None:
            members = self._all_of(name)
        else:
            members = {}
            for field in ask.fields:
                members.update(self._named(name, field))
        found = [member.branch for member in members.values()]
        depths = {branch.depth for branch in found} or {0 if name == EVENTS else 1}
        if len(depths) > 1:
            raise self._mixed(name, found)
        parent = None if ask.parent == EVENTS else ask.parent
        return Group(name, parent, depths.pop(), members, ask.pattern)

    def _known(self, name: str) -> dict[str, Branch]:
        """Return the branches an object could take, by field."""
        if name in self._known_of:
            return self._known_of[name]
        pattern = self._wanted[name].pattern
        found: dict[str, Branch] = {}
        owned = pattern is None and any(branch.owner and branch.owner[0] == name for branch in self._branches.values())
        for branch, flat in self._flat.items():
            owner = self._branches[branch].owner
            if owner is None:
                field = None if owned else field_name(name, pattern, branch, flat)
            elif pattern is None:
                field = owner[1] if owner[0] == name else None
            else:  # fields of a link are no one else's
                field = None if ARROW in branch else field_name(name, pattern, branch, flat)
            if field is not None and (name != EVENTS or pattern or self._branches[branch].depth == 0):
                found.setdefault(field, self._branches[branch])
        self._known_of[name] = found
        return found

    def _all_of(self, name: str) -> dict[str, Member]:
        """Return the fields of an object that lists none."""
        counters = self._counters()
        chosen = {
            field: branch
            for field, branch in self._known(name).items()
            if branch.name not in counters and not self._is_of_another(name, branch.name)
        }
        if not chosen and name != EVENTS:
            raise ConfigError(
                "object",
                got=f"{name!r}, for which there is no branch",
                expected="branches " + (self._wanted[name].pattern or f"{name}_* or {name}.*"),
                where=f"{self._where}.{name}",
                hint=nearest_hint(name, self._prefixes(), otherwise="from: PATTERN"),
            )
        nested = [branch.name for branch in chosen.values() if branch.depth == MAX_DEPTH]
        if nested and any(branch.depth == 1 for branch in chosen.values()):
            self.told.append(f"left out of {name}, lists of lists are objects of their own: {', '.join(nested)}")
            chosen = {field: branch for field, branch in chosen.items() if branch.depth != MAX_DEPTH}
        return {key: member for field, branch in chosen.items() for key, member in flatten(branch, field).items()}

    def _is_of_another(self, name: str, branch: str) -> bool:
        """True where another object has the longer name, or takes what else would be a field of events."""
        if self._branches[branch].owner is not None and self._wanted[name].pattern is None:
            return False
        for other, ask in self._wanted.items():
            if other in (name, EVENTS):
                continue
            field = field_name(other, ask.pattern, branch, self._flat[branch])
            if field is None:
                continue
            if name == EVENTS:
                if ask.fields is None or field in ask.fields:
                    return True
            elif ask.pattern is None and len(other) > len(name):
                return True
        return False

    def _named(self, name: str, field: str) -> dict[str, Member]:
        """Return the fields that one name stands for: one, or all values of a fixed-size branch."""
        known = self._known(name)
        branch = known.get(field) or known.get(plain(field))
        if branch is not None:
            return flatten(branch, field)
        for key, other in known.items():
            if other.shape and field.startswith(f"{key}_"):
                member = flatten(other, key).get(field)
                if member is not None:
                    return {field: member}
        raise self._unknown(name, field, known)

    def _unknown(self, name: str, field: str, known: Mapping[str, Branch]) -> ConfigError | InputError:
        where = f"{self._where}.{name}.fields.{field}"
        pattern = self._wanted[name].pattern
        for refused, reason in self._refused.items():
            if field_name(name, pattern, refused, plain(refused)) in (field, plain(field)):
                got = f"{field!r}, branch {refused}: {reason}"
                return InputError("field", got=got, expected="a branch that can be converted", where=where)
        if name == EVENTS:
            lists = [self._branches[branch] for branch, flat in self._flat.items() if flat == plain(field)]
            if lists:
                kind = _KINDS[lists[0].depth]
                return ConfigError("field", got=f"{field!r}, {kind}", expected="one number per entry", where=where)
        if not known:
            expected = "a branch " + (pattern or f"{name}_* or {name}.*")
            hint = nearest_hint(name, self._prefixes())
            return ConfigError("field", got=repr(field), expected=expected, where=where, hint=hint)
        hint = nearest_hint(field, known, otherwise=", ".join(list(known)[:10]))
        return ConfigError("field", got=repr(field), expected=f"a field of {name}", where=where, hint=hint)

    def _mixed(self, name: str, found: Sequence[Branch]) -> ConfigError:
        other = next(branch for branch in found if branch.depth != found[0].depth)
        got = [f"{branch.name}, {_KINDS[branch.depth]}" for branch in (found[0], other)]
        return ConfigError(
            f"fields of {name}",
            got=" and ".join(got),
            expected="all numbers or all lists of one depth",
            where=f"{self._where}.{name}",
            hint="a fields: list with one kind, and an object of its own for the other",
        )

    def with_parents(self, groups: Sequence[Group]) -> list[Group]:
        """Check the parents named, find those that are not, and put parents first."""
        lists = [entry.name for entry in groups if entry.depth == 1]
        made: list[Group] = []
        result: list[Group] = []
        for entry in groups:
            where = f"{self._where}.{entry.name}.parent"
            parent = entry.parent
            if entry.depth < MAX_DEPTH:
                if parent is not None:
                    got = f"{parent!r} of {entry.name}, whose fields are not lists of lists"
                    rule = "one list for each entry of the parent"
                    raise ConfigError("parent", got=got, expected=rule, where=where)
            elif parent is None:
                parent = max((name for name in lists if entry.name.startswith(f"{name}_")), key=len, default=None)
                if parent is None:
                    parent = f"{entry.name}_list"
                    made.append(Group(parent, None, 1, {}))
            elif parent not in lists:
                hint = nearest_hint(parent, lists, otherwise=" or ".join(lists[:3]) or None)
                raise ConfigError("parent", got=repr(parent), expected="an object of lists", where=where, hint=hint)
            result.append(replace(entry, parent=parent))
        return sorted([*result, *made], key=lambda entry: entry.depth == MAX_DEPTH)

    def _prefixes(self) -> list[str]:
        """Names that objects could have: prefixes that branches share, and branches."""
        seen: dict[str, int] = {}
        for flat in self._flat.values():
            for position, letter in enumerate(flat):
                if letter == "_" and position:
                    seen[flat[:position]] = seen.get(flat[:position], 0) + 1
        return [name for name, times in seen.items() if times > 1] + list(self._flat.values())

    def _counters(self) -> set[str]:
        """Branches that count others, by their names."""
        lists = {flat for name, flat in self._flat.items() if self._branches[name].depth > 0}
        owners = lists | {flat[:at] for flat in lists for at, letter in enumerate(flat) if letter == "_"}
        split = {branch.lists[0] for branch in self._branches.values() if branch.lists}
        return {
            name
            for name, flat in self._flat.items()
            if self._branches[name].depth == 0
            and self._branches[name].is_integer
            and (
                (flat[:1] in ("n", "N") and flat[1:] in owners)
                or (flat.endswith("_size") and flat.removesuffix("_size") in owners)  # Delphes
                or name in split
            )
        }
