"""Grouping: which branches form which object, without a config.

The rules are those of the interfaces (a)-(h). What they leave open is read so:

* Names are compared in their plain form, so ``_`` and ``.`` are one separator.
* A counter makes an object of the branches that begin with its name and have its counts. Of several counters that
  fit, the one of the shortest name wins. ``nX`` beside a jagged branch ``X`` counts that branch alone (files written by
  uproot have one per branch) and makes no object of ``X_*``.
* Without a counter, branches form an object where all that begin with a common prefix have equal counts; it is
  called by the longest prefix they share, and members of one struct by the struct. Where counts under a prefix
  differ, those of the branches directly under it (nothing but a field after the prefix) decide: the larger part
  keeps the name and draws in what has equal counts deeper down; the rest is grouped among itself.
* Equal counts that are all zero are no evidence: such branches are joined by a struct, or by a branch directly under
  their prefix, only.
* Lists of lists hang on the object that has their outer counts and the longest name that begins theirs. Where there is
  none, an object without fields is made for the outer level: called by the prefix that several share, else by the
  name of the inner object with ``_list``.

Equal is what is equal in the first entries that the counts are taken of. Counts that differ later are an error when
the events are assembled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from ..errors import InputError, nearest_hint
from .branch import Branch
from .link import Link
from .names import EVENTS

#: Gives the counts of a branch over the first entries of the inputs: ``counts(name, level)``, level 0 per entry,
#: level 1 of the inner lists, flat; for an integer branch without lists level 0 gives its values.
CountsOf = Callable[[str, int], NDArray[Any]]


@dataclass(frozen=True)
class Member:
    """One field of an object.

    Attributes:
        branch: The branch it is read from.
        slot: Which value of a fixed-size branch, one index per dimension; ``()`` for plain branches.
        source: What the field is called in the input, before any renaming: what a config names.
    """

    branch: Branch
    slot: tuple[int, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Group:
    """One object: the branches that make it, and where it hangs.

    Attributes:
        name: Name of the object.
        parent: The object its lists hang on; ``None`` where that is the entry.
        depth: Levels of lists: 0 for one entry per event, 1 a list, 2 a list for each item of the parent.
        members: Its fields in order; empty for ``events`` of a tree without scalars, and for an object that only
            carries the outer lengths of those that hang on it.
        pattern: The ``from`` that a config needs to take the same branches; ``None`` where the name says it.
        link: What the object was made by, where its entries are those of another collection.
    """

    name: str
    parent: str | None
    depth: int
    members: Mapping[str, Member]
    pattern: str | None = None
    link: Link | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", MappingProxyType(dict(self.members)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle it by its values: a view of a mapping cannot be."""
        return Group, (self.name, self.parent, self.depth, dict(self.members), self.pattern, self.link)


@dataclass(frozen=True)
class Grouping:
    """All objects of an input.

    Attributes:
        groups: The objects; ``events`` first, parents before what hangs on them.
        told: What was done that was not asked for, one line each.
        counters: Branches that are not stored because they count an object, by name, with that object.
    """

    groups: tuple[Group, ...]
    told: tuple[str, ...] = ()
    counters: Mapping[str, str] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        """Return the object called ``name``.

        Raises:
            InputError: there is none; the text has the nearest names.
        """
        for entry in self.groups:
            if entry.name == name:
                return entry
        names = [entry.name for entry in self.groups]
        hint = nearest_hint(name, names, otherwise=", ".join(names[:10]))
        raise InputError("object", got=repr(name), expected="an object of the input", hint=hint)

    @property
    def branch_names(self) -> tuple[str, ...]:
        """The branches to read, each once, in the order of the objects."""
        names = [member.branch.name for entry in self.groups for member in entry.members.values()]
        return tuple(dict.fromkeys(names))

    def joined(self, other: Grouping) -> Grouping:
        """Return the objects of both; those of one name and depth are one object with the fields of both."""
        groups = {entry.name: entry for entry in self.groups}
        for entry in other.groups:
            known = groups.get(entry.name)
            if known is None:
                groups[entry.name] = entry
            elif (known.depth, known.parent) == (entry.depth, entry.parent):
                groups[entry.name] = replace(known, members={**entry.members, **known.members})
        told = (*self.told, *other.told)
        found = sorted(groups.values(), key=lambda entry: (entry.name != EVENTS, entry.depth))
        return Grouping(tuple(found), told, {**self.counters, **other.counters})

    def only(self, names: Iterable[str]) -> Grouping:
        """Return the grouping of some objects and the parents they hang on; ``events`` only if it is named.

        Raises:
            InputError: an object is unknown; the text has the nearest names.
        """
        kept: set[str] = set()
        for name in names:
            entry: Group | None = self.group(name)
            while entry is not None:
                kept.add(entry.name)
                entry = self.group(entry.parent) if entry.parent else None
        return Grouping(tuple(entry for entry in self.groups if entry.name in kept), self.told, self.counters)


def flatten(branch: Branch, field: str) -> dict[str, Member]:
    """Return the fields a branch becomes: itself, or of a fixed-size one ``v_0``, ``v_1`` and so on."""
    if not branch.shape:
        return {field: Member(branch, (), field)}
    slots = product(*(range(size) for size in branch.shape))
    named = (("_".join([field, *(str(index) for index in slot)]), slot) for slot in slots)
    return {name: Member(branch, slot, name) for name, slot in named}
