"""Multiplicities: how many entries objects have, and the slots that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from ..errors import SimdprepError
from .inputs import Inputs
from .recipe import Recipe

#: Entries that percentile pads are taken from, the first of the sorted inputs.
FIRST_ENTRIES = 100_000

#: Slots hold the multiplicity of 99 % of the parents where nothing else is asked for.
DEFAULT_PAD = "p99"


class Multiplicities:
    """Histograms of the multiplicities of some objects, after their selections.

    Attributes:
        counts: By object, how many parents have 0, 1, 2, ... entries (int64).
    """

    def __init__(self, counts: Mapping[str, NDArray[np.int64]]) -> None:
        self.counts = dict(counts)

    def slots(self, name: str, rule: str) -> int:
        """Return the slots of an object by ``max`` or a percentile such as ``p99``; at least 1.

        A percentile is the least number that this share of the parents does not exceed.
        """
        histogram = self.counts[name]
        filled = np.flatnonzero(histogram)
        if len(filled) == 0:
            return 1
        if rule == "max":
            return max(int(filled[-1]), 1)
        share = float(rule[1:]) / 100 * histogram.sum()
        # A hair less, so that 100 % of the parents is reached in floating point too.
        return max(int(np.searchsorted(np.cumsum(histogram), share * (1 - 1e-12))), 1)

    def total(self, name: str) -> int:
        """Return how many entries there are."""
        return int((self.counts[name] * np.arange(len(self.counts[name]))).sum())

    @classmethod
    def measure(cls, recipe: Recipe, inputs: Inputs, names: Iterable[str], *, limit: int | None) -> Multiplicities:
        """Read the inputs and count.

        Args:
            recipe: Its selections are applied first.
            inputs: The files.
            names: The objects to count.
            limit: Entries to look at; ``None`` for all.

        Raises:
            InputError: an input cannot be read.
        """
        counts: dict[str, NDArray[np.int64]] = {name: np.zeros(1, np.int64) for name in names}
        if not counts:
            return cls(counts)
        for events in _selected(_lean(recipe, counts), inputs, limit):
            for name in counts:
                counts[name] = _add(counts[name], _numbers(events, recipe, name))
        return cls(counts)


def count_lost(recipe: Recipe, inputs: Inputs, pads: Mapping[str, int], *, limit: int | None) -> dict[str, int]:
    """Read the inputs and count the entries that find no slot, or hang on one that finds none.

    Args:
        recipe: Its selections are applied first.
        inputs: The files.
        pads: Slots by object; all that have any.
        limit: Entries to look at; ``None`` for all.

    Raises:
        InputError: an input cannot be read.
    """
    lost = dict.fromkeys(pads, 0)
    if not lost:
        return lost
    for events in _selected(_lean(recipe, pads), inputs, limit):
        for name, slots in pads.items():
            entry = recipe.grouping.group(name)
            numbers = ak.num(events[name], axis=entry.depth)
            outer = pads.get(entry.parent or "")
            stored = numbers[:, :outer] if entry.depth > 1 and outer is not None else numbers
            lost[name] += _sum(numbers) - _sum(np.minimum(stored, slots))
    return lost


def _selected(recipe: Recipe, inputs: Inputs, limit: int | None) -> Iterator[ak.Array]:
    """Yield the selected events; what cannot be read is passed over where bad files may be skipped."""
    for source, start, stop in inputs.ranges(limit=limit):
        try:
            recipe.check(source)
            steps = source.steps(recipe.grouping.branch_names, start=start, stop=stop)
        except SimdprepError:
            if not inputs.skip_bad_files:
                raise
            continue
        for first, last in steps:
            try:
                events = recipe.select(source, first, last).events
            except SimdprepError:
                if not inputs.skip_bad_files:
                    raise
                continue
            yield events


def _sum(numbers: ak.Array) -> int:
    return int(ak.sum(numbers, axis=None))


def _lean(recipe: Recipe, names: Iterable[str]) -> Recipe:
    """The recipe with one field per counted object, where no expression needs more."""
    if recipe.rules:
        return recipe
    counted = {*names}
    found = recipe.grouping.groups
    for entry in found:
        if entry.name in names and not entry.members:  # its lists show in what hangs on it
            counted.update([other.name for other in found if other.parent == entry.name][:1])
    groups = []
    for entry in found:
        if entry.name in counted:
            groups.append(replace(entry, members=dict(list(entry.members.items())[:1])))
        elif any(other.parent == entry.name and other.name in counted for other in found):
            groups.append(replace(entry, members={}))
    return replace(recipe, grouping=replace(recipe.grouping, groups=tuple(groups)))


def _numbers(events: ak.Array, recipe: Recipe, name: str) -> NDArray[Any]:
    depth = recipe.grouping.group(name).depth
    numbers: NDArray[Any] = ak.to_numpy(ak.flatten(ak.num(events[name], axis=depth), axis=None))
    return numbers


def _add(histogram: NDArray[np.int64], numbers: NDArray[Any]) -> NDArray[np.int64]:
    more = np.bincount(numbers.astype(np.int64), minlength=len(histogram)).astype(np.int64)
    more[: len(histogram)] += histogram
    return more
