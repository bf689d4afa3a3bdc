"""TableSource: compound datasets of other programs (HDF5Utils, salt, umami) as an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np
from awkward import contents
from awkward.index import Index64
from numpy.typing import NDArray

from .. import storage
from ..errors import InputError
from ..readers import Branch, Group, Grouping, Leaf, Member, Source
from ..readers.grouping import flatten
from ..schema import EVENTS

_VALID = "valid"


class TableSource(Source):
    """One entry per row; of datasets with slots the records whose ``valid`` is true.

    The rows are those of the first dataset; datasets of another length are left out, with that reason.

    Args:
        path: A local HDF5 file.

    Raises:
        InputError: no dataset of the file can be read.
        DatasetError: it is no HDF5 file, or cannot be read.
    """

    kind = "hdf5"

    def __init__(self, path: str) -> None:
        self._tables = storage.open_tables(path)
        first = next(iter(self._tables.values()), None)
        if first is None:
            self._tables.close()
            reasons = "; ".join(f"{name}: {why}" for name, why in list(self._tables.refused.items())[:4]) or "none"
            hint = "files with compound datasets, as HDF5Utils writes them, or those of simdprep"
            raise InputError("tables", got=reasons, expected="a compound dataset", where=path, hint=hint)
        super().__init__(path, "", first.num_rows)
        self.refused.update(self._tables.refused)
        self._homes: dict[str, tuple[str, str]] = {}
        groups = [Group(EVENTS, None, 0, {})]
        for table in self._tables.values():
            group = self._group(table)
            if group is not None:
                groups = [entry for entry in groups if entry.name != group.name] + [group]
        groups.sort(key=lambda group: (group.name != EVENTS, group.depth))
        self.grouping = Grouping(tuple(groups))
        self.pads = {entry.name: self._tables[entry.name].slots[-1] for entry in groups if entry.depth}

    def _group(self, table: storage.Table) -> Group | None:
        parent = None
        if table.num_rows != self.num_entries:
            self.refused[table.name] = f"{table.num_rows} rows, not {self.num_entries} as the first dataset"
            return None
        if len(table.slots) > 1:
            parent = self._parent(table)
            if parent is None or len(table.slots) > 2:
                self.refused[table.name] = (
                    f"slots {list(table.slots)}, but no dataset with slots {table.slots[0]} alone"
                )
                return None
        if table.slots and not table.has_valid:
            self.told.append(f"{table.name} has no member valid: all of its slots are taken as entries")
        members: dict[str, Member] = {}
        for name, kind in table.members.items():
            if name == _VALID and table.slots and table.has_valid:
                continue
            field = f"{name}_" if name in (_VALID, "count", "offsets") else name
            full = f"{table.name}.{name}"
            depth = len(table.slots)
            lists = tuple(f"{table.name}, level {level}" for level in range(depth))
            owner = (table.name, field)
            branch = Branch(full, str(kind.base.newbyteorder("=")), depth, kind.shape, lists=lists, owner=owner)
            self._add([Leaf(branch, full)], {})
            self._homes[full] = (table.name, name)
            members |= flatten(branch, field)
        return Group(table.name, parent, len(table.slots), members)

    def _parent(self, table: storage.Table) -> str | None:
        """The one dataset whose slots the outer slots of another can be."""
        fitting = [entry.name for entry in self._tables.values() if entry.slots == table.slots[:1] and entry.has_valid]
        return fitting[0] if len(fitting) == 1 else None

    def close(self) -> None:
        """Close the file; arrays already read stay valid."""
        self._tables.close()

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        wanted: dict[str, list[str]] = {}
        for leaf in leaves:
            wanted.setdefault(self._homes[leaf.container][0], []).append(self._homes[leaf.container][1])
        found: dict[str, Any] = {}
        for name, members in wanted.items():
            table = self._tables[name]
            masks = [_VALID] if table.slots and table.has_valid else []
            values = table.read([*members, *masks], start, stop)
            shape = (stop - start, *table.slots)
            mask = values[_VALID] if masks else np.ones(shape, np.bool_)
            outer = None
            if len(table.slots) == 2:
                parent = self._parent(table)
                assert parent is not None
                outer = self._tables[parent].read([_VALID], start, stop)[_VALID]
            for member in members:
                found[f"{name}.{member}"] = _lists(values[member], mask, outer) if table.slots else values[member]
        return {name: ak.from_numpy(array) if isinstance(array, np.ndarray) else array for name, array in found.items()}

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        # All members of a record are decoded together.
        tables = {self._homes[leaf.container][0] for leaf in leaves}
        total = 0.0
        for name in tables:
            table = self._tables[name]
            total += float(table.dtype.itemsize) * table.num_rows * int(np.prod(table.slots, dtype=np.int64))
        widest = max(tables, key=lambda name: self._tables[name].dtype.itemsize)
        return total, np.arange(0, self.num_entries, self._tables[widest].chunk_rows, dtype=np.int64)


def _lists(values: NDArray[Any], mask: NDArray[np.bool_], outer: NDArray[np.bool_] | None) -> ak.Array:
    """Return the values where the mask is true as lists, one for each row, or for each true slot of ``outer``."""
    inner = mask if outer is None else (mask & outer[..., None])[outer]
    content = contents.NumpyArray(np.ascontiguousarray(values[mask if outer is None else mask & outer[..., None]]))
    lists = contents.ListOffsetArray(_offsets(inner.sum(axis=-1)), content)
    if outer is not None:
        lists = contents.ListOffsetArray(_offsets(outer.sum(axis=-1)), lists)
    return ak.Array(lists)


def _offsets(counts: NDArray[Any]) -> Index64:
    return Index64(np.concatenate(([0], np.cumsum(counts, dtype=np.int64))))
