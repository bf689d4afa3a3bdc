"""The branches of real files read with uproot and awkward alone: what the tests hold conversions against."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot

#: Dimensions at the end of a leaf's name, as in ArrayI16[10].
DIMENSIONS = re.compile(r"(\[\w*\])+$")


class SourceArrays:
    """One tree or table.

    Args:
        path: A ROOT or Parquet file.
        tree: Name of the tree with its cycle; empty for Parquet.
    """

    def __init__(self, path: Path, tree: str) -> None:
        self._read: dict[str, ak.Array] = {}
        self._columns: dict[str, Any]
        if not tree:
            table = ak.from_parquet(path)
            self.num_entries = len(table)
            self._columns = {name: table[name] for name in table.fields}
            return
        self._tree = uproot.open(path)[tree]
        self.num_entries = int(self._tree.num_entries)
        if "RNTuple" in type(self._tree).__name__:
            self._columns = {field.name: field for field in self._tree.fields}
            return
        entries = list(self._tree.iteritems(recursive=True, full_paths=True))
        times = Counter(branch.name for _, branch in entries)
        self._columns = {full if times[branch.name] > 1 else branch.name: branch for full, branch in entries}
        self._columns = {name: branch for name, branch in self._columns.items() if not _only_groups(branch)}

    @property
    def names(self) -> tuple[str, ...]:
        """Every branch that holds data of its own: those that only group others are left out."""
        return tuple(self._columns)

    def array(self, name: str) -> ak.Array:
        """The values of a branch, or of a member of a struct by its dotted name."""
        if name not in self._read:
            self._read[name] = self._find(name)
        return self._read[name]

    def _find(self, name: str) -> ak.Array:
        for container, path in _splits(name):
            if container in self._columns:
                if not path:
                    column = self._columns[name]
                    return column if isinstance(column, ak.Array) else column.array(library="ak")
                array = self.array(container)
                for key in path:
                    array = array[key]
                return array
        raise KeyError(name)


def _only_groups(branch: Any) -> bool:
    try:
        return type(branch.interpretation).__name__ == "AsGrouped"
    except Exception:  # noqa: BLE001 (of an unknown class: it is to be named, not left out)
        return False


def _splits(name: str) -> Iterator[tuple[str, list[str]]]:
    """The ways to take a dotted name as a container and members in it, longest container first."""
    words = name.split(".")
    for length in range(len(words), 0, -1):
        yield ".".join(words[:length]), words[length:]


def flat_values(array: ak.Array) -> np.ndarray | list[str | None]:
    """All values of a branch in order: numbers bit for bit (without missing ones), or strings."""
    if "string" in str(array.type):
        return list(_leaves(array.to_list()))
    flat = array
    while flat.ndim > 1:
        flat = ak.flatten(flat, axis=1)
    return ak.to_numpy(ak.drop_none(flat))


def missing_values(array: ak.Array) -> np.ndarray:
    """Which of the values are missing (bool), in the order of :func:`flat_values` with the missing ones."""
    flat = array
    while flat.ndim > 1:
        flat = ak.flatten(flat, axis=1)
    return np.asarray(ak.is_none(flat))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for entry in value:
            yield from _leaves(entry)
    else:
        yield value


@lru_cache(maxsize=4)
def source_arrays(path: Path, tree: str) -> SourceArrays:
    """The same object for the tests that follow one another on a table."""
    return SourceArrays(path, tree)
