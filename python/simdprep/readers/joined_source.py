"""JoinedSource: an input together with the branches of its friends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .branch import Branch
from .friend import Friend, Integers, Keys, joined_stamp
from .leaf import Leaf
from .link_rows import numbers
from .source import Source

#: Opens a file and tree.
Opener = Callable[[str, str | None], Source]


class JoinedSource(Source):
    """Another source, and the branches of friends that it does not have itself.

    Args:
        base: What is read; closed with this one, as the friends are.
        friends: The friends.
        opened: Opens their trees.

    Raises:
        InputError: a friend cannot be read, has no such index, or (without one) another number of entries.
    """

    def __init__(self, base: Source, friends: Sequence[Friend], opened: Opener) -> None:
        super().__init__(base.path, base.tree, base.num_entries)
        self._base = base
        self.kind = base.kind
        self.other_trees, self.refused, self.told = base.other_trees, dict(base.refused), list(base.told)
        self.missing_lists = base.missing_lists
        self.grouping, self.rows, self.pads = base.grouping, base.rows, base.pads
        self.branches = dict(base.branches)
        self.bookkeeping = base.bookkeeping
        every = {**base.branches, **base.bookkeeping}
        self._leaves = {name: Leaf(branch, name) for name, branch in every.items()}
        self._friends: list[_Friend] = []
        self._of: dict[str, tuple[_Friend, str]] = {}
        try:
            for friend in friends:
                found = _Friend(friend, base, opened(friend.path(base.path), friend.tree))
                self._friends.append(found)
                self._present(found)
        except BaseException:
            for entry in self._friends:
                entry.source.close()
            raise

    def _present(self, friend: _Friend) -> None:
        prefix, theirs = friend.wanted.prefix, friend.source.branches
        shown = {name: f"{prefix}{name}" for name in theirs if f"{prefix}{name}" not in self.branches}
        for own, name in shown.items():
            branch = theirs[own]
            lists = tuple(f"{friend.source.where}/{place}" for place in branch.lists)
            counter = shown.get(branch.counter or "")
            self.branches[name] = replace(branch, name=name, counter=counter, lists=lists, owner=None)
            self._leaves[name] = Leaf(self.branches[name], name)
            self._of[name] = (friend, own)
        for own, reason in friend.source.refused.items():
            self.refused.setdefault(f"{prefix}{own}", reason)
        hidden = [name for name in theirs if name not in shown and name not in friend.wanted.index]
        left = f"; left out, the input has them: {', '.join(hidden)}" if hidden else ""
        self.told.append(f"joined, {friend.wanted}{left}")

    @property
    def identity(self) -> dict[str, Any]:
        """That of the source that is read, with those of its friends."""
        return {**self._base.identity, "friends": [friend.source.identity for friend in self._friends]}

    @property
    def stamp(self) -> tuple[str, int]:
        """That of the source that is read, with those of its friends."""
        stamp, size = self._base.stamp
        return joined_stamp(stamp, [friend.source.stamp for friend in self._friends]), size

    def close(self) -> None:
        """Close all files."""
        self._base.close()
        for friend in self._friends:
            friend.source.close()

    def _split(self, leaves: Iterable[Leaf]) -> tuple[list[str], dict[int, dict[str, str]]]:
        """Names of the base, and by friend those presented with those of the friend."""
        own: list[str] = []
        others: dict[int, dict[str, str]] = {}
        for leaf in leaves:
            name = leaf.branch.name
            if name in self._of:
                friend, theirs = self._of[name]
                others.setdefault(self._friends.index(friend), {})[name] = theirs
            else:
                own.append(name)
        return own, others

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        own, others = self._split(leaves)
        needed = [name for number in others for name in self._friends[number].index_names]
        arrays = self._base.read([*own, *needed], start, stop)
        found: dict[str, Any] = dict(arrays)
        for number, names in others.items():
            values = self._friends[number].read(list(names.values()), arrays, start, stop)
            found.update((name, values[theirs]) for name, theirs in names.items())
        return found

    def _take(self, array: Any, leaf: Leaf, start: int, stop: int) -> ak.Array:
        # What the base has read is in the canonical layout already.
        return array if leaf.branch.name not in self._of else super()._take(array, leaf, start, stop)

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        own, others = self._split(leaves)
        layouts = [self._base.layout(own)] if own else []
        layouts += [self._friends[number].source.layout(names.values()) for number, names in others.items()]
        # Entries of a friend may lie anywhere: only the borders of the input itself mean anything.
        borders = layouts[0][1] if own else np.empty(0, np.int64)
        return sum(size for size, _ in layouts), borders


class _Friend:
    """One friend, open."""

    def __init__(self, wanted: Friend, base: Source, source: Source) -> None:
        self.wanted = wanted
        self.source = source
        self._base = base
        self._keys: Keys | None = None
        try:
            if wanted.index:
                self.index_names = [self._index_name(name) for name in wanted.index]
            else:
                self.index_names = []
                self._check_entries()
        except BaseException:
            source.close()
            raise

    def _index_name(self, name: str) -> str:
        for source in (self._base, self.source):
            branch = source.branches.get(name)
            if branch is None or not _is_index(branch):
                got = "none" if branch is None else branch.type
                rule = "one integer for each entry, in the input and in its friend"
                raise InputError(f"index {name} of a friend", got=got, expected=rule, where=source.where)
        return name

    def _check_entries(self) -> None:
        one, other = self._base.num_entries, self.source.num_entries
        if one != other:
            lacking = f"entry {min(one, other)} is in {'the input' if one > other else 'the friend'} alone"
            raise InputError(
                "entries of a friend",
                got=f"{other}",
                expected=f"{one} as {self._base.where}: {lacking}",
                where=self.source.where,
                hint="index: [BRANCHES] that tell which entry belongs to which",
            )

    def read(self, names: Sequence[str], arrays: Mapping[str, ak.Array], start: int, stop: int) -> dict[str, ak.Array]:
        """Return the values that belong to the entries ``start:stop`` of the input, whose index is in ``arrays``."""
        if not self.wanted.index:
            return self.source.read(names, start, stop)
        wanted = [_whole_numbers(arrays[name], name, self._base, start) for name in self.index_names]
        entries = self._known().find(wanted)
        lost = np.flatnonzero(entries < 0)
        if len(lost):
            values = [int(column[lost[0]]) for column in wanted]
            raise InputError(
                "friend",
                got=f"no entry with {self._named(values)}",
                expected=f"one for each of {self._base.where}: entry {start + int(lost[0])} has none",
                where=self.source.where,
            )
        return self._gather(names, entries)

    def _known(self) -> Keys:
        if self._keys is None:
            steps = self.source.steps(self.index_names)
            pieces = [(first, self.source.read(self.index_names, first, last)) for first, last in steps]
            columns = []
            for name in self.index_names:
                own = [_whole_numbers(piece[name], name, self.source, first) for first, piece in pieces]
                columns.append(np.concatenate(own or [np.empty(0, np.int64)]))
            self._keys = Keys(columns)
            if self._keys.twice is not None:
                one, other = self._keys.twice
                got = f"{self._named([int(column[one]) for column in columns])} in the entries {one} and {other}"
                raise InputError("friend", got=got, expected="one entry of each", where=self.source.where)
        return self._keys

    def _named(self, values: Sequence[int]) -> str:
        return ", ".join(f"{name} {value}" for name, value in zip(self.index_names, values, strict=True))

    def _gather(self, names: Sequence[str], entries: Integers) -> dict[str, ak.Array]:
        """Read entries in any order: step by step what lies between the first and the last of them."""
        first, last = int(entries.min()), int(entries.max()) + 1
        if np.array_equal(entries, np.arange(first, last)):
            return self.source.read(names, first, last)
        found: list[dict[str, ak.Array]] = []
        places: list[Integers] = []
        for start, stop in self.source.steps(names, start=first, stop=last):
            inside = np.flatnonzero((entries >= start) & (entries < stop))
            if len(inside):
                arrays = self.source.read(names, start, stop)
                found.append({name: array[entries[inside] - start] for name, array in arrays.items()})
                places.append(inside)
        order = np.argsort(np.concatenate(places), kind="stable")
        return {name: ak.concatenate([piece[name] for piece in found])[order] for name in names}


def _is_index(branch: Branch) -> bool:
    return branch.depth == 0 and branch.is_integer and not branch.shape


def _whole_numbers(array: ak.Array, name: str, source: Source, start: int) -> Integers:
    """Return the values of an index. Tables of pandas and pyarrow say that some may be missing, and have them all."""
    missing = np.flatnonzero(ak.to_numpy(ak.is_none(array)))
    if len(missing):
        got = f"a missing value in entry {start + int(missing[0])}"
        raise InputError(f"index {name} of a friend", got=got, expected="one for each entry", where=source.where)
    return numbers(array)
