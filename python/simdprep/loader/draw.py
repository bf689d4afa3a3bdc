"""Draw: which rows an epoch has, and how often each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from .permutation import hashes

Rows = NDArray[np.int64]


class Draw(Protocol):
    """Which rows an epoch has. Their number is the same in every epoch."""

    @property
    def size(self) -> int:
        """Rows of an epoch, repetitions counted."""
        ...

    @property
    def digest(self) -> str:
        """What tells this draw from others."""
        ...

    @property
    def chosen(self) -> Rows | None:
        """The rows that any epoch may have, increasing; ``None`` for all."""
        ...

    def rows(self, key: int) -> Rows:
        """Return the rows of the epoch of a key, in increasing order, with repetitions."""
        ...


@dataclass(frozen=True)
class Subset:
    """Some rows, each once, in every epoch.

    Attributes:
        chosen: Their numbers, increasing.
    """

    chosen: Rows = field(repr=False)

    @property
    def size(self) -> int:
        """Rows of an epoch."""
        return len(self.chosen)

    @cached_property
    def digest(self) -> str:
        """What tells this draw from others."""
        return _digest("subset", self.chosen)

    def rows(self, key: int) -> Rows:
        """Return the rows; the same for every key."""
        return self.chosen


@dataclass(frozen=True)
class Resampled:
    """Rows in proportion to weights: row i is there floor(x) or ceil(x) times, x its share of the epoch.

    Systematic resampling: equidistant points on the cumulative weights. Over epochs every row comes
    as often as its weight says; within one, no row comes more often, or less, than it must.

    Attributes:
        weights: Of all rows of the dataset, or of ``chosen``; none is negative, one is positive.
        chosen: The rows they belong to; ``None`` for all.
        size: Rows of an epoch.
    """

    weights: NDArray[np.float64] = field(repr=False)
    size: int
    chosen: Rows | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        weights = self.weights
        bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if len(bad):
            row = int(bad[0] if self.chosen is None else self.chosen[bad[0]])
            raise ConfigError(
                "weight to sample by", got=f"{weights[bad[0]]} in row {row}", expected="finite and not negative",
                where="Loader sample",
            )  # fmt: skip
        if not weights.any():
            raise ConfigError("weights to sample by", got="no positive one", expected="some", where="Loader sample")

    @cached_property
    def digest(self) -> str:
        """What tells this draw from others."""
        chosen = np.zeros(0, np.int64) if self.chosen is None else self.chosen
        return _digest(f"weights {self.size}", self.weights, chosen)

    def rows(self, key: int) -> Rows:
        """Return the rows of the epoch of a key, in increasing order, with repetitions."""
        offset = float(hashes(key, 1)[0] >> np.uint64(11)) / (1 << 53)
        # How many of the points 0, 1, 2, ... lie before the end of each row's stretch.
        ends = np.ceil(self._stretches - offset).astype(np.int64)
        ends[self._last :] = self.size  # rounding loses no point
        counts = np.diff(ends, prepend=0)
        drawn: Rows = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
        return drawn if self.chosen is None else self.chosen[drawn]

    @cached_property
    def _stretches(self) -> NDArray[np.float64]:
        """Cumulative weights, up to the number of rows of an epoch."""
        sums = np.cumsum(self.weights)
        stretches: NDArray[np.float64] = np.minimum(sums * (self.size / sums[-1]), self.size)
        return stretches

    @cached_property
    def _last(self) -> int:
        """The last row with a weight."""
        return int(np.flatnonzero(self.weights)[-1])


def _digest(kind: str, *arrays: NDArray[np.generic]) -> str:
    digest = hashlib.sha256(kind.encode())
    for array in arrays:
        digest.update(repr((array.dtype.str, len(array))).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
