"""Batching: from what the user asks for to which rows are in which batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, nearest_hint
from ..storage import Dataset
from .argument import check_integer
from .buckets import Buckets
from .order import Shuffle
from .orders import Orders, make_orders
from .plan import Plan
from .ranks import Ranks
from .sampling import Sample, make_streams
from .scalars import read_counts
from .share import Batches, ElementShare, Share, Tail
from .source import Source
from .subset import RowChoice, choose_rows


@dataclass(frozen=True)
class Request:
    """What the user asks for; see :class:`~simdprep.loader.Loader`."""

    shuffle: Shuffle
    seed: int
    batch_size: int
    tail: Tail
    rows: RowChoice | None = None
    sample: Sample | None = None
    bucket: str | None = None
    elements: Mapping[str, int] | None = None
    memory: int | None = None


class Batching:
    """Which rows are in which batch.

    Args:
        orders: Of the rows.
        share: This rank's part of every batch.
        lengths: Entries of every row, where batches are cut by them; else ``None``.

    Attributes:
        orders: As given.
    """

    def __init__(self, orders: Orders, share: Share, *, lengths: _Lengths | None = None) -> None:
        self.orders = orders
        self._share = share
        self._lengths = lengths
        self._latest: tuple[int, ElementShare] | None = None

    @property
    def is_fixed(self) -> bool:
        """All epochs have the same number of batches."""
        return self._lengths is None

    @property
    def size_text(self) -> str:
        """The size of a batch, in words."""
        return str(self._share.batch_size) if self._lengths is None else f"{self._lengths.budget} {self._lengths.name}"

    @property
    def identity(self) -> dict[str, Any]:
        """What decides which rows are in which batch, as JSON can hold it."""
        order = self.orders.rows[0]
        batch = self._share.batch_size if self._lengths is None else f"{self._lengths.budget} {self._lengths.name}"
        pools = [entry.num_pools for entry in self.orders.rows]
        return {
            "fingerprint": self.orders.fingerprint,
            "shuffle": order.shuffle,
            "seed": order.seed,
            "batch_size": batch,
            "num_pools": (pools[0] if len(pools) == 1 else _short(pools)) if order.shuffle == "block" else None,
        }

    @property
    def resident_blocks(self) -> NDArray[np.int64] | None:
        """The blocks to keep decoded, where all fit at once; else ``None``."""
        if any(order.num_pools > 1 for order in self.orders.rows):
            return None
        used: NDArray[np.int64] = np.unique(np.concatenate([order.used_blocks for order in self.orders.rows]))
        return used

    def share(self, epoch: int) -> Batches:
        """Return this rank's part of the batches of an epoch."""
        if self._lengths is None:
            return self._share
        if self._latest is None or self._latest[0] != epoch:
            rows = self.orders.rows[0].epoch(epoch).rows(0, self.orders.num_rows)
            ends = np.cumsum(self._lengths.counts[rows])
            share = self._share
            self._latest = epoch, ElementShare(ends, self._lengths.budget, share.rank, share.world_size, share.tail)
        return self._latest[1]

    def sources(self, epoch: int) -> tuple[Source, ...]:
        """Return where this rank takes the rows of an epoch from."""
        if self._lengths is None:
            return self.orders.sources(self._share, epoch)
        return (Source(self.orders.rows[0], self.share(epoch), epoch),)


@dataclass(frozen=True)
class _Lengths:
    """Entries of every row, and how many a batch may have."""

    name: str
    counts: NDArray[np.int64]
    budget: int


def make_batching(dataset: Dataset, plan: Plan, request: Request, ranks: Ranks) -> Batching:
    """Resolve what is asked for.

    Raises:
        ConfigError: an argument is not what it should be.
        SchemaError: an object or field is not in the dataset.
    """
    check_integer("batch_size", request.batch_size, least=1)
    lengths = _lengths(dataset, plan, request)
    chosen = choose_rows(dataset, request.rows)
    # Batches cut by their entries have no slots that ranks could keep to.
    batch_size = request.batch_size if lengths is None else ranks.world_size
    streams = make_streams(dataset, chosen, request.sample, batch_size)
    if len(streams) > 1 and (request.bucket is not None or lengths is not None):
        got = "bucket" if request.bucket is not None else "elements"
        raise ConfigError("sample", got=f"streams with {got}=", expected="one or the other", where="Loader")
    buckets = None
    if request.bucket is not None:
        counts = read_counts(dataset, _list_object(plan, request.bucket, "bucket"))
        buckets = Buckets(counts.astype(np.int32), _rows_of_batch(request.batch_size, lengths))
    orders = make_orders(
        dataset,
        plan,
        streams,
        shuffle=request.shuffle,
        seed=request.seed,
        batch_size=_rows_of_batch(batch_size, lengths),
        memory=request.memory,
        ranks=ranks,
        buckets=buckets,
    )
    if lengths is not None:
        orders = replace(orders, rows=tuple(replace(order, batch_size=1) for order in orders.rows))
    num_rows = orders.num_rows
    if len(streams) > 1:
        num_rows = max(1, num_rows // batch_size) * batch_size  # streams begin again: every batch is whole
    share = Share(num_rows, batch_size, rank=ranks.rank, world_size=ranks.world_size, tail=request.tail)
    return Batching(orders, share, lengths=lengths)


def _lengths(dataset: Dataset, plan: Plan, request: Request) -> _Lengths | None:
    if request.elements is None:
        return None
    elements: Any = request.elements
    if not isinstance(elements, Mapping) or len(elements) != 1:
        rule = "the entries of a batch, of one object"
        raise ConfigError("elements", got=repr(elements), expected=rule, where="Loader",
                          hint='elements={"Jet": 10000}')  # fmt: skip
    ((name, budget),) = elements.items()
    check_integer("elements", budget, least=1)
    if request.tail == "pad":
        raise ConfigError("tail", got="'pad' with elements=", expected="drop or uneven", where="Loader")
    return _Lengths(name, read_counts(dataset, _list_object(plan, name, "elements")), int(budget))


def _list_object(plan: Plan, name: str, what: str) -> str:
    lists = [entry.spec.name for entry in plan.inputs.values() if entry.spec.is_list]
    if name not in lists:
        hint = nearest_hint(str(name), lists, otherwise=", ".join(lists) or None)
        raise ConfigError(what, got=repr(name), expected="a list object of the inputs", where="Loader", hint=hint)
    return name


def _rows_of_batch(batch_size: int, lengths: _Lengths | None) -> int:
    """Rows of a batch, or about how many it has where entries are counted."""
    if lengths is None or not len(lengths.counts):
        return batch_size
    return max(1, int(lengths.budget / max(1e-9, float(lengths.counts.mean()))))


def _short(numbers: list[int]) -> str:
    return hashlib.sha256(repr(numbers).encode()).hexdigest()[:16]
