"""Names: what branches are called as objects and fields of the output.

A plain name has letters, digits and ``_`` only, so that it is an HDF5 name, an awkward field and a word of an
expression. ``Jet_pt``, ``Jet.pt`` and PHYSLITE's ``JetAuxDyn.pt`` all become ``Jet_pt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Names that mean something else in every object of the file.
RESERVED = ("valid", "count", "offsets")

#: Name of the object of per-entry numbers.
EVENTS = "events"

_DIMS = re.compile(r"(\[\w*\])+$")
_AUX = re.compile(r"^([^.]+?)Aux(Dyn)?\.")
_FOREIGN = re.compile(r"\W")


def container_of(name: str) -> str:
    """Return a branch's name without its fixed dimensions, and without ``Aux``/``AuxDyn`` of its container."""
    return _AUX.sub(r"\1.", _DIMS.sub("", name))


def plain(name: str) -> str:
    """Return the plain form of a branch's name; names that differ may have the same."""
    return _FOREIGN.sub("_", container_of(name)) or "_"


def plain_names(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Give every branch a plain name of its own.

    Args:
        names: Branches, in the order of the file.

    Returns:
        The plain name of each, and what is to be told: characters replaced, trailing ``_`` given. A branch that
        is called so already keeps its name; of the others the first gets it. Dots and ``Aux`` are not told.
    """
    known = list(names)
    found = {name: name for name in known if plain(name) == name}
    taken = set(found)
    replaced: list[str] = []
    doubled: list[str] = []
    for name in known:
        if name in found:
            continue
        wanted = plain(name)
        chosen = unused(wanted, taken)
        found[name] = chosen
        if chosen != wanted:
            doubled.append(f"{name} -> {chosen}")
        elif _FOREIGN.search(container_of(name).replace(".", "_")) or _DIMS.search(name):
            replaced.append(f"{name} -> {chosen}")
    told = []
    if replaced:
        told.append(f"renamed, letters, digits and _ only: {', '.join(replaced)}")
    if doubled:
        told.append(f"renamed, the name was taken: {', '.join(doubled)}")
    return {name: found[name] for name in known}, told


def unused(name: str, taken: set[str]) -> str:
    """Return ``name`` with as many ``_`` behind it as make it new, and add it to ``taken``."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def field_name(name: str, pattern: str | None, branch: str, flat: str) -> str | None:
    """Return the field a branch would be of an object, or ``None`` where its name does not fit."""
    if pattern is not None:
        if not pattern.endswith("*"):
            return "value" if pattern in (branch, flat) else None
        prefix = pattern[:-1]
        if not prefix:
            return flat
        for text in (branch, flat):
            if text.startswith(prefix) and len(text) > len(prefix):
                return plain(text[len(prefix) :])
        return None
    if name == EVENTS:
        return flat
    if flat == name:
        return "value"
    rest = flat.removeprefix(f"{name}_")
    return rest if rest and rest != flat else None
