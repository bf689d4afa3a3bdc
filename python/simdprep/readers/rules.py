"""The rules by which branches form objects; :mod:`.grouping` says how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .branch import MAX_DEPTH, Branch
from .count_keys import CountKey, CountKeys
from .grouping import EVENTS, CountsOf, Group, Grouping, Member, flatten
from .names import RESERVED, container_of, plain, plain_names, several, unused
from .prefix_tree import Cluster, Item, clusters

_COUNTER = re.compile(r"[nN](.+)")


class Rules:
    """One grouping in the making.

    Args:
        branches: All branches, in the order of the file.
        counts: Where counts come from.
    """

    def __init__(self, branches: Mapping[str, Branch], counts: CountsOf) -> None:
        self._branches = {name: branch for name, branch in branches.items() if branch.depth <= MAX_DEPTH}
        self._keys = CountKeys(self._branches, counts)
        self._flat, self._told = plain_names(self._branches)
        self._told += [
            f"left out, lists nested {branch.depth} deep: {name}"
            for name, branch in branches.items()
            if branch.depth > MAX_DEPTH
        ]
        self._counters: dict[str, str] = {}

    def group(self) -> Grouping:
        """Return the objects."""
        lists = self._lists()
        parents = {entry.name: entry for entry in lists}
        nested = self._nested(list(parents.values()))
        self._drop_own_counters([*lists, *(entry for entry, _ in nested)])
        return self._named(lists, nested)

    def _lists(self) -> list[Cluster]:
        """Objects of plain lists: by counters, then by prefixes."""
        items = [self._item(name) for name, branch in self._branches.items() if branch.depth == 1]
        counted, rest = self._by_counter(items)
        taken = {entry.name for entry in counted}
        found = list(counted)
        for entry in clusters(rest):
            if entry.name in taken and len(entry.items) > 1:
                # The prefix belongs to the object with the counter.
                found += [Cluster(item.flat, [item], {item.name: "value"}) for item in entry.items]
            else:
                found.append(entry)
        self._tell_splits(found)
        return found

    def _tell_splits(self, objects: list[Cluster]) -> None:
        self._told += [
            f"{entry.name} was split, its branches have unequal counts: {several(entry.told)}"
            for entry in objects
            if entry.told
        ]

    def _item(self, name: str, *, levels: int = 1) -> Item:
        branch = self._branches[name]
        key = self._keys.of(name, levels - 1)
        place = branch.lists[levels - 1] if len(branch.lists) >= levels else name
        struct = plain(place) if place != name and not place.endswith(f"/{name}") else None
        flat = self._flat[name]
        if struct is not None and not flat.startswith(f"{struct}_"):
            struct = None
        head, dot, _ = container_of(name).partition(".")
        return Item(name, flat, key, struct, plain(head) if dot else None)

    def _by_counter(self, items: list[Item]) -> tuple[list[Cluster], list[Item]]:
        """Rule (a): the objects that have a counter, and the branches that no counter claims."""
        jagged = {self._flat[name] for name, branch in self._branches.items() if branch.depth > 0}
        counters: dict[str, str] = {}
        for name, branch in self._branches.items():
            match = _COUNTER.fullmatch(self._flat[name])
            if match and _is_counter(branch) and match[1] not in jagged:
                counters.setdefault(match[1], name)
        found: dict[str, Cluster] = {}
        rest: list[Item] = []
        unequal: dict[str, list[str]] = {}
        for item in items:
            fitting = [name for name in _prefixes(item.flat) if name in counters]
            owner = next((name for name in fitting if self._counts(counters[name], item)), None)
            if owner is None:
                rest.append(item)
                if fitting:
                    unequal.setdefault(counters[fitting[0]], []).append(item.name)
                continue
            cluster = found.setdefault(owner, Cluster(owner, [], {}))
            cluster.items.append(item)
            cluster.fields[item.name] = item.flat[len(owner) + 1 :]
            self._counters[counters[owner]] = owner
        for counter, names in unequal.items():
            if counter in self._counters:  # else the number is no counter at all
                self._told.append(f"{self._counters[counter]} was split, {counter} does not count {several(names)}")
        return list(found.values()), rest

    def _counts(self, counter: str, item: Item) -> bool:
        """True where a counter's values are the counts of a branch."""
        return self._branches[item.name].counter == counter or self._keys.of(counter) == item.key

    def _nested(self, parents: list[Cluster]) -> list[tuple[Cluster, str]]:
        """Rule (f): objects of lists of lists, each with the name of the object it hangs on."""
        by_parent: dict[str | None, list[str]] = {}
        outer = {name: self._item(name).key for name, branch in self._branches.items() if branch.depth == MAX_DEPTH}
        for name in outer:
            flat = self._flat[name]
            fitting = [
                entry.name
                for entry in parents
                if flat.startswith(f"{entry.name}_") and entry.items and entry.items[0].key == outer[name]
            ]
            by_parent.setdefault(max(fitting, key=len, default=None), []).append(name)
        found: list[tuple[Cluster, str]] = []
        for parent, names in by_parent.items():
            if parent is None:
                found += self._orphans(names, {entry.name for entry in parents})
            else:
                inner = [self._item(name, levels=2) for name in names]
                found += [(entry, parent) for entry in clusters(inner, f"{parent}_")]
        self._tell_splits([entry for entry, _ in found])
        return found

    def _orphans(self, names: list[str], taken: set[str]) -> list[tuple[Cluster, str]]:
        """Objects of lists of lists that hang on no object there is; their parents have no fields."""
        found: list[tuple[Cluster, str]] = []
        made: dict[str, CountKey] = {}
        for outer in clusters([self._item(name) for name in names]):
            inner = [self._item(item.name, levels=2) for item in outer.items]
            objects = clusters(inner)
            if len(objects) > 1:
                objects = clusters(inner, f"{outer.name}_")
            above = outer.name
            if objects[0].name == outer.name:  # the name is taken by the object itself: the container is above it
                above = inner[0].stem or above
            key = outer.items[0].key
            free = above not in taken and (above not in made or (key.evidence and made[above] == key))
            for entry in objects:
                if free and entry.name.startswith(f"{above}_"):
                    made[above] = key
                    found.append((entry, above))
                else:
                    found.append((entry, f"{entry.name}_list"))
        return found

    def _drop_own_counters(self, objects: list[Cluster]) -> None:
        """Note the counters of single branches, and the branches that stand for a split collection."""
        scalars = {self._flat[name]: name for name, branch in self._branches.items() if _is_counter(branch)}
        for entry in objects:
            for item in entry.items:
                branch = self._branches[item.name]
                for name in (scalars.get(f"n{item.flat}"), scalars.get(f"N{item.flat}")):
                    if name is not None and self._keys.of(name) == self._keys.of(item.name):
                        self._counters.setdefault(name, entry.name)
                place = branch.lists[0] if branch.lists else ""
                if place != item.name and place in self._branches and _is_counter(self._branches[place]):
                    self._counters.setdefault(place, entry.name)

    def _named(self, lists: list[Cluster], nested: list[tuple[Cluster, str]]) -> Grouping:
        """Give objects and fields their final names, which are unique and not reserved."""
        scalars = [name for name, branch in self._branches.items() if branch.depth == 0 and name not in self._counters]
        taken = {EVENTS}
        renamed: list[str] = []
        groups: list[Group] = []
        finals: dict[str, str] = {}

        def named(name: str) -> str:
            final = unused(name, taken)
            finals.setdefault(name, final)
            if final != name:
                renamed.append(f"{name} -> {final}")
            return final

        def add(entry: Cluster, parent: str | None, depth: int) -> None:
            final = named(entry.name)
            members = self._members(final, entry.fields, renamed)
            pattern = None
            if final != entry.name:
                alone = [item.flat for item in entry.items if item.flat == entry.name]
                pattern = alone[0] if alone else f"{entry.name}_*"
            groups.append(Group(final, parent, depth, members, pattern))

        for entry in lists:
            add(entry, None, 1)
        for parent in dict.fromkeys(parent for _, parent in nested):
            if parent not in finals:
                groups.append(Group(named(parent), None, 1, {}))
        for entry, parent in nested:
            add(entry, finals[parent], 2)
        fields = {name: self._flat[name] for name in scalars}
        events = Group(EVENTS, None, 0, self._members(EVENTS, fields, renamed, taken))
        if renamed:
            self._told.append(f"renamed, the name means something else or was taken: {several(renamed)}")
        return Grouping((events, *_ordered(groups, self._branches)), tuple(self._told), dict(self._counters))

    def _members(
        self, name: str, fields: Mapping[str, str], renamed: list[str], taken: Iterable[str] = ()
    ) -> dict[str, Member]:
        """Return the fields of an object, of which none is reserved or taken."""
        used = {*taken, *RESERVED}
        members: dict[str, Member] = {}
        for branch, source in fields.items():
            for wanted, member in flatten(self._branches[branch], source).items():
                chosen = unused(wanted, used)
                if chosen != wanted:
                    renamed.append(f"{name}.{wanted} -> {chosen}")
                members[chosen] = member
        return members


def _is_counter(branch: Branch) -> bool:
    return branch.depth == 0 and branch.is_integer and branch.shape == () and not branch.optional


def _prefixes(flat: str) -> list[str]:
    """Everything before a ``_`` that something follows, shortest first."""
    return [flat[:position] for position in range(1, len(flat) - 1) if flat[position] == "_"]


def _ordered(groups: list[Group], branches: Mapping[str, Branch]) -> list[Group]:
    """Objects in the order of their first branches, those with inner lists right behind their parent's siblings."""
    order = {name: position for position, name in enumerate(branches)}

    def first(entry: Group) -> int:
        holders = [entry] if entry.members else [child for child in groups if child.parent == entry.name]
        return min(order[member.branch.name] for holder in holders for member in holder.members.values())

    return sorted((entry for entry in groups if entry.depth == 1), key=first) + sorted(
        (entry for entry in groups if entry.depth == MAX_DEPTH), key=first
    )
