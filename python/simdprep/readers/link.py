"""Link: how the entries of one collection say which entries of another belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Between the object a link makes and its fields, in the names of what is read through it.
ARROW = "->"


@dataclass(frozen=True)
class Link:
    """One cross reference, which makes an object: for each entry of ``parent`` a list of entries of ``of``.

    What says so is one of these:

    * ``table`` with ``parent_index`` and ``index``: a list of pairs, as PFNano's ``JetPFCands``;
    * ``parent_index`` alone: each entry of ``of`` names its parent, as NanoAOD's ``Muon_jetIdx``;
    * ``index`` alone: each parent names one entry (``Jet_muonIdx1``), several by several branches, or as many as it
      likes by a list of lists. A struct of ``m_persKey`` and ``m_persIndex`` is an ElementLink of ATLAS.

    By default an index counts the entries of ``of``; with ``by`` it is the value that a branch of these has, such as
    the unique id of Delphes' references, or a barcode.

    An index that is negative, missing or all ones is null; it and one beyond the end of its list lead nowhere and
    are left out, counted.

    Attributes:
        name: The object it makes.
        parent: The object it hangs on.
        of: The collections its entries are of; an ElementLink tells by its key which.
        table: The list of pairs.
        parent_index: Of the table, or of the entries themselves: number of the parent.
        index: Of the table or the parent: number of the entry; several are several slots.
        keys: Of ElementLinks, the key of each of ``of``; empty where they follow from the names.
        by: Branch of ``of`` that the indices are values of; ``None`` where they are positions.
        elsewhere: What an ElementLink to a container that is none of ``of`` is: an error, or dropped, counted.
        parent_pattern: The ``from`` of the parent, where its name does not say which branches it takes.
    """

    name: str
    parent: str
    of: tuple[str, ...]
    table: str | None = None
    parent_index: str | None = None
    index: tuple[str, ...] = ()
    keys: tuple[int, ...] = ()
    elsewhere: Literal["error", "drop"] = "error"
    parent_pattern: str | None = None
    by: str | None = None

    def __str__(self) -> str:
        holder = self.table or self.parent
        ways = [f"{holder}_{name}" for name in self.index]
        if self.parent_index is not None:
            ways.insert(0, f"{self.table or self.of[0]}_{self.parent_index}")
        by = f" as {self.by}" if self.by else ""
        return f"{self.name}: entries of {' and '.join(self.of)} for each of {self.parent}, by {', '.join(ways)}{by}"
