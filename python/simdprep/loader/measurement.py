"""Measurement: how fast a dataset's batches come on this machine, and what holds them up."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import ConfigError, nearest_hint
from ..storage import Dataset
from ..thread_pool import thread_pool
from .loader import Loader
from .order import Shuffle
from .scalars import read_counts

#: Bytes read at once where only the storage is timed.
_READ_AT_ONCE = 8 << 20

#: What holds batches up, in the order of the data's way, and what helps.
ADVICE = {
    "storage": "a faster or nearer disk helps, or a copy in memory",
    "decoding": "more threads help, fewer fields, or memory= for all rows, which are then decoded once",
    "batches": "more threads help, fewer fields, slots or transforms",
}


@dataclass(frozen=True)
class Measurement:
    """What :func:`measure` returns. Rates are per second.

    Attributes:
        rows: Rows handed out in the time.
        batch_bytes: Bytes of these batches.
        seconds: The time, from the first request to the last batch.
        batch_size: Rows of a batch.
        shuffle: Mode.
        threads: Threads that decoded and gathered.
        inflation: Noise of a batch's mean against a full shuffle, at most.
        storage_bytes: Bytes of the files per second, read and thrown away.
        storage_rows: Rows these are.
        decoded_rows: Rows decoded per second of decoding alone; 0 where all were decoded before.
        made_rows: Rows gathered into batches per second of that alone.
        limit: ``storage``, ``decoding`` or ``batches``: the slowest of the three.
    """

    rows: int
    batch_bytes: int
    seconds: float
    batch_size: int
    shuffle: str
    threads: int
    inflation: float
    storage_bytes: float
    storage_rows: float
    decoded_rows: float
    made_rows: float
    limit: str

    @property
    def rows_per_second(self) -> float:
        """Rows handed out per second."""
        return self.rows / self.seconds

    @property
    def bytes_per_second(self) -> float:
        """Bytes of batches handed out per second."""
        return self.batch_bytes / self.seconds

    @property
    def advice(self) -> str:
        """What helps against the limit."""
        return ADVICE[self.limit]

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data for JSON."""
        rates = {"rows_per_second": self.rows_per_second, "bytes_per_second": self.bytes_per_second}
        return {**asdict(self), **rates, "advice": self.advice}


def measure(
    dataset: Dataset,
    *,
    objects: Sequence[str] | None = None,
    batch_size: int = 1024,
    shuffle: Shuffle = "block",
    threads: int | None = None,
    memory: int | None = None,
    seconds: float = 3.0,
) -> Measurement:
    """Load batches with all fields for a while, and time each stage for itself.

    Args:
        dataset: Open.
        objects: Which objects; ``None`` for all.
        batch_size: Rows of a batch, or all rows where there are fewer.
        shuffle: As for :class:`Loader`.
        threads: As for :class:`Loader`.
        memory: As for :class:`Loader`; where all rows fit, they are decoded once and come from memory then.
        seconds: Stops after the epoch in which these have passed.

    Raises:
        ConfigError: no rows, or an object that is not there.
    """
    if not dataset.num_rows:
        raise ConfigError("dataset", got="no rows", expected="some to load", where="bench")
    batch_size = min(batch_size, dataset.num_rows)
    inputs = _inputs(dataset, objects)
    loader = Loader(
        dataset, inputs=inputs, batch_size=batch_size, shuffle=shuffle, threads=threads, memory=memory,
        pad=_pads(dataset, inputs), rank=0, world_size=1,
    )  # fmt: skip
    rows = batch_bytes = decoded_rows = 0
    decoding = making = spent = 0.0
    while spent < seconds:
        begun = time.perf_counter()
        for batch in loader:
            rows += batch.num_rows
            batch_bytes += sum(values.nbytes for values in (*batch.values(), *batch.valid.values()))
        spent += time.perf_counter() - begun
        epoch = loader.stats.epoch
        if epoch.decoded_rows:
            decoding, decoded_rows = decoding + epoch.decode_seconds, decoded_rows + epoch.decoded_rows
        making += epoch.make_seconds
    storage = _storage_rate(dataset, min(1.0, seconds))
    file_bytes = sum(path.stat().st_size for path in dataset.paths)
    stages = {
        "storage": storage * dataset.num_rows / file_bytes,
        "decoding": decoded_rows / decoding if decoding else 0.0,
        "batches": rows / making if making else 0.0,
    }
    in_memory = loader.order.num_pools == 1 and decoded_rows < rows
    limit = "batches" if in_memory else min((rate, name) for name, rate in stages.items() if rate)[1]
    return Measurement(
        rows=rows,
        batch_bytes=batch_bytes,
        seconds=spent,
        batch_size=batch_size,
        shuffle=shuffle,
        threads=thread_pool(threads or 0).size,
        inflation=loader.shuffle_inflation,
        storage_bytes=storage,
        storage_rows=stages["storage"],
        decoded_rows=stages["decoding"],
        made_rows=stages["batches"],
        limit=limit,
    )


def _inputs(dataset: Dataset, objects: Sequence[str] | None) -> dict[str, list[str]]:
    names = list(dataset) if objects is None else list(objects)
    for name in names:
        if name not in dataset:
            hint = nearest_hint(name, list(dataset), otherwise=", ".join(dataset))
            raise ConfigError("object", got=repr(name), expected="one of the dataset", where="bench", hint=hint)
    inputs = {name: list(dataset[name].fields) for name in names}
    return {name: fields for name, fields in inputs.items() if fields}


def _pads(dataset: Dataset, inputs: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
    """Slots of ragged objects: what 99 % of the rows do not exceed."""
    pads: dict[str, int] = {}
    for name in inputs:
        spec = dataset[name].spec
        while spec.level == "ragged" and spec.name not in pads:
            counts = read_counts(dataset, spec.name)
            pads[spec.name] = max(1, int(np.quantile(counts, 0.99)))
            if spec.parent is None or spec.parent not in dataset or not dataset[spec.parent].spec.is_list:
                break
            spec = dataset[spec.parent].spec
    return pads or None


def _storage_rate(dataset: Dataset, seconds: float) -> float:
    """Bytes per second at which the files can be read, one after the other, for a while."""
    taken, begun = 0, time.perf_counter()
    buffer = bytearray(_READ_AT_ONCE)
    for path in dataset.paths:
        with path.open("rb", buffering=0) as file:
            while (count := file.readinto(buffer)) and time.perf_counter() - begun < seconds:
                taken += count
    return taken / max(1e-9, time.perf_counter() - begun)
