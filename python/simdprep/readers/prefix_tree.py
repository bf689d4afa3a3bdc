"""Prefix tree: which names form a collection, by common prefixes and equal counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .count_keys import CountKey


@dataclass(frozen=True)
class Item:
    """One branch in the tree.

    Attributes:
        name: The branch.
        flat: Its plain name, unique.
        key: Stands for its counts.
        struct: Plain name of the list of structs it is a member of, or ``None``.
        stem: Plain name before the first dot, or ``None`` where there is no dot.
    """

    name: str
    flat: str
    key: CountKey
    struct: str | None = None
    stem: str | None = None


@dataclass
class Cluster:
    """Branches that form one object.

    Attributes:
        name: Its name.
        fields: The field each item becomes, by branch.
        items: The branches.
        told: Branches under the same prefix that were left out for their counts.
    """

    name: str
    items: list[Item]
    fields: dict[str, str]
    told: list[str] = field(default_factory=list)


def clusters(items: Sequence[Item], base: str = "") -> list[Cluster]:
    """Return the objects that some branches form, in the order of their first branches.

    Args:
        items: Branches of the same depth.
        base: Prefix that all begin with and that no object may be called by; ends in ``_`` unless empty.

    Returns:
        Clusters of two or more, and of one for each branch left over: a member of a struct under the struct's
        name, else under its own name as the field ``value``.
    """
    tree = _Tree(base)
    tree.visit(base, list(items))
    order = {item.name: position for position, item in enumerate(items)}
    found = tree.groups + _singles(tree.groups, tree.left)
    for entry in found:
        entry.items.sort(key=lambda item: order[item.name])
        entry.fields = {item.name: entry.fields[item.name] for item in entry.items}
    return sorted(found, key=lambda entry: order[entry.items[0].name])


class _Tree:
    def __init__(self, base: str) -> None:
        self.base = base
        self.groups: list[Cluster] = []
        self.left: list[Item] = []

    def visit(self, prefix: str, items: list[Item]) -> None:
        """Group the items, all of which begin with ``prefix``."""
        if len(items) == 1:
            self.left.extend(items)
            return
        direct = [item for item in items if _is_direct(item, prefix)]
        if prefix != self.base and _are_one(items, direct, prefix):
            self.groups.append(_cluster(items, prefix))
            return
        if prefix != self.base and direct:
            main = _main_part(items, direct)
            if len(main) > 1:
                cluster = _cluster(main, prefix)
                inside = {item.name for item in main}
                items = [item for item in items if item.name not in inside]
                cluster.told = [item.name for item in items if _is_direct(item, prefix)]
                self.groups.append(cluster)
        children: dict[str, list[Item]] = {}
        for item in items:
            end = _token_end(item.flat, len(prefix))
            if end is None:
                self.left.append(item)
            else:
                children.setdefault(item.flat[:end], []).append(item)
        for longer, inner in children.items():
            self.visit(longer, inner)


def _token_end(flat: str, start: int) -> int | None:
    """Where the token from ``start`` on ends, its ``_`` included; ``None`` if nothing follows it."""
    position = flat.find("_", start + 1)
    return position + 1 if 0 <= position < len(flat) - 1 else None


def _is_direct(item: Item, prefix: str) -> bool:
    """True where the item is a field of what the prefix names, by its name or by the file's structure."""
    if _token_end(item.flat, len(prefix)) is None:
        return True
    return f"{item.struct or item.stem}_" == prefix


def _are_one(items: list[Item], direct: list[Item], prefix: str) -> bool:
    """True where all items under a prefix are one object."""
    if len({item.key.token for item in items}) > 1:
        return False
    structs = {item.struct for item in items if item.struct}
    stems = {item.stem for item in items if item.stem}
    if items[0].key.evidence:
        return bool(direct) or (len(structs) <= 1 and len(stems) <= 1)
    if structs:
        return len(structs) == 1 and (len(direct) == len(items) or all(item.struct for item in items))
    return len(direct) == len(items)


def _main_part(items: list[Item], direct: list[Item]) -> list[Item]:
    """The items that keep the name of a prefix where not all have the same counts."""
    parts: dict[str, list[Item]] = {}
    inside = {item.name for item in direct}
    keys = {item.key.token for item in direct}
    for item in items:
        if item.key.token in keys and (item.key.evidence or item.name in inside):
            parts.setdefault(item.key.token, []).append(item)
    return max(parts.values(), key=lambda part: (len(part), part[0].key.evidence))


def _cluster(items: list[Item], prefix: str) -> Cluster:
    # What the first and the last in order share, all between them share. A field needs one letter of its own.
    first, last = min(item.flat[:-1] for item in items), max(item.flat[:-1] for item in items)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    best = first[: first.rfind("_", 0, same) + 1]
    for item in items:
        bound = f"{item.struct or item.stem}_" if item.struct or item.stem else best
        if len(prefix) <= len(bound) < len(best):
            best = bound
    return Cluster(best[:-1], items, {item.name: item.flat[len(best) :] for item in items})


def _singles(groups: list[Cluster], left: list[Item]) -> list[Cluster]:
    """One cluster for each branch left over; one called like a group of its counts joins it as ``value``."""
    by_name = {entry.name: entry for entry in groups}
    structs = [item.struct for item in left if item.struct]
    singles = []
    for item in left:
        same = by_name.get(item.flat)
        if same is not None and same.items[0].key == item.key:
            same.items.append(item)
            same.fields[item.name] = "value"
        elif item.struct and item.struct not in by_name and structs.count(item.struct) == 1:
            rest = item.flat[len(item.struct) + 1 :] if item.flat.startswith(f"{item.struct}_") else ""
            singles.append(Cluster(item.struct if rest else item.flat, [item], {item.name: rest or "value"}))
        else:
            singles.append(Cluster(item.flat, [item], {item.name: "value"}))
    return singles
