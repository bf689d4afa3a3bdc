"""Links among the objects that are found without a config."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .branch import Branch
from .grouping import Group, Grouping, Member, flatten
from .link import Link
from .names import RESERVED, plain, unused

#: Indices of NanoAOD: the collection, ``Idx``, and which of several it is.
_IDX = re.compile(r"(\w+?)Idx(?:[A-Z]\w*|\d\w*)?")


def recognise(branches: Mapping[str, Branch]) -> tuple[Link, ...]:
    """Return the links that need no config: tables of pairs as PFNano has them.

    A table is called by its parent and its target (``JetPFCands``, ``JetSVs``) and has one index for each
    (``jetIdx``, ``pFCandsIdx``). ``FatJetPFCands_jetIdx`` counts ``FatJet``: the table's name decides.
    """
    lists: dict[str, list[str]] = {}
    for name, branch in branches.items():
        prefix, _, field = plain(name).partition("_")
        if branch.depth == 1 and branch.owner is None and field:
            lists.setdefault(prefix, []).append(field if branch.is_integer and not branch.shape else "")
    found = []
    for table, fields in lists.items():
        indices = [field for field in fields if field.endswith("Idx")]
        links = [link for parent in lists if (link := _of_parent(table, parent, indices, lists)) is not None]
        if len(links) == 1:
            found += links
    return tuple(found)


def _of_parent(table: str, parent: str, indices: Sequence[str], lists: Mapping[str, object]) -> Link | None:
    rest = table.removeprefix(parent)
    target = rest if rest in lists else rest.removesuffix("s")
    if rest == table or target not in lists or target == table:
        return None
    ups = [name for name in indices if parent.lower().endswith(name[:-3].lower())]
    downs = [name for name in indices if name[:-3].lower() == target.lower() and name not in ups]
    if len(ups) != 1 or len(downs) != 1:
        return None
    return Link(table, parent, (target,), table, ups[0], (downs[0],))


def possible_links(branches: Mapping[str, Branch], links: Sequence[Link]) -> tuple[str, ...]:
    """Return branches that look like links nobody follows: NanoAOD's ``Jet_muonIdx1``, ElementLinks of ATLAS.

    Returns:
        ``branch -> collection`` where the name tells to which, else the branch.
    """
    followed = {f"{link.table or link.parent}_{name}" for link in links for name in (*link.index, link.parent_index)}
    collections = {plain(name).partition("_")[0] for name, branch in branches.items() if branch.depth == 1}
    by_name = {name.lower(): name for name in sorted(collections)}
    found = []
    for name, branch in branches.items():
        flat = plain(name)
        if branch.owner is not None or not branch.is_integer or branch.depth == 0 or flat in followed:
            continue
        match = _IDX.fullmatch(flat.partition("_")[2])
        if name.endswith(".m_persIndex"):
            shown = name.removesuffix(".m_persIndex")
            if plain(shown) not in followed:
                found.append(shown)
        elif match is not None and match[1].lower() in by_name:
            found.append(f"{name} -> {by_name[match[1].lower()]}")
    return tuple(found)


def without_tables(branches: Mapping[str, Branch], links: Sequence[Link]) -> dict[str, Branch]:
    """Return the branches that are grouped by their names: not those of links, of their tables and these' counters."""
    tables = [link.table for link in links if link.table is not None]
    counters = {f"{letter}{table}" for table in tables for letter in "nN"}
    return {
        name: branch
        for name, branch in branches.items()
        if branch.owner is None
        and plain(name) not in counters
        and not any(plain(name).startswith((f"{table}_", f"n{table}_")) for table in tables)
    }


def with_links(grouping: Grouping, branches: Mapping[str, Branch], links: Sequence[Link]) -> Grouping:
    """Add the objects that links make; a link whose parent is no object found is told and left out."""
    groups, told, counters = list(grouping.groups), list(grouping.told), dict(grouping.counters)
    for link in links:
        taken = {group.name for group in groups}
        if not any(group.name == link.parent and group.depth == 1 for group in groups) or link.name in taken:
            told.append(f"left out, {link.parent} is no object it could hang on: {link}")
            continue
        used = set(RESERVED)
        members: dict[str, Member] = {}
        for branch in branches.values():
            if branch.owner is not None and branch.owner[0] == link.name:
                for field, member in flatten(branch, branch.owner[1]).items():
                    members[unused(field, used)] = member
        groups.append(Group(link.name, link.parent, 2, members, link=link))
        told.append(f"followed, {link}")
        counter = f"n{link.table}"
        if counter in branches:
            counters[counter] = link.name
    return replace(grouping, groups=tuple(groups), told=tuple(told), counters=counters)
