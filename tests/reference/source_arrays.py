"""The branches of real files read with uproot and awkward alone: what the tests hold conversions against."""

from __future__ import annotations

import re
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
        self.path = path
        self.tree = tree
        self._read: dict[str, ak.Array] = {}
        self._whole: ak.Array | None = None
        if not tree:
            self._whole = ak.from_parquet(path)
            self.num_entries = len(self._whole)
        else:
            self._tree = uproot.open(path)[tree]
            self.num_entries = int(self._tree.num_entries)

    @property
    def names(self) -> tuple[str, ...]:
        """Every branch that holds data of its own: those that only group others are left out."""
        if self._whole is not None:
            return tuple(self._whole.fields)
        if self.is_rntuple:
            return tuple(field.name for field in self._tree.fields)
        entries = list(self._tree.iteritems(recursive=True, full_paths=True))
        plain = [branch.name for _, branch in entries]
        return tuple(
            full if plain.count(branch.name) > 1 else branch.name
            for full, branch in entries
            if not _only_groups(branch)
        )

    @property
    def is_rntuple(self) -> bool:
        return self._whole is None and "RNTuple" in type(self._tree).__name__

    def array(self, name: str) -> ak.Array:
        """The values of a branch, or of a member of a struct by its dotted name."""
        for container, path in _splits(name):
            if self._has(container):
                array = self._container(container)
                for key in path:
                    array = array[key]
                return array
        raise KeyError(name)

    def _has(self, name: str) -> bool:
        if self._whole is not None:
            return name in self._whole.fields
        if self.is_rntuple:
            return name in {field.name for field in self._tree.fields}
        return name in self._tree and not _only_groups(self._tree[name])

    def _container(self, name: str) -> ak.Array:
        if name not in self._read:
            self._read[name] = self._whole[name] if self._whole is not None else self._branch(name)
        return self._read[name]

    def _branch(self, name: str) -> Any:
        if self.is_rntuple:
            return self._tree[name].array(library="ak")
        return self._tree[name].array(library="ak")


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
