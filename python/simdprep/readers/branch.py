"""Branch: one column of numbers or strings of an input, as the readers present it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, nearest_hint

#: Spelling of the dtype of strings, beside numpy's names.
STRING = "string"

#: Most levels of variable-length lists a branch may have: objects of objects, rank 3 when padded.
MAX_DEPTH = 2


@dataclass(frozen=True)
class Branch:
    """One column of an input file; branches that hold structs are presented member by member.

    Attributes:
        name: Name in the file; members of structs are dotted (``jetp4.fP.fX``).
        dtype: A numpy name such as ``float32`` or ``bool``, or ``string``.
        depth: Levels of variable-length lists: 0 one value per entry, 1 a list, 2 a list of lists.
        shape: Fixed inner dimensions; ``()`` for plain numbers.
        optional: Values may be missing.
        counter: The branch that ROOT counts the items with, such as ``nMuon``; ``None`` where there is none.
        lists: Where in the file each level of lists sits, outermost first: ``("jetp4",)`` for
            ``jetp4.fP.fX``, ``("Jet_pt",)`` for a plain list. Branches that share it have equal counts
            by construction.
        unit: Unit, where the file tells it.
        description: The branch's title, where it says more than the name.
        fill: Value of empty slots in the file, where it has one.
        owner: The object it is a field of, and the field, where that need not be read from its name.
    """

    name: str
    dtype: str
    depth: int = 0
    shape: tuple[int, ...] = ()
    optional: bool = False
    counter: str | None = None
    lists: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""
    fill: bool | int | float | None = None
    owner: tuple[str, str] | None = None

    @property
    def is_string(self) -> bool:
        """True where the values are strings."""
        return self.dtype == STRING

    @property
    def is_integer(self) -> bool:
        """True where the values are integers, bool excluded."""
        return not self.is_string and np.dtype(self.dtype).kind in "iu"

    @property
    def type(self) -> str:
        """The type in awkward's spelling, such as ``var * 3 * float32``."""
        dims = ["var"] * self.depth + [str(size) for size in self.shape]
        return " * ".join([*dims, ("?" if self.optional else "") + self.dtype])


def check_names(names: Iterable[str], branches: Mapping[str, Branch], refused: Mapping[str, str], where: str) -> None:
    """Raise where a name is not a branch that can be read.

    Raises:
        InputError: it is unknown (the text has the nearest names), or refused (the text has the reason).
    """
    for name in names:
        if name in branches:
            continue
        if name in refused:
            raise InputError(
                "branch", got=f"{name!r}: {refused[name]}", expected="a branch that can be converted", where=where
            )
        members = [entry for entry in branches if entry.startswith(f"{name}.")]
        if members:
            raise InputError(
                "branch", got=f"the struct {name!r}", expected="its members", where=where, hint=" or ".join(members[:3])
            )
        hint = nearest_hint(name, [*branches, *refused], otherwise=f"simdprep inspect {where.partition(' : ')[0]}")
        raise InputError("branch", got=repr(name), expected="a branch of the tree", where=where, hint=hint)


def check_alike(
    names: Iterable[str], expected: Mapping[str, Branch], found: Mapping[str, Branch], *, first: str, where: str
) -> None:
    """Raise where a branch of one input has another type than in the first.

    Args:
        names: Branches that are read.
        expected: Branches of the first input.
        found: Branches of the input at hand; those missing there are left to :func:`check_names`.
        first: Name of the first input, for the error.
        where: File and tree at hand.

    Raises:
        InputError: depth, fixed shape or dtype differ. Values that may be missing in one only are no difference.
    """
    for name in names:
        one, other = expected[name], found.get(name)
        if other is not None and (one.depth, one.shape, one.dtype) != (other.depth, other.shape, other.dtype):
            raise InputError(
                "type of a branch",
                got=other.type,
                expected=f"{one.type}, as in {first}",
                where=f"{where}/{name}",
                hint="converting these inputs one by one",
            )
