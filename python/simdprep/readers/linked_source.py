"""LinkedSource: a source whose cross references are presented as branches of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .leaf import Leaf
from .link import Link
from .link_reader import LinkReader
from .link_rows import LinkRows
from .source import Source


class LinkedSource(Source):
    """Another source, and the objects that links make of it: lists of lists, named ``<object>-><field>``.

    Args:
        base: What is read; closed with this one.
        links: The links; their branches are checked here.

    Raises:
        InputError: a branch that a link names is not there or is no index, or two links make one object.
    """

    def __init__(self, base: Source, links: Sequence[Link]) -> None:
        super().__init__(base.path, base.tree, base.num_entries)
        self._base = base
        self.kind = base.kind
        self.other_trees, self.refused, self.told = base.other_trees, base.refused, base.told
        self.missing_lists, self.lost_links = base.missing_lists, base.lost_links
        self.links = tuple(links)
        self.grouping, self.rows, self.pads = base.grouping, base.rows, base.pads
        self.branches = dict(base.branches)
        self.bookkeeping = base.bookkeeping
        every = {**base.branches, **base.bookkeeping}
        self._leaves = {name: Leaf(branch, name) for name, branch in every.items()}
        self._of: dict[str, tuple[LinkReader, tuple[str, ...]]] = {}
        for link in links:
            reader = LinkReader(link, base)
            for branch, sources in reader.branches():
                if branch.name in self.branches:
                    raise InputError("link", got=f"{link.name} twice", expected="one of a name", where=base.where)
                self.branches[branch.name] = branch
                self._leaves[branch.name] = Leaf(branch, branch.name)
                self._of[branch.name] = (reader, sources)

    @property
    def identity(self) -> dict[str, Any]:
        """That of the source that is read."""
        return self._base.identity

    @property
    def stamp(self) -> tuple[str, int]:
        """That of the source that is read."""
        return self._base.stamp

    def close(self) -> None:
        """Close the source that is read."""
        self._base.close()

    def _needed(self, leaves: Iterable[Leaf]) -> list[str]:
        """Branches of the base that some leaves are made of."""
        names: list[str] = []
        for leaf in leaves:
            name = leaf.branch.name
            if name in self._of:
                reader, sources = self._of[name]
                names += [*reader.needed, *sources]
            else:
                names.append(name)
        return list(dict.fromkeys(names))

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        arrays = self._base.read(self._needed(leaves), start, stop)
        rows: dict[str, LinkRows] = {}
        found: dict[str, Any] = {}
        for leaf in leaves:
            name = leaf.branch.name
            if name not in self._of:
                found[leaf.container] = arrays[name]
                continue
            reader, sources = self._of[name]
            if reader.link.name not in rows:
                rows[reader.link.name] = reader.rows(arrays, self.lost_links, start)
            found[leaf.container] = reader.values(arrays, rows[reader.link.name], sources, start)
        return found

    def _take(self, array: Any, leaf: Leaf, start: int, stop: int) -> ak.Array:
        # What the base has read is in the canonical layout already.
        return array if leaf.branch.name not in self._of else super()._take(array, leaf, start, stop)

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        total, borders = self._base.layout(self._needed(leaves))
        # The lists that links make are copies beside what they are made of.
        copied = {source for leaf in leaves if leaf.branch.name in self._of for source in self._of[leaf.branch.name][1]}
        return total + (self._base.layout(copied)[0] if copied else 0.0), borders
