"""Memory: how many pools an epoch is cut into, so that decoded rows fit."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from ..storage import Dataset
from .argument import check_integer
from .order import Shuffle
from .plan import Plan

#: Bytes of decoded rows a loader holds by default. 64 batches of 1024 rows with 40 slots of 20
#: float32 are 210 MB, and there are two such pools: one in use, one being decoded.
DEFAULT_MEMORY = 1 << 30

#: Batches in a pool, at least, where the user sets no limit.
MIN_POOL_BATCHES = 64

#: Blocks in a pool of rows in stored order: enough for all cores to decode at once.
_SEQUENTIAL_BLOCKS = 16


def count_pools(
    dataset: Dataset,
    plan: Plan,
    num_blocks: int,
    *,
    shuffle: Shuffle,
    batch_size: int,
    memory: int | None,
    world_size: int = 1,
    num_rows: int | None = None,
) -> int:
    """Return the number of pools per epoch; 1 where all rows fit at once.

    For mode ``block``, whose order it is part of, it depends on the dataset, ``batch_size`` and
    ``memory`` alone, not on which fields are read: it counts all of them, as float32.

    Args:
        dataset: What is read.
        plan: Which fields of it.
        num_blocks: Blocks it is cut into.
        shuffle: Mode.
        batch_size: Rows of a batch over all ranks.
        memory: Bytes of decoded rows to hold, or ``None`` for :data:`DEFAULT_MEMORY`.
        num_rows: Rows in these blocks; ``None`` for all of the dataset.
        world_size: Ranks; each holds its own rows of a full shuffle that does not fit at once.

    Raises:
        ConfigError: ``memory`` is not a positive integer.
    """
    if memory is not None:
        check_integer("memory", memory, least=1)
    budget = DEFAULT_MEMORY if memory is None else memory
    if num_rows is None:
        num_rows = dataset.num_rows
    if num_blocks == 0 or num_rows == 0:
        return 1
    if shuffle == "full":
        wanted = {name: entry.fields for name, entry in plan.inputs.items()}
        if num_rows * row_bytes(dataset, wanted, value_bytes=_value_bytes(plan)) <= budget:
            return 1
        return max(2, _pools_of(num_rows * _taken_row_bytes(dataset, plan) / world_size, budget))
    pools = _pools_of(num_rows * row_bytes(dataset, {name: dataset[name].fields for name in dataset}), budget)
    if shuffle == "none":
        block_rows = num_rows / num_blocks
        return max(pools, math.ceil(num_blocks / max(_SEQUENTIAL_BLOCKS, batch_size / block_rows)))
    if memory is None:
        pools = min(pools, max(1, num_rows // (MIN_POOL_BATCHES * batch_size)))
    return min(pools, num_blocks)


def row_bytes(dataset: Dataset, fields: Mapping[str, Collection[str]], *, value_bytes: int = 4) -> float:
    """Return the bytes that some fields of a row take in a pool: at most, or the mean for ragged objects."""
    total = 0.0
    for name, names in fields.items():
        view = dataset[name]
        item = value_bytes * len(names)
        if view.spec.level == "padded":
            total += math.prod(view.num_slots) * item + 8 * math.prod(view.num_slots[:-1])
        elif view.spec.level == "ragged":
            offsets = view.offsets
            total += (8 * len(offsets) + item * int(offsets[-1])) / max(1, dataset.num_rows)
        else:
            total += item
    return total


def _taken_row_bytes(dataset: Dataset, plan: Plan) -> float:
    """Bytes of a row that was taken from its block."""
    item = _value_bytes(plan)
    if plan.form.name != "padded":
        fields = {name: entry.fields for name, entry in plan.inputs.items()}
        return row_bytes(dataset, fields, value_bytes=item) + 8 * (len(plan.scalars) + 1 + len(fields))
    inputs = sum(entry.outer * entry.inner * (item * len(entry.fields) + 1) for entry in plan.inputs.values())
    return inputs + 8 * (len(plan.scalars) + 1)


def _value_bytes(plan: Plan) -> int:
    return plan.numpy_dtype.itemsize


def _pools_of(total_bytes: float, budget: int) -> int:
    """All at once if it fits; else two at a time, one in use and one being made."""
    return 1 if total_bytes <= budget else math.ceil(2 * total_bytes / budget)
