"""Buckets: rows of like length in one batch, so that padding to the longest wastes little."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .lanes import Lanes
from .permutation import hashes, key_of

#: Batches whose rows are sorted by length at once: enough that a batch is narrow, few enough that
#: neighbours in the order of lengths still change from epoch to epoch.
WINDOW = 16

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Buckets:
    """Sorts the rows of a window of batches by length, cuts them into batches, and shuffles these.

    Attributes:
        counts: Length of every row, (num_rows,).
        batch_size: Rows of a batch over all ranks.
        window: Batches of a window.
    """

    counts: NDArray[np.integer] = field(repr=False)
    batch_size: int
    window: int = WINDOW

    @cached_property
    def digest(self) -> str:
        """What tells these buckets from others."""
        return hashlib.sha256(np.ascontiguousarray(self.counts, np.int64).data).hexdigest()

    def arrange(self, positions: Positions, counts: NDArray[np.integer], lanes: Lanes, key: int | None) -> Positions:
        """Return where each position takes its row from: a permutation of the positions within windows and lanes.

        Rows at the ends of a pool, in batches that it shares with its neighbours, stay where they are.

        Args:
            positions: All positions of a pool, consecutive.
            counts: Length of the row at each of them.
            lanes: Each keeps its rows.
            key: Of the order of batches within a window; ``None`` leaves them by length.
        """
        moved = positions.copy()
        start = int(positions[0]) if len(positions) else 0
        first_step = -(-start // self.batch_size)
        last_step = (start + len(positions)) // self.batch_size
        for step in range(first_step, last_step, self.window):
            steps = min(self.window, last_step - step)
            turns = np.arange(steps)
            if key is not None:
                turns = np.argsort(hashes(key_of(key, step), steps), kind="stable")
            whole = (step * self.batch_size - start, (step + steps) * self.batch_size - start)
            grid = np.arange(*whole).reshape(steps, self.batch_size)
            for first, last in zip(lanes.edges[:-1], lanes.edges[1:], strict=True):
                slots = grid[:, first:last] if lanes.number > 1 else grid
                flat = slots.ravel()
                by_length = flat[np.argsort(counts[flat], kind="stable")].reshape(slots.shape)
                moved[slots[turns]] = positions[by_length]
        return moved
