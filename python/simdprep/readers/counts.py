"""Counts: how many items the branches of the inputs hold, over their first entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .source import Source

#: Entries that groupings and percentiles are decided by.
FIRST_ENTRIES = 100_000


class Counts:
    """Counts of branches over the first entries of some sources, in their order.

    Args:
        sources: Open sources; those beyond the limit are not touched.
        limit: Most entries looked at; ``None`` for all.
    """

    def __init__(self, sources: Sequence[Source], *, limit: int | None = FIRST_ENTRIES) -> None:
        self._ranges: list[tuple[Source, int]] = []
        left = sum(source.num_entries for source in sources) if limit is None else limit
        for source in sources:
            taken = min(left, source.num_entries)
            if taken:
                self._ranges.append((source, taken))
            left -= taken

    @property
    def num_entries(self) -> int:
        """Entries looked at."""
        return sum(taken for _, taken in self._ranges)

    def __call__(self, name: str, level: int = 0) -> NDArray[Any]:
        """Return the counts of a branch (int64), read step by step.

        Args:
            name: A branch; one without lists and of integers gives its values.
            level: 0 for one count per entry, 1 for the lists within the items, flat.

        Raises:
            InputError: as :meth:`Source.counts`.
        """
        parts = [
            source.counts(name, first, last, level=level)
            for source, taken in self._ranges
            for first, last in source.steps([name], stop=taken)
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)
