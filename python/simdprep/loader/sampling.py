"""Sampling: what may be given as ``sample``, and the rows it draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, nearest_hint
from ..storage import Dataset
from .argument import check_integer
from .draw import Draw, Resampled, Subset
from .scalars import read_scalar
from .subset import rows_of_parts

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Weighted:
    """Rows in proportion to a weight: an epoch has row i floor(x) or ceil(x) times, x its share.

    Attributes:
        field: A row-level field such as ``events.weight``, not negative.
        size: Rows of an epoch; ``None`` for as many as there are to draw from.
    """

    field: str
    size: int | None = None


@dataclass(frozen=True)
class Quotas:
    """Batches with a fixed number of rows of each class.

    A class whose rows are used up begins again in another order; what is left of a class at the end
    of an epoch comes first in the next. Rows of other values are not drawn.

    Attributes:
        field: A row-level field such as ``events.label``.
        shares: Share of a batch by value (of strings by name); any positive numbers in proportion.
    """

    field: str
    shares: Mapping[Any, float]


@dataclass(frozen=True)
class Mix:
    """Batches with a fixed number of rows of each of several datasets, opened as one.

    Attributes:
        shares: Share of a batch by path of a part, or pattern of paths, in proportion:
            ``{"*/signal*.h5": 1, "*/ttbar*.h5": 3}``.
    """

    shares: Mapping[str, float]


Sample = str | Weighted | Quotas | Mix


@dataclass(frozen=True)
class Stream:
    """Rows that fill some of the rows of every batch.

    Attributes:
        name: Of the stream, in errors and in the key of its order.
        draw: Its rows; ``None`` for all.
        quota: Rows it has in a batch; ``None`` where it is the only one.
    """

    name: str
    draw: Draw | None
    quota: int | None = None


def make_streams(dataset: Dataset, chosen: Rows | None, sample: Sample | None, batch_size: int) -> tuple[Stream, ...]:
    """Return the streams that batches are filled from.

    Args:
        dataset: What is read.
        chosen: The rows to draw from, increasing; ``None`` for all.
        sample: How to draw; ``None`` for each once.
        batch_size: Rows of a batch over all ranks.

    Raises:
        ConfigError: the sample is not what it should be, or a class or dataset has no rows.
        SchemaError: no such field.
    """
    if sample is None:
        return (Stream("", None if chosen is None else Subset(chosen)),)
    if isinstance(sample, str):
        sample = Weighted(sample)
    if isinstance(sample, Weighted):
        return (Stream("", _resampled(dataset, chosen, sample)),)
    if isinstance(sample, Quotas):
        groups = _classes(dataset, chosen, sample)
    elif isinstance(sample, Mix):
        groups = _datasets(dataset, chosen, sample)
    else:
        rule = "the name of a weight, or Weighted, Quotas or Mix of simdprep.loader"
        raise ConfigError("sample", got=repr(sample), expected=rule, where="Loader")
    for name, rows in groups.items():
        if len(rows) == 0:
            raise ConfigError("sample", got=f"no row of {name}", expected="at least one", where="Loader sample")
    quotas = _quotas(list(groups), list(sample.shares.values()), batch_size)
    return tuple(
        Stream(name, Subset(rows), quota) for (name, rows), quota in zip(groups.items(), quotas, strict=True) if quota
    )


def slots_of(quotas: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return which slots of a batch belong to each stream: evenly spread, the same in every batch."""
    owners = np.concatenate([np.full(quota, stream) for stream, quota in enumerate(quotas)])
    at = np.concatenate([(np.arange(quota) + 0.5) / quota for quota in quotas])
    order = owners[np.argsort(at, kind="stable")]
    return [np.flatnonzero(order == stream).astype(np.int64) for stream in range(len(quotas))]


def _resampled(dataset: Dataset, chosen: Rows | None, sample: Weighted) -> Resampled:
    weights = read_scalar(dataset, sample.field, "sample").astype(np.float64)
    if chosen is not None:
        weights = weights[chosen]
    if sample.size is not None:
        check_integer("size of the sample", sample.size, least=1)
    return Resampled(weights, len(weights) if sample.size is None else int(sample.size), chosen)


def _classes(dataset: Dataset, chosen: Rows | None, sample: Quotas) -> dict[str, Rows]:
    values = read_scalar(dataset, sample.field, "sample", names=True)
    if chosen is not None:
        values = values[chosen]
    groups = {}
    for value in _shares(sample.shares):
        found = np.flatnonzero(values == value).astype(np.int64)
        groups[f"{sample.field} = {value}"] = found if chosen is None else chosen[found]
    return groups


def _datasets(dataset: Dataset, chosen: Rows | None, sample: Mix) -> dict[str, Rows]:
    groups: dict[str, Rows] = {}
    taken = np.zeros(len(dataset.paths), np.int64)
    for pattern in _shares(sample.shares):
        rows, parts = rows_of_parts(dataset, str(pattern))
        taken[parts] += 1
        if not len(parts):
            names = [str(path) for path in dataset.paths]
            hint = nearest_hint(str(pattern), names, otherwise=", ".join(names[:3]))
            raise ConfigError("sample", got=repr(pattern), expected="a part of the dataset", where="Mix", hint=hint)
        groups[str(pattern)] = rows if chosen is None else np.intersect1d(rows, chosen, assume_unique=True)
    if (taken > 1).any():
        part = dataset.paths[int(np.argmax(taken > 1))]
        raise ConfigError("sample", got=f"{part} in several patterns", expected="each part in one", where="Mix")
    return groups


def _shares(shares: object) -> Mapping[Any, float]:
    if not isinstance(shares, Mapping) or not shares:
        raise ConfigError("shares", got=repr(shares), expected="numbers by name", where="Loader sample")
    for name, share in shares.items():
        good = isinstance(share, (int, float, np.number)) and not isinstance(share, bool) and 0 < share < np.inf
        if not good:
            raise ConfigError(f"share of {name}", got=repr(share), expected="a positive number", where="Loader sample")
    return shares


def _quotas(names: list[str], shares: list[float], batch_size: int) -> list[int]:
    """Whole rows in proportion to shares, each at least one: largest remainders, ties to the first."""
    if batch_size < len(names):
        rule = f"at least {len(names)}, one row of each"
        raise ConfigError("batch_size", got=batch_size, expected=rule, where="Loader sample")
    exact = np.array(shares, np.float64) / sum(shares) * batch_size
    quotas = np.maximum(np.floor(exact).astype(np.int64), 1)
    while quotas.sum() != batch_size:
        rest = exact - quotas
        if quotas.sum() < batch_size:
            quotas[int(np.argmax(rest))] += 1
        else:
            quotas[int(np.argmin(np.where(quotas > 1, rest, np.inf)))] -= 1
    return [int(quota) for quota in quotas]
