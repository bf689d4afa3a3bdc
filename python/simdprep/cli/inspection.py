"""Inspection: what was found in an input, as it is printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import quantity
from .console import SHOWN, say, shortened, table

if TYPE_CHECKING:
    from ..convert import Inspection
    from ..convert.inspection import FoundObject

_HEAD = ("object", "hangs on", "fields", "mean", "p99", "max", "pad", "would truncate", "bytes/row")

#: What branches have in their names beside that of the object and the field, in PHYSLITE and in split classes.
_FOREIGN = re.compile(r"Aux(Dyn)?\.|\W")

#: Objects shown unless all are asked for.
ROWS = 40


def print_inspection(found: Inspection, *, verbose: bool = False) -> None:
    """Print inputs, objects with their multiplicities and fields, and what is left out.

    Args:
        found: What :func:`simdprep.convert.inspect` returned.
        verbose: Long lists in full.
    """
    names = None if verbose else SHOWN
    about = "" if found.num_opened == len(found.paths) else "about "
    say(
        f"{quantity.several(found.paths, names)}: {found.kind}{' ' if found.tree else ''}{found.tree}, "
        f"{about}{quantity.number(found.num_entries)} entries",
        style="bold",
    )
    if found.other_trees:
        say(f"other trees, not read: {quantity.several(found.other_trees, names)}")
    rows = ROWS if not verbose and len(found.objects) > ROWS + 1 else None
    say()
    table([_HEAD, *(_row(entry) for entry in found.objects[:rows])], texts=2)
    say()
    for entry in found.objects[:rows]:
        say(f"{entry.name}: {quantity.several(_fields(entry), names)}")
    if rows is not None:
        say(f"and {quantity.number(len(found.objects) - rows)} more objects; --verbose lists them")
    say()
    if found.counters:
        say(f"not stored, they count objects: {quantity.several(list(found.counters), names)}")
    if found.links:
        say(f"links that are not followed, see docs/inputs.md: {quantity.several(found.links, names)}")
    for line in shortened(found.told, names):
        say(line, style="yellow")
    say(
        f"multiplicities are those of the first {quantity.number(found.num_counted)} entries; a row of all objects has "
        f"{quantity.number(found.bytes_per_row)} bytes before compression"
    )


def _row(entry: FoundObject) -> tuple[str, ...]:
    fields, size = quantity.number(len(entry.fields)), quantity.number(entry.bytes_per_row)
    found = entry.multiplicity
    if found is None:
        return (entry.name, "", fields, "", "", "", "", "", size)
    lost = "none"
    if found.truncated:
        lost = f"{quantity.number(found.truncated)} of {quantity.number(found.total)} "
        lost += f"({quantity.share(found.truncated, found.total)})"
    numbers = (f"{found.mean:.2f}", str(found.p99), str(found.largest), str(entry.pad))
    return (entry.name, entry.parent or "", fields, *numbers, lost, size)


def _fields(entry: FoundObject) -> list[str]:
    """Fields with their dtypes; the branch where it says more than the name."""
    if not entry.fields:
        return ["no fields, only the lists that others hang on"]
    texts = []
    for field in entry.fields:
        told = {field.name, f"{entry.name}_{field.name}"} | ({entry.name} if field.name == "value" else set())
        origin = "" if _FOREIGN.sub("_", field.branch) in told else f" from {field.branch}"
        texts.append(f"{field.name} {field.dtype}{f' {field.unit}' if field.unit else ''}{origin}")
    return texts
