"""The rules by which branches form objects; :mod:`.grouping` says how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .branch import MAX_DEPTH, Branch
from .count_keys import CountKey, CountKeys
from .grouping import CountsOf, Group, Grouping, Member, flatten
from .names import EVENTS, RESERVED, container_of, plain, plain_names, unused
from .prefix_tree import Cluster, Item, clusters

_COUNTER = re.compile(r"[nN](.+)")


@dataclass(eq=False)
class _Draft:
    """An object in the making: its branches, and the object it hangs on."""

    cluster: Cluster
    parent: _Draft | None = None
    name: str = ""

    @property
    def depth(self) -> int:
        """Levels of lists."""
        return 1 if self.parent is None else 2


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
        drafts = [_Draft(cluster) for cluster in self._lists()]
        nested = self._nested(drafts)
        above = [draft.parent for draft in nested if draft.parent is not None]
        drafts += [draft for draft in dict.fromkeys(above) if draft not in drafts]
        drafts += nested
        for draft in drafts:
            if draft.cluster.told:
                names = ", ".join(draft.cluster.told)
                self._told.append(f"{draft.cluster.name} was split, its branches have unequal counts: {names}")
        self._find_own_counters(drafts)
        return self._named(drafts)

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
        return found

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
                self._told.append(f"{self._counters[counter]} was split, {counter} does not count {', '.join(names)}")
        return list(found.values()), rest

    def _counts(self, counter: str, item: Item) -> bool:
        """True where a counter's values are the counts of a branch."""
        return self._branches[item.name].counter == counter or self._keys.of(counter) == item.key

    def _nested(self, drafts: Sequence[_Draft]) -> list[_Draft]:
        """Rule (f): the objects of lists of lists."""
        outer = {name: self._item(name) for name, branch in self._branches.items() if branch.depth == MAX_DEPTH}
        by_parent: dict[_Draft | None, list[str]] = {}
        for name, item in outer.items():
            fitting = [
                draft
                for draft in drafts
                if item.flat.startswith(f"{draft.cluster.name}_") and draft.cluster.items[0].key == item.key
            ]
            parent = max(fitting, key=lambda draft: len(draft.cluster.name), default=None)
            by_parent.setdefault(parent, []).append(name)
        found: list[_Draft] = []
        for parent, names in by_parent.items():
            if parent is None:
                found += self._orphans([outer[name] for name in names], {draft.cluster.name for draft in drafts})
            else:
                inner = [self._item(name, levels=2) for name in names]
                found += [_Draft(cluster, parent) for cluster in clusters(inner, f"{parent.cluster.name}_")]
        return found

    def _orphans(self, items: list[Item], taken: set[str]) -> list[_Draft]:
        """Objects of lists of lists that hang on no object there is; their parents have no fields."""
        found: list[_Draft] = []
        made: dict[str, tuple[CountKey, _Draft]] = {}
        for outer in clusters(items):
            inner = [self._item(item.name, levels=2) for item in outer.items]
            objects = clusters(inner)
            if len(objects) > 1:
                objects = clusters(inner, f"{outer.name}_")
            above = outer.name
            if objects[0].name == above:  # the name is taken by the object itself: the container is above it
                above = inner[0].stem or above
            key = outer.items[0].key
            free = above not in taken and (above not in made or (key.evidence and made[above][0] == key))
            for entry in objects:
                if free and entry.name.startswith(f"{above}_"):
                    _, parent = made.setdefault(above, (key, _Draft(Cluster(above, [], {}))))
                else:
                    parent = _Draft(Cluster(f"{entry.name}_list", [], {}))
                found.append(_Draft(entry, parent))
        return found

    def _find_own_counters(self, drafts: Sequence[_Draft]) -> None:
        """Note the counters of single branches, and the branches that stand for a split collection."""
        scalars = {self._flat[name]: name for name, branch in self._branches.items() if _is_counter(branch)}
        for draft in drafts:
            size = scalars.get(f"{draft.cluster.name}_size")  # Delphes
            if size is not None and draft.depth == 1 and self._keys.of(size) == draft.cluster.items[0].key:
                self._counters.setdefault(size, draft.cluster.name)
            for item in draft.cluster.items:
                branch = self._branches[item.name]
                for name in (scalars.get(f"n{item.flat}"), scalars.get(f"N{item.flat}")):
                    if name is not None and self._keys.of(name) == self._keys.of(item.name):
                        self._counters.setdefault(name, draft.cluster.name)
                place = branch.lists[0] if branch.lists else ""
                if place != item.name and place in self._branches and _is_counter(self._branches[place]):
                    self._counters.setdefault(place, draft.cluster.name)

    def _named(self, drafts: Sequence[_Draft]) -> Grouping:
        """Give objects and fields their final names, which are unique and not reserved."""
        taken = {EVENTS}
        renamed: list[str] = []
        groups: list[Group] = []
        for draft in drafts:  # parents come first
            cluster = draft.cluster
            draft.name = unused(cluster.name, taken)
            pattern = None
            if draft.name != cluster.name:
                renamed.append(f"{cluster.name} -> {draft.name}")
                alone = [item.flat for item in cluster.items if item.flat == cluster.name]
                pattern = alone[0] if alone else f"{cluster.name}_*"
            members = self._members(draft.name, cluster.fields, renamed)
            parent = draft.parent.name if draft.parent is not None else None
            groups.append(Group(draft.name, parent, draft.depth, members, pattern))
        scalars = [name for name, branch in self._branches.items() if branch.depth == 0 and name not in self._counters]
        fields = {name: self._flat[name] for name in scalars}
        events = Group(EVENTS, None, 0, self._members(EVENTS, fields, renamed, taken))
        if renamed:
            self._told.append(f"renamed, the name means something else or was taken: {', '.join(renamed)}")
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


def group(branches: Mapping[str, Branch], counts: CountsOf) -> Grouping:
    """Group the branches of an input into objects, with no config.

    Args:
        branches: All branches, in the order of the file.
        counts: The counts that decide what belongs together; asked for as needed, most branches once.

    Returns:
        The objects. ``events`` is always there, first, possibly without fields.
    """
    return Rules(branches, counts).group()
