"""FlatRows: rows with all that hangs on them, as flat columns; dropping, repeating and reordering rows is indexing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..padding import FlatEvents
from ..schema import ObjectSpec, Schema

Positions = NDArray[np.int64]


@dataclass
class Columns:
    """One object.

    Attributes:
        counts: Entries per entry of what it hangs on; ``None`` for one per row.
        fields: Values by stored name, in the stored dtypes, in stored order.
    """

    counts: NDArray[np.int64] | None
    fields: dict[str, NDArray[Any]]


@dataclass
class FlatRows:
    """Rows of a schema.

    Attributes:
        schema: What is stored; every row has an event of its own.
        num_rows: How many.
        objects: By name, in the order of the schema: what an object hangs on comes before it.
    """

    schema: Schema
    num_rows: int
    objects: dict[str, Columns]

    def take(self, positions: Positions) -> FlatRows:
        """Return the rows at ``positions``, in that order; a row may come several times."""
        where: dict[str, Positions] = {}
        found: dict[str, Columns] = {}
        for spec in self.schema.objects:
            mine = self.objects[spec.name]
            if mine.counts is None:
                where[spec.name] = positions
                counts = None
            else:
                outer = where.get(parent_of(spec, self.schema), positions)
                counts = mine.counts[outer]
                starts = np.cumsum(mine.counts) - mine.counts
                where[spec.name] = _runs(starts[outer], counts)
            places = where[spec.name]
            found[spec.name] = Columns(counts, {name: values[places] for name, values in mine.fields.items()})
        return FlatRows(self.schema, len(positions), found)

    def events(self) -> FlatEvents:
        """Return the rows as the encoder takes them."""
        objects: list[tuple[int, NDArray[np.int64] | None, list[NDArray[Any]]]] = []
        for spec in self.schema.objects:
            mine = self.objects[spec.name]
            contents = list(mine.fields.values())
            if mine.counts is not None:
                offsets = np.concatenate([[0], np.cumsum(mine.counts)]).astype(np.int64)
                objects.append((int(offsets[-1]), offsets, contents))
            elif spec.level == "event":
                objects.append((self.num_rows, np.arange(self.num_rows + 1, dtype=np.int64), contents))
            else:
                objects.append((self.num_rows, None, contents))
        return FlatEvents(self.num_rows, self.num_rows, objects)

    def valid(self, name: str) -> NDArray[np.bool_] | None:
        """Return which entries of an object have a slot, one per entry; ``None`` for all."""
        spec = self.schema.object(name)
        counts = self.objects[name].counts
        if counts is None:
            return None
        inside: NDArray[np.bool_] | None = None
        if spec.level == "padded" and spec.pad is not None and len(counts) and counts.max() > spec.pad:
            starts = np.cumsum(counts) - counts
            inside = np.arange(int(counts.sum())) - np.repeat(starts, counts) < spec.pad
        parent = parent_of(spec, self.schema)
        above = self.valid(parent) if parent and self.objects[parent].counts is not None else None
        if above is not None:
            lifted = np.repeat(above, counts)
            inside = lifted if inside is None else inside & lifted
        return inside


def parent_of(spec: ObjectSpec, schema: Schema) -> str:
    """Return the object with lists that ``spec`` hangs on; empty where it hangs on the row."""
    if spec.parent is None or spec.parent == schema.rows or not schema.object(spec.parent).is_list:
        return ""
    return spec.parent


def concatenated(blocks: Sequence[FlatRows]) -> FlatRows:
    """Return the rows of all blocks, one behind the other."""
    first = blocks[0]
    if len(blocks) == 1:
        return first
    objects: dict[str, Columns] = {}
    for name, columns in first.objects.items():
        every = [block.objects[name] for block in blocks]
        counts = None
        if columns.counts is not None:
            counts = np.concatenate([entry.counts for entry in every if entry.counts is not None])
        fields = {key: np.concatenate([entry.fields[key] for entry in every]) for key in columns.fields}
        objects[name] = Columns(counts, fields)
    return FlatRows(first.schema, sum(block.num_rows for block in blocks), objects)


def _runs(starts: Positions, counts: NDArray[np.int64]) -> Positions:
    """Return the positions of runs of entries: ``counts[i]`` from ``starts[i]`` on."""
    first = starts - (np.cumsum(counts) - counts)
    return np.repeat(first, counts) + np.arange(int(counts.sum()))
