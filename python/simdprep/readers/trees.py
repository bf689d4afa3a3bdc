"""Choosing one tree among those of a ROOT file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import InputError, nearest_hint

#: Trees that hold the events of files with several: NanoAOD, ATLAS derivations.
EVENT_TREES = ("Events", "CollectionTree")

_LISTED = 20


def choose_tree(trees: Sequence[str], wanted: str | None, count: Callable[[str], int], path: str) -> str:
    """Return the name of the tree to read, with its cycle.

    Args:
        trees: All trees of the file, with folders and cycle: ``one/two/tree;1``.
        wanted: What the user named, with or without folders and cycle, or ``None``.
        count: Entries of a tree, asked for only when an error lists them.
        path: The file, for errors.

    Returns:
        One of ``trees``: of several cycles the highest, unless one is named.

    Raises:
        InputError: there is no tree, none of that name, or more than one that it could be.
    """
    newest: dict[str, str] = {}
    for entry in trees:
        name = entry.partition(";")[0]
        if name not in newest or _cycle(entry) > _cycle(newest[name]):
            newest[name] = entry
    if not newest:
        raise InputError("tree", got="none", expected="a TTree, TNtuple or RNTuple", where=path)
    if wanted is not None:
        return _find(trees, newest, wanted.strip("/"), count, path)
    if len(newest) == 1:
        return next(iter(newest.values()))
    for name in EVENT_TREES:
        if name in newest:
            return newest[name]
    raise InputError("tree", got=_listing(newest, count), expected="one, or --tree", where=path)


def name_of(chosen: str, trees: Sequence[str]) -> str:
    """Return the name of a tree: without its cycle, if that is the newest of the name."""
    name = chosen.partition(";")[0]
    return name if chosen == _cycles(name, trees)[-1] else chosen


def told_of_cycles(chosen: str, trees: Sequence[str]) -> list[str]:
    """Return a line that says which of several cycles is read, if there are several."""
    name = chosen.partition(";")[0]
    cycles = _cycles(name, trees)
    if len(cycles) == 1:
        return []
    which = "the newest" if chosen == cycles[-1] else f"the newest is {cycles[-1]}"
    return [f"read {chosen} of {len(cycles)} cycles of the tree, {which}"]


def _cycles(name: str, trees: Sequence[str]) -> list[str]:
    """All cycles of a tree, the newest last."""
    return sorted((entry for entry in trees if entry.partition(";")[0] == name), key=_cycle)


def _find(trees: Sequence[str], newest: dict[str, str], name: str, count: Callable[[str], int], path: str) -> str:
    """Return the tree of a name: whole, or without its folders where that leaves no doubt."""
    if name in trees:
        return name
    if name in newest:
        return newest[name]
    plain, _, cycle = name.partition(";")
    close = [entry for entry in newest if entry == plain or entry.rpartition("/")[2] == plain]
    if cycle:
        matching = [entry for entry in trees if entry.partition(";")[0] in close]
        exact = [entry for entry in matching if entry.endswith(f";{cycle}")]
        if len(exact) == 1:
            return exact[0]
        if matching:
            raise InputError("cycle of the tree", got=repr(name), expected=" or ".join(matching), where=path)
    if len(close) == 1:
        return newest[close[0]]
    if close:
        listing = _listing({entry: newest[entry] for entry in close}, count)
        raise InputError("tree", got=f"{name!r}, which could be {listing}", expected="the whole name", where=path)
    hint = nearest_hint(name, newest, otherwise=_listing(newest, count))
    raise InputError("tree", got=repr(name), expected="a tree of the file", where=path, hint=hint)


def _cycle(name: str) -> int:
    cycle = name.partition(";")[2]
    return int(cycle) if cycle.isdigit() else 0


def _listing(trees: dict[str, str], count: Callable[[str], int]) -> str:
    shown = [f"{name} ({count(trees[name])} entries)" for name in list(trees)[:_LISTED]]
    more = [f"{len(trees) - _LISTED} more"] if len(trees) > _LISTED else []
    return ", ".join(shown + more)
