"""Lanes: cuts every batch into fixed runs of places, so that a rank need not decode what others take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

#: Lanes of a batch. 1, 2, 4, 8 and 16 ranks take whole lanes; others share one with a neighbour.
NUM_LANES = 16

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Lanes:
    """The lanes of batches: runs of slots that are the same in every batch.

    Position ``p`` is slot ``p % batch_size`` of step ``p // batch_size``. Each lane goes through
    rows of its own in a pool, so that a rank, whose slice of the batches is a few lanes, needs
    only the blocks with these rows. The lanes do not depend on the number of ranks.

    Attributes:
        batch_size: Rows of a batch over all ranks.
        number: How many lanes.
    """

    batch_size: int = 1
    number: int = 1

    @cached_property
    def edges(self) -> Positions:
        """First slot of each lane, and the batch size; int64 (number + 1,). A lane may be empty."""
        edges: Positions = np.arange(self.number + 1, dtype=np.int64) * self.batch_size // self.number
        return edges

    def of(self, positions: Positions) -> Positions:
        """Return the lane of each position."""
        if self.number == 1:
            return np.zeros(len(positions), np.int64)
        lanes: Positions = np.searchsorted(self.edges, positions % self.batch_size, side="right") - 1
        return lanes

    def ranks(self, positions: Positions, lanes: Positions) -> Positions:
        """Return for each position how many positions of a lane lie before it."""
        firsts = self.edges[lanes]
        widths = self.edges[lanes + 1] - firsts
        steps, slots = np.divmod(positions, self.batch_size)
        counts: Positions = steps * widths + np.clip(slots - firsts, 0, widths)
        return counts

    def touched(self, starts: Positions, stops: Positions) -> NDArray[np.bool_]:
        """Return which lanes the position ranges [start, stop) touch, none of which leaves its batch."""
        touched = np.zeros(self.number, np.bool_)
        pairs = np.stack([starts % self.batch_size, (stops - 1) % self.batch_size], axis=1)[starts < stops]
        for first, last in np.unique(pairs, axis=0):
            touched[np.searchsorted(self.edges, first, "right") - 1 : np.searchsorted(self.edges, last, "right")] = True
        return touched
