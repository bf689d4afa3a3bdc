"""Assembling branches into awkward events.

The form of events: one record per entry. The fields of ``events`` are its top-level numbers, another object without
lists is a record of numbers, a list object is a list of records. An object nested in another is a list of lists of
records beside it, the outer lists those of its parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
from awkward import contents
from awkward.index import Index64
from numpy.typing import NDArray

from ..errors import InputError
from .grouping import Group, Grouping, Member
from .names import EVENTS
from .source import Source


def read_events(source: Source, grouping: Grouping, start: int = 0, stop: int | None = None) -> ak.Array:
    """Read an entry range of a source as events.

    Args:
        source: Where the branches are.
        grouping: Which branches form which object.
        start: First entry.
        stop: Entry after the last; ``None`` for the end.

    Raises:
        InputError: a branch cannot be read, or branches of one object have unequal counts.
    """
    end = source.num_entries if stop is None else stop
    arrays = source.read(grouping.branch_names, start, end)
    return assemble(arrays, grouping, length=end - start, where=source.where, start=start)


def assemble(
    arrays: Mapping[str, ak.Array], grouping: Grouping, *, length: int, where: str = "", start: int = 0
) -> ak.Array:
    """Put branches together to events; contents are shared, not copied.

    Args:
        arrays: The values of every branch of the grouping, as :meth:`Source.read` gives them.
        grouping: Which branches form which object.
        length: Entries, which is what remains where nothing has fields.
        where: File and tree, for errors.
        start: Number of the first entry, for errors.

    Returns:
        Records of ``length`` entries, fields and objects in the order of the grouping.

    Raises:
        InputError: branches of one object, or an object and its parent, have unequal counts; the text names file,
            tree, object, both branches and the first entry where they differ.
    """
    work = _Assembly(arrays, grouping, length, where, start)
    names: list[str] = []
    layouts: list[Any] = []
    for group in grouping.groups:
        if group.name == EVENTS and group.depth == 0:
            names += group.members
            layouts += [work.values(member, 0) for member in group.members.values()]
        else:
            names.append(group.name)
            layouts.append(work.object(group))
    return ak.Array(contents.RecordArray(layouts, names, length))


class _Assembly:
    def __init__(self, arrays: Mapping[str, ak.Array], grouping: Grouping, length: int, where: str, start: int) -> None:
        self._arrays = arrays
        self._grouping = grouping
        self._length = length
        self._where = where
        self._start = start

    def object(self, group: Group) -> Any:
        """Return the layout of one object."""
        outline = self._outline(group)
        fields = [self.values(member, group.depth) for member in group.members.values()]
        for level in range(group.depth):
            for member in group.members.values():
                self._check(group.name, outline, (member.branch.name, self._offsets(member, level)), level)
        parent = self._parent_outline(group)
        if parent is not None:
            self._check(group.name, parent, (outline[0], outline[1][0]), 0)
        offsets = outline[1]
        size = int(offsets[-1][-1]) if offsets else self._length
        layout: Any = contents.RecordArray(fields, list(group.members), size)
        for edges in reversed(offsets):
            layout = contents.ListOffsetArray(Index64(edges), layout)
        return layout

    def values(self, member: Member, depth: int) -> Any:
        """Return the values of a member without its lists; of a fixed-size branch, those of the member's slot."""
        layout: Any = self._arrays[member.branch.name].layout
        for _ in range(depth):
            layout = layout.content
        if not member.slot:
            return layout
        return ak.Array(layout)[(slice(None), *member.slot)].layout

    def _outline(self, group: Group) -> tuple[str, list[NDArray[np.int64]]]:
        """Return a branch with the object's lists, and their offsets, outermost first."""
        for member in group.members.values():
            return member.branch.name, [self._offsets(member, level) for level in range(group.depth)]
        for child in self._grouping.groups:
            if child.parent == group.name:
                for member in child.members.values():
                    return member.branch.name, [self._offsets(member, 0)]
        return "", [np.zeros(self._length + 1, np.int64)] * group.depth

    def _parent_outline(self, group: Group) -> tuple[str, list[NDArray[np.int64]]] | None:
        return self._outline(self._grouping.group(group.parent)) if group.parent is not None else None

    def _offsets(self, member: Member, level: int) -> NDArray[np.int64]:
        layout: Any = self._arrays[member.branch.name].layout
        for _ in range(level):
            layout = layout.content
        offsets: NDArray[np.int64] = layout.offsets.data
        return offsets

    def _check(
        self,
        name: str,
        expected: tuple[str, list[NDArray[np.int64]]],
        found: tuple[str, NDArray[np.int64]],
        level: int,
    ) -> None:
        """Raise where the counts of one level differ from those expected."""
        one, other = expected[1][level], found[1]
        if one is other or np.array_equal(one, other):
            return
        size = min(len(one), len(other)) - 1
        differ = np.flatnonzero(np.diff(one)[:size] != np.diff(other)[:size])
        position = int(differ[0]) if len(differ) else size
        counts = [int(offsets[position + 1] - offsets[position]) for offsets in (one, other)]
        entry = position
        if level == 1:  # the position is that of an outer item; the entry is the one it belongs to
            entry = int(np.searchsorted(expected[1][0], position, side="right")) - 1
        raise InputError(
            f"counts within {name}",
            got=f"{counts[0]} of {expected[0]} and {counts[1]} of {found[0]} in entry {self._start + entry}",
            expected="as many of each",
            where=f"{self._where}/{name}" if self._where else name,
            hint="an object of its own for one of the two, or leaving it out with a fields: list",
        )
