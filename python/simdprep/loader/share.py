"""Share: which positions of the epoch's order a rank takes in each batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from .argument import check_choice, check_integer

Tail = Literal["drop", "pad", "uneven"]
TAILS: tuple[Tail, ...] = get_args(Tail)


class Batches(Protocol):
    """This rank's part of the batches of an epoch."""

    @property
    def tail(self) -> Tail:
        """What becomes of the rows that fill no batch."""
        ...

    def __len__(self) -> int:
        """Number of batches; the same for all ranks."""
        ...

    def positions(self, step: int) -> tuple[int, int]:
        """Return the first position of this rank in a step, and one past its last."""
        ...

    def size(self, step: int) -> int:
        """Return the rows of this rank's batch, empty ones included."""
        ...


class Slices(Protocol):
    """Which positions of a run of rows a rank takes at each step."""

    def positions(self, step: int) -> tuple[int, int]:
        """Return the first position of this rank in a step, and one past its last."""
        ...


@dataclass(frozen=True)
class Share:
    """One rank's part of every batch.

    The batch of all ranks comes first: step ``i`` holds the positions ``i * batch_size`` to
    ``(i + 1) * batch_size``, whatever the number of ranks, and these take it in equal slices.

    Attributes:
        num_rows: Rows in an epoch.
        batch_size: Rows of a step, over all ranks.
        rank: Which slice.
        world_size: Number of ranks.
        tail: What becomes of the rows that fill no batch: ``drop`` leaves them out, ``pad`` fills
            the batch with empty rows, ``uneven`` gives a shorter batch (its slices differ by at
            most one row, and may be empty).

    Raises:
        ConfigError: a number is out of range, or the ranks cannot have equal slices.
    """

    num_rows: int
    batch_size: int
    rank: int = 0
    world_size: int = 1
    tail: Tail = "drop"

    def __post_init__(self) -> None:
        for what, least in (("batch_size", 1), ("world_size", 1), ("rank", 0)):
            check_integer(what, getattr(self, what), least=least)
        if self.rank >= self.world_size:
            rule = f"less than world_size, {self.world_size}"
            raise ConfigError("rank", got=self.rank, expected=rule, where="Loader")
        check_choice("tail", self.tail, TAILS)
        rest = self.batch_size % self.world_size
        if rest:
            below, above = self.batch_size - rest, self.batch_size - rest + self.world_size
            raise ConfigError(
                "batch_size",
                got=self.batch_size,
                expected=f"rows over all ranks: a multiple of world_size, {self.world_size}",
                where="Loader",
                hint=f"{below} or {above}" if below else str(above),
            )
        if self.tail == "drop" and 0 < self.num_rows < self.batch_size:
            raise ConfigError(
                "batch_size",
                got=self.batch_size,
                expected=f"at most the dataset's {self.num_rows} rows with tail='drop', which would drop all",
                where="Loader",
                hint="a smaller batch_size, or tail='pad'",
            )

    def __len__(self) -> int:
        """Number of batches; the same for all ranks."""
        whole, rest = divmod(self.num_rows, self.batch_size)
        return whole + (rest > 0 and self.tail != "drop")

    @property
    def rows(self) -> int:
        """Rows of this rank in a full batch."""
        return self.batch_size // self.world_size

    def positions(self, step: int) -> tuple[int, int]:
        """Return the first position of this rank in a step, and one past its last."""
        first = step * self.batch_size
        size = min(self.batch_size, self.num_rows - first)
        if self.tail == "uneven":
            return first + self.rank * size // self.world_size, first + (self.rank + 1) * size // self.world_size
        start = min(self.rank * self.rows, size)
        return first + start, first + min(start + self.rows, size)

    def size(self, step: int) -> int:
        """Return the rows of this rank's batch, the empty ones of the tail included."""
        start, stop = self.positions(step)
        return stop - start if self.tail == "uneven" else self.rows


@dataclass(frozen=True)
class ElementShare:
    """One rank's part of batches that are cut by how many entries their rows have.

    A batch of all ranks takes rows while their entries are within a budget, and at least one. The
    ranks take runs of its rows with as equal numbers of entries as whole rows allow.

    Attributes:
        ends: Entries up to and including each position of the epoch, int64 (num_rows,).
        budget: Entries of a batch, over all ranks.
        rank: Which run.
        world_size: Number of ranks.
        tail: ``drop`` leaves the last batch out, ``uneven`` gives it.
    """

    ends: NDArray[np.int64] = field(repr=False)
    budget: int
    rank: int = 0
    world_size: int = 1
    tail: Tail = "drop"

    def __len__(self) -> int:
        """Number of batches; the same for all ranks, not for all epochs."""
        return len(self.edges) - 1

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        """First position of every batch, and one past the last; int64 (batches + 1,)."""
        edges, taken = [0], 0
        while edges[-1] < len(self.ends):
            stop = int(np.searchsorted(self.ends, taken + self.budget, side="right"))
            stop = max(stop, edges[-1] + 1)
            edges.append(stop)
            taken = int(self.ends[stop - 1])
        if self.tail == "drop" and len(edges) > 2:
            edges.pop()
        return np.array(edges, np.int64)

    def positions(self, step: int) -> tuple[int, int]:
        """Return the first position of this rank in a step, and one past its last."""
        start, stop = self.edges[step : step + 2].tolist()
        before = int(self.ends[start - 1]) if start else 0
        cuts = before + np.arange(self.world_size + 1) * (int(self.ends[stop - 1]) - before) // self.world_size
        inner = start + np.searchsorted(self.ends[start:stop], cuts[1:-1], side="left") + 1
        bounds = [start, *np.minimum(inner, stop).tolist(), stop]
        return bounds[self.rank], bounds[self.rank + 1]

    def size(self, step: int) -> int:
        """Return the rows of this rank's batch."""
        start, stop = self.positions(step)
        return stop - start


@dataclass(frozen=True)
class StreamShare:
    """One rank's part of the rows that one stream gives to every batch.

    Positions count on from epoch to epoch: step ``i`` of epoch ``e`` takes the ``quota`` positions
    from ``(e * steps + i) * quota`` on, of which a rank has those whose slots lie in its slice.

    Attributes:
        quota: Rows of the stream in a batch over all ranks.
        first: Of these, the first of this rank.
        last: One past the last of this rank.
        epoch: Number of the epoch.
        steps: Batches of an epoch.
    """

    quota: int
    first: int
    last: int
    epoch: int
    steps: int

    def positions(self, step: int) -> tuple[int, int]:
        """Return the first position of this rank in a step, and one past its last."""
        start = (self.epoch * self.steps + step) * self.quota
        return start + self.first, start + self.last
