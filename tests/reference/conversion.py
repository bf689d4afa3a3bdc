"""One table of a real file, converted, beside what uproot says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

import simdprep as sp
from simdprep.convert.recipe import Recipe, make_recipe
from simdprep.readers import Branch, open_source
from tests.reference.format_oracle import Entries, fill_of
from tests.reference.source_arrays import DIMENSIONS, SourceArrays, flat_values, missing_values, source_arrays
from tests.reference.stored_file import StoredFile


@lru_cache(maxsize=4)
def recipe_of(path: Path, tree: str) -> Recipe:
    """Which branch becomes which field, with no config."""
    with open_source(str(path), tree or None) as source:
        return make_recipe(source, sp.Config())


class Conversion:
    """A table and the file it was converted to.

    Args:
        source: A ROOT or Parquet file.
        tree: Name of the tree; empty for Parquet.
        output: The file to write.
        options: Passed on to ``simdprep.convert``.
    """

    def __init__(self, source: Path, tree: str, output: Path, **options: Any) -> None:
        self.summary = sp.convert(str(source), output, tree=tree or None, overwrite=True, **options)
        self.file = StoredFile(output)
        self.recipe = recipe_of(source, tree)
        self.truth: SourceArrays = source_arrays(source, tree)

    @staticmethod
    def config_of(path: Path | str) -> str:
        """The resolved config that a file was made with, as YAML text."""
        text: str = StoredFile(path).provenance["config"]
        return text

    @cached_property
    def entries(self) -> dict[str, Entries]:
        """What the file's objects must hold, from the arrays of uproot and awkward."""
        return {name: self._entries(spec) for name, spec in self.file.objects.items()}

    def _entries(self, spec: Mapping[str, Any]) -> Entries:
        group = self.recipe.grouping.group(spec["name"])
        counts = None
        if group.depth:
            members = group.members or self.children(spec["name"])
            counted = [self.counts(member.branch, group.depth - 1) for member in members.values()]
            counts = counted[0]
            for other in counted[1:]:
                np.testing.assert_array_equal(other, counts, err_msg=f"members of {spec['name']}")
        values = {}
        for field in spec["fields"]:
            member = group.members[field["name"]]
            values[field["name"]] = self._values(member.branch.name, member.slot, field)
        return Entries(values, counts)

    def children(self, name: str) -> Mapping[str, Any]:
        """The members of what hangs on an object."""
        return next(entry.members for entry in self.recipe.grouping.groups if entry.parent == name)

    def counts(self, branch: Branch, level: int) -> np.ndarray:
        """Lengths of the lists of a branch, ``level`` lists down."""
        counts = ak.num(self.truth.array(branch.name), axis=level + 1)
        return ak.to_numpy(ak.flatten(counts, axis=None) if level else counts).astype(np.int64)

    def _values(self, branch: str, slot: tuple[int, ...], field: Mapping[str, Any]) -> np.ndarray:
        values = flat_values(sliced(self.truth.array(branch), slot))
        if field["categories"] is not None:
            # In order of first appearance, as they are given here anew.
            texts = list(dict.fromkeys(text for text in values if text is not None))
            assert field["categories"] == texts
            codes = {text: code for code, text in enumerate(texts)} | {None: fill_of(field)}
            return np.array([codes[text] for text in values], np.int32)
        assert values.dtype == field["dtype"], f"{branch} is {values.dtype}, stored as {field['dtype']}"
        missing = missing_values(sliced(self.truth.array(branch), slot))
        if not missing.any():
            return values
        filled = np.full(len(missing), fill_of(field), values.dtype)
        filled[~missing] = values
        return filled


def sliced(array: ak.Array, slot: tuple[int, ...]) -> ak.Array:
    """One value of every fixed-size array of numbers."""
    return array[(..., *slot)] if slot else array


def plain_name(branch: str) -> str:
    """A branch's name as part of object and field names: no dots, ``Aux``, dimensions or foreign letters."""
    return re.sub(r"\W", "_", re.sub(r"^([^.]+?)Aux(Dyn)?\.", r"\1.", DIMENSIONS.sub("", branch)))


def left_out(told: list[str]) -> set[str]:
    """The branches that a summary says were left out, each behind a reason."""
    names = set()
    for line in told:
        if line.startswith("left out, "):
            reason, _, listed = line.removeprefix("left out, ").rpartition(": ")
            assert reason
            names |= set(listed.split(", "))
    return names
