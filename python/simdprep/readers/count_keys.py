"""Count keys: small tokens that are equal where the counts of two branches are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .branch import Branch
from .grouping import CountsOf


@dataclass(frozen=True)
class CountKey:
    """Stands for the counts of one level of a branch.

    Attributes:
        token: Equal for equal counts.
        evidence: True where any count is not zero: only then equal counts say anything.
    """

    token: str
    evidence: bool


class CountKeys:
    """The keys of all branches, each computed when first asked for.

    Branches that share a counter or a list share the key, so that counts are taken once for each.

    Args:
        branches: All branches, by name.
        counts: Where counts come from.
    """

    def __init__(self, branches: Mapping[str, Branch], counts: CountsOf) -> None:
        self._branches = branches
        self._counts = counts
        self._known: dict[tuple[str, ...], CountKey] = {}

    def of(self, name: str, level: int = 0) -> CountKey:
        """Return the key of one level of lists; for an integer branch without lists, of its values."""
        branch = self._branches[name]
        if branch.depth == 0 or level > 0:
            place = branch.lists[: level + 1] or (name,)
        else:
            place = (branch.counter,) if branch.counter and branch.counter in self._branches else branch.lists[:1]
        # A list of this branch alone is called by it, as is the value of a counter: no two meanings meet.
        place = (str(level), *place)
        if place not in self._known:
            values = np.ascontiguousarray(self._counts(name, level), dtype=np.int64)
            digest = hashlib.sha256(values.tobytes()).hexdigest()
            self._known[place] = CountKey(digest, bool(values.any()))
        return self._known[place]
