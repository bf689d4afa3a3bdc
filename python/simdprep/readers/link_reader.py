"""LinkReader: the lists that one link makes, from the branches of a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import awkward as ak
import numpy as np
from awkward import contents
from awkward.index import Index64

from ..errors import InputError, nearest_hint
from .branch import Branch
from .friend import Keys
from .link import ARROW, Link
from .link_keys import NO_KEY, container_names, keys_of
from .link_rows import Integers, LinkRows, entry_of, numbers, rows_of_pairs
from .names import container_of, field_name, plain
from .source import Source

_KEY, _POSITION = "_m_persKey", "_m_persIndex"

#: A position that no list has.
_NOWHERE = np.iinfo(np.int64).max

Arrays = Mapping[str, ak.Array]


@dataclass(frozen=True)
class _Collection:
    """The lists of one collection, by field: plain ones, and lists of lists."""

    plain: dict[str, Branch]
    nested: dict[str, Branch]

    @property
    def outline(self) -> Branch:
        """Some branch that has its multiplicities."""
        return next(iter(self.plain.values()))


@dataclass(frozen=True)
class _Index:
    """One index of a link: its branch, and for an ElementLink that of its keys."""

    branch: Branch
    key: Branch | None = None


class LinkReader:
    """Reads one link of one source.

    Args:
        link: The link.
        base: The source, whose branches are checked.

    Attributes:
        link: As given.
        needed: Branches that say which entries belong together.

    Raises:
        InputError: a branch that the link names is not there, or is no index.
    """

    def __init__(self, link: Link, base: Source) -> None:
        self.link = link
        self._base = base
        self._where = f"{base.where}/{link.name}"
        parents = self._collection(link.parent, link.parent_pattern, "parent of a link")
        self._targets = [self._collection(*_name_and_pattern(name), "target of a link") for name in link.of]
        self._table = (
            None if link.table is None else self._collection(*_name_and_pattern(link.table), "table of a link")
        )
        self._by = [self._value(name, link.by) for name in link.of] if link.by is not None else []
        items = self._table or self._targets[0]  # what names a parent
        self._parent_index = None if link.parent_index is None else self._index(items, link.parent_index).branch
        self._indices = [self._index(self._table or parents, name) for name in link.index]
        counter = parents.outline.counter
        self._outline = base.branches.get(counter or "", parents.outline)
        self._own_keys = [frozenset({key}) for key in link.keys] or [keys_of(_container(name)) for name in link.of]
        self.needed = self._names()

    def branches(self) -> list[tuple[Branch, tuple[str, ...]]]:
        """Return what is presented, each with the branches of the source that its values come from."""
        used = {
            self._parent_index,
            *(index.branch for index in self._indices),
            *(index.key for index in self._indices),
        }
        fields: dict[str, tuple[str, ...]] = {}
        for field, branch in self._targets[0].plain.items():
            others = [target.plain.get(field) for target in self._targets[1:]]
            if branch not in used and all(other is not None and _alike(branch, other) for other in others):
                fields[field] = (branch.name, *(other.name for other in others if other is not None))
        for field, branch in self._table.plain.items() if self._table is not None else ():
            if branch not in used:
                fields[f"link_{field}" if field in fields else field] = (branch.name,)
        return [(self._presented(field, names), names) for field, names in fields.items()]

    def _presented(self, field: str, sources: tuple[str, ...]) -> Branch:
        like = self._base.branches[sources[0]]
        optional = any(self._base.branches[name].optional for name in sources)
        name = f"{self.link.name}{ARROW}{field}"
        lists = (f"{self.link.name}{ARROW}", name)
        owner = (self.link.name, field)
        return replace(like, name=name, depth=2, counter=None, lists=lists, owner=owner, optional=optional)

    def rows(self, arrays: Arrays, lost: Counter[str], start: int) -> LinkRows:
        """Return which entries each parent has; ``lost`` counts what leads nowhere."""
        outer = self._outer(arrays)
        targets = [self._offsets(arrays, target.outline) for target in self._targets]
        if self._parent_index is None:
            found = self._rows_of_parents(arrays, outer, targets, lost, start)
        else:
            found = self._rows_of_items(arrays, self._parent_index, outer, targets[0], start)
        nowhere = "to no entry" if self._by else "beyond the end"
        for reason, number in (("null", found.null), (nowhere, found.outside)):
            if number:
                lost[f"{self.link.name}: {reason}"] += number
        return found

    def _rows_of_items(
        self, arrays: Arrays, parent_index: Branch, outer: Integers, target: Integers, start: int
    ) -> LinkRows:
        """The items say which parent they belong to, and where they are pairs which target they mean."""
        offsets = self._offsets(arrays, parent_index)
        entries = entry_of(offsets)
        if self._indices:
            index = self._indices[0].branch
            self._check(parent_index, offsets, index, self._offsets(arrays, index), start)
            targets = numbers(arrays[index.name])
        else:
            targets = np.arange(len(entries)) - target[entries]
        parents = numbers(arrays[parent_index.name])
        return rows_of_pairs(outer, entries, parents, target[entries], np.diff(target)[entries], targets)

    def _rows_of_parents(
        self, arrays: Arrays, outer: Integers, targets: Sequence[Integers], lost: Counter[str], start: int
    ) -> LinkRows:
        """The parents say which targets they mean."""
        values, keys, parents = [], [], []
        for index in self._indices:
            self._check(self._outline, outer, index.branch, self._offsets(arrays, index.branch), start)
            values.append(numbers(arrays[index.branch.name]))
            keys.append(numbers(arrays[index.key.name]) if index.key is not None else np.zeros(0, np.int64))
            if index.branch.depth == 2:
                layout: Any = arrays[index.branch.name].layout
                parents.append(entry_of(layout.content.offsets.data))
            else:
                parents.append(np.arange(len(values[-1]), dtype=np.int64))
        wanted, rows, key = np.concatenate(values), np.concatenate(parents), np.concatenate(keys)
        order = np.argsort(rows, kind="stable")  # of several branches, the first comes first
        wanted, rows = wanted[order], rows[order]
        entries = entry_of(outer)[rows]
        which = np.zeros(len(wanted), np.int64)
        if len(key):
            key = key[order]
            wanted = np.where(key == NO_KEY, -1, wanted)
            which = self._which(np.where(wanted < 0, NO_KEY, key), lost, start)
            wanted = np.where(which < 0, -1, wanted)
        if self._by:
            which, wanted = self._positions(arrays, targets, entries, wanted, start)
        base = np.concatenate(([0], np.cumsum([offsets[-1] for offsets in targets])))[:-1]
        starts = np.stack([offsets[:-1] + first for offsets, first in zip(targets, base, strict=True)])
        counts = np.stack([np.diff(offsets) for offsets in targets])
        chosen = np.maximum(which, 0)
        found = rows_of_pairs(
            outer, entries, rows - outer[entries], starts[chosen, entries], counts[chosen, entries], wanted
        )
        elsewhere = int((which < 0).sum())
        return replace(found, null=found.null - elsewhere)

    def _positions(
        self, arrays: Arrays, targets: Sequence[Integers], entries: Integers, values: Integers, start: int
    ) -> tuple[Integers, Integers]:
        """Return for values of links which target has an entry of that value, and its position there."""
        which, positions = np.zeros(len(values), np.int64), np.where(values > 0, _NOWHERE, -1)
        for number, (branch, offsets) in enumerate(zip(self._by, targets, strict=True)):
            self._check(self._targets[number].outline, offsets, branch, self._offsets(arrays, branch), start)
            own, within = numbers(arrays[branch.name]), entry_of(offsets)
            there = np.flatnonzero(own > 0)  # what nothing refers to has no id
            known = Keys([within[there], own[there]])
            if known.twice is not None:
                one = there[known.twice[0]]
                got = f"{own[one]} twice in entry {start + int(within[one])}"
                raise InputError(
                    f"{branch.name}, by which a link goes", got=got, expected="distinct values", where=self._where
                )
            found = known.find([entries, values])
            hits = np.flatnonzero((found >= 0) & (positions == _NOWHERE))
            which[hits] = number
            positions[hits] = there[found[hits]] - offsets[entries[hits]]
        return which, positions

    def _which(self, keys: Integers, lost: Counter[str], start: int) -> Integers:
        """Return which target each key is of, -1 for none of them; null ones count as the first's."""
        which = np.where(keys == NO_KEY, 0, -1)
        for position, own in enumerate(self._own_keys):
            which[np.isin(keys, list(own))] = position
        foreign = keys[which < 0]
        if len(foreign):
            if self.link.elsewhere == "error":
                raise self._elsewhere(keys[keys != NO_KEY], start)
            lost[f"{self.link.name}: to another container"] += len(foreign)
        return which

    def _elsewhere(self, keys: Integers, start: int) -> InputError:
        found, times = np.unique(keys, return_counts=True)
        containers = {container_of(name).partition(".")[0] for name in self._base.branches}
        known = container_names(found.tolist(), sorted(containers))
        named = [known.get(key, f"key {key}") for key in found.tolist()]
        shown = " and ".join(f"{number} to {name}" for name, number in zip(named, times.tolist(), strict=True))
        choice = ", ".join(name for name in named if name in containers)
        unknown = all(name in self.link.of or name not in containers for name in named)
        return InputError(
            f"links of {self.link.name}",
            got=shown,
            expected=f"links to {' and '.join(self.link.of)}",
            where=f"{self._where}, from entry {start}",
            hint="elsewhere: drop, or keys: of the container meant"
            if unknown
            else f"of: [{choice}], or elsewhere: drop",
        )

    def values(self, arrays: Arrays, rows: LinkRows, sources: Sequence[str], start: int) -> ak.Array:
        """Return the values of one field: lists of lists."""
        branches = [self._base.branches[name] for name in sources]
        is_own = self._table is not None and branches[0] in self._table.plain.values()
        outlines = [self._table.outline] if self._table is not None and is_own else [t.outline for t in self._targets]
        for outline, branch in zip(outlines, branches, strict=True):
            self._check(outline, self._offsets(arrays, outline), branch, self._offsets(arrays, branch), start)
        layouts: list[Any] = [arrays[name].layout for name in sources]
        parts = [ak.Array(layout.content) for layout in layouts]
        whole = parts[0] if len(parts) == 1 else ak.concatenate(parts)
        content = whole[rows.items if is_own else rows.targets]
        inner = contents.ListOffsetArray(Index64(rows.inner), content.layout)
        return ak.Array(contents.ListOffsetArray(Index64(rows.outer), inner))

    def _outer(self, arrays: Arrays) -> Integers:
        if self._outline.depth == 0:
            return np.concatenate(([0], np.cumsum(numbers(arrays[self._outline.name]))))
        return self._offsets(arrays, self._outline)

    @staticmethod
    def _offsets(arrays: Arrays, branch: Branch) -> Integers:
        layout: Any = arrays[branch.name].layout
        offsets: Integers = layout.offsets.data
        return offsets

    def _check(self, one: Branch, first: Integers, other: Branch, second: Integers, start: int) -> None:
        """Raise where two branches of one collection have unequal counts."""
        if first is second or np.array_equal(first, second):
            return
        counts = np.diff(first), np.diff(second)
        entry = int(np.flatnonzero(counts[0] != counts[1])[0])
        raise InputError(
            f"counts within the link {self.link.name}",
            got=f"{counts[0][entry]} of {one.name} and {counts[1][entry]} of {other.name} in entry {start + entry}",
            expected="as many of each",
            where=self._where,
        )

    def _names(self) -> tuple[str, ...]:
        names = [self._outline.name, *(target.outline.name for target in self._targets)]
        if self._parent_index is not None:
            names.append(self._parent_index.name)
        if self._table is not None:
            names.append(self._table.outline.name)
        names += [branch.name for branch in self._by]
        for index in self._indices:
            names += [index.branch.name] + ([] if index.key is None else [index.key.name])
        return tuple(dict.fromkeys(names))

    def _collection(self, name: str, pattern: str | None, what: str) -> _Collection:
        """Return the lists of a collection; at least one of them is no list of lists."""
        plains: dict[str, Branch] = {}
        nested: dict[str, Branch] = {}
        for key, branch in self._base.branches.items():
            if branch.owner is not None:
                field = branch.owner[1] if branch.owner[0] == name else None
            else:
                field = field_name(name, pattern, key, plain(key))
            if field is not None and branch.depth > 0:
                (plains if branch.depth == 1 else nested).setdefault(field, branch)
        if not plains:
            lists = [plain(key) for key, branch in self._base.branches.items() if branch.depth == 1]
            known = dict.fromkeys(text.partition("_")[0] for text in lists)
            got = repr(pattern or name)
            raise InputError(
                what, got=got, expected="lists of that name", where=self._where, hint=nearest_hint(name, known)
            )
        return _Collection(plains, nested)

    def _value(self, name: str, field: str) -> Branch:
        """Return the branch of a target whose values links name."""
        every = {**self._base.branches, **self._base.bookkeeping}
        own, pattern = _name_and_pattern(name)
        lists = {
            field_name(own, pattern, key, plain(key)): branch for key, branch in every.items() if branch.depth == 1
        }
        branch = lists.get(plain(field))
        if branch is None or not branch.is_integer or branch.shape:
            hint = nearest_hint(field, [key for key, entry in lists.items() if key and entry.is_integer])
            got = repr(field) if branch is None else f"{field!r}, {branch.type}"
            raise InputError("by of a link", got=got, expected="lists of integers", where=self._where, hint=hint)
        return branch

    def _index(self, holder: _Collection, name: str) -> _Index:
        """Return the branch of an index; of an ElementLink both its branches."""
        every, wanted = {**holder.nested, **holder.plain}, plain(name)
        position = every.get(wanted + _POSITION)
        if position is not None:
            return _Index(position, every.get(wanted + _KEY))
        branch = every.get(wanted)
        if branch is not None and branch.is_integer and not branch.shape:
            return _Index(branch)
        integers = [field for field, entry in every.items() if entry.is_integer]
        got = repr(name) if branch is None else f"{name!r}, {branch.type}"
        hint = nearest_hint(wanted, integers, otherwise=", ".join(integers[:8]) or None)
        raise InputError("index of a link", got=got, expected="lists of integers", where=self._where, hint=hint)


def _container(text: str) -> str:
    """Return the name of a container, from that or from the beginning of its branches."""
    return container_of(text.replace("*", "_")).partition(".")[0].rstrip("_")


def _name_and_pattern(text: str) -> tuple[str, str | None]:
    return (text, text if text.endswith("*") else None)


def _alike(one: Branch, other: Branch) -> bool:
    return (one.dtype, one.shape) == (other.dtype, other.shape)
