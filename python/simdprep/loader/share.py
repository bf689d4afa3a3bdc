"""Share: which positions of the epoch's order a rank takes in each batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import ConfigError
from .argument import check_choice, check_integer

Tail = Literal["drop", "pad", "uneven"]
TAILS: tuple[Tail, ...] = get_args(Tail)


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
