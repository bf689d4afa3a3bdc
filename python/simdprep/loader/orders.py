"""Orders: the row orders of a loader, one for each stream its batches are filled from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..storage import Dataset
from .buckets import Buckets
from .memory import count_pools
from .order import RowOrder, Shuffle, block_bounds
from .plan import Plan
from .ranks import Ranks
from .sampling import Stream, slots_of
from .share import Share, StreamShare
from .source import Source


@dataclass(frozen=True)
class Orders:
    """What decides which rows are in which batch.

    Attributes:
        rows: One order per stream.
        quotas: Rows of each in a batch; empty where there is one stream.
        fingerprint: Of the dataset, and of what is drawn from it and how.
    """

    rows: tuple[RowOrder, ...]
    quotas: tuple[int, ...]
    fingerprint: str

    @property
    def num_rows(self) -> int:
        """Rows of an epoch."""
        return sum(order.num_rows for order in self.rows)

    def sources(self, share: Share, epoch: int) -> tuple[Source, ...]:
        """Return where a rank takes the rows of an epoch from."""
        if not self.quotas:
            return (Source(self.rows[0], share, epoch),)
        start, stop = share.rank * share.rows, (share.rank + 1) * share.rows
        sources = []
        for order, quota, slots in zip(self.rows, self.quotas, slots_of(self.quotas), strict=True):
            first, last = np.searchsorted(slots, [start, stop]).tolist()
            slices = StreamShare(quota, first, last, epoch, len(share))
            sources.append(Source(order, slices, None, slots[first:last] - start))
        return tuple(sources)


def make_orders(
    dataset: Dataset,
    plan: Plan,
    streams: Sequence[Stream],
    *,
    shuffle: Shuffle,
    seed: int,
    batch_size: int,
    memory: int | None,
    ranks: Ranks,
    buckets: Buckets | None,
) -> Orders:
    """Return the orders of some streams.

    Args:
        dataset: What is read.
        plan: Which fields of it.
        streams: What batches are filled from.
        shuffle: Mode of all of them.
        seed: Of the shuffle.
        batch_size: Rows of a batch over all ranks.
        memory: Bytes of decoded rows to hold; ``None`` for the default.
        ranks: How many share a batch.
        buckets: What brings rows of like length together.
    """
    bounds = block_bounds(dataset.part_rows, dataset.chunk_rows)
    orders: list[RowOrder] = []
    quotas: list[int] = []
    digests = [dataset.fingerprint]
    sizes = np.diff(bounds)
    bare = [
        RowOrder(bounds, shuffle, seed, dataset.fingerprint, 1, batch_size, stream.draw, buckets) for stream in streams
    ]
    blocks = np.concatenate([order.used_blocks for order in bare])
    pools = count_pools(
        dataset,
        plan,
        len(blocks),
        shuffle=shuffle,
        batch_size=batch_size,
        memory=memory,
        world_size=ranks.world_size,
        num_rows=int(sizes[blocks].sum()),
    )
    several = len(streams) > 1
    for stream, order in zip(streams, bare, strict=True):
        parts = [dataset.fingerprint]
        parts += [stream.draw.digest] if stream.draw is not None else []
        parts += [stream.name] if several else []
        fingerprint = parts[0] if len(parts) == 1 else hashlib.sha256("\n".join(parts).encode()).hexdigest()
        count = pools if shuffle != "block" else min(pools, max(1, len(order.used_blocks)))
        size = batch_size if stream.quota is None else stream.quota
        orders.append(replace(order, fingerprint=fingerprint, num_pools=count, batch_size=size))
        quotas += [] if stream.quota is None else [stream.quota]
        digests += [fingerprint, str(stream.quota)]
    single = len(orders) == 1 and buckets is None
    if buckets is not None:
        digests.append(f"buckets {buckets.window} {buckets.digest}")
    whole = orders[0].fingerprint if single else hashlib.sha256("\n".join(digests).encode()).hexdigest()
    return Orders(tuple(orders), tuple(quotas) if several else (), whole)
