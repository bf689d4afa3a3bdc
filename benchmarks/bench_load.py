"""Loading: an epoch of shuffled batches of 1024, each value decoded, padded slots 0, no GPU.

``simdprep`` decodes the file in every epoch; ``simdprep, in memory`` is an epoch of a dataset that a
first one has decoded. Random rows by fancy indexing are so slow that two batches must do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

import simdprep as sp

from .baselines import h5py_loaders
from .bench_write import write_ours
from .cases import Case, Size, toy_tracks
from .question import Contender, Target

FANCY = "h5py fancy indexing"
SLICES = "h5py shuffled slices"
_FANCY_BATCHES = 2
_SEED = 5

ASKS = "an epoch of shuffled batches of 1024"
TARGETS: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A file, the object in it, and how it is loaded."""

    path: Path
    name: str
    fields: tuple[str, ...]
    num_rows: int
    batch_size: int

    @property
    def num_batches(self) -> int:
        """Full batches in an epoch."""
        return self.num_rows // self.batch_size

    def loader(self, dataset: sp.Dataset, threads: int | None = None) -> sp.Loader:
        """Return our loader."""
        inputs = {self.name: list(self.fields)}
        return sp.Loader(dataset, inputs=inputs, batch_size=self.batch_size, seed=_SEED, threads=threads)


def consume(batches: Iterator[NDArray[Any]]) -> int:
    """Go through batches as a training loop would; return their number."""
    return sum(1 for _ in batches)


def decoded_epoch(prepared: Prepared, threads: int) -> int:
    """Go through an epoch with a loader that has nothing in memory yet."""
    with sp.open(prepared.path, threads=threads) as dataset:
        return consume(batch[prepared.name] for batch in prepared.loader(dataset, threads))


def resident_epochs(prepared: Prepared, threads: int) -> Callable[[], int]:
    """Return what goes through an epoch of a loader that its first call has filled."""
    loader: list[sp.Loader] = []

    def run() -> int:
        if not loader:
            loader.append(prepared.loader(sp.open(prepared.path, threads=threads), threads))
            consume(batch[prepared.name] for batch in loader[0])
        return consume(batch[prepared.name] for batch in loader[0])

    return run


def cases(size: Size) -> Sequence[Case]:
    return [toy_tracks(size)]


def prepare(case: Case, folder: Path) -> Prepared:
    events = case.events()
    path = folder / "ours.h5"
    if not path.exists():
        write_ours(path, events, case.schema(events), 0)
    ((name, _),) = case.pad.items()
    return Prepared(path, name, tuple(events[name].fields), len(events), min(1024, len(events) // 4))


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    epoch = prepared.num_batches * prepared.batch_size
    options = {"batch_size": prepared.batch_size, "seed": _SEED}
    source = (prepared.path, prepared.name, prepared.fields)

    def fancy() -> int:
        return consume(h5py_loaders.fancy_batches(*source, num_batches=_FANCY_BATCHES, **options))

    def slices() -> int:
        return consume(h5py_loaders.slice_batches(*source, num_batches=prepared.num_batches, **options))

    ours = []
    for count in threads:
        runs = {
            "simdprep": partial(decoded_epoch, prepared, count),
            "simdprep, in memory": resident_epochs(prepared, count),
        }
        ours += [Contender(name, run, epoch, count, is_ours=True) for name, run in runs.items()]
    return [
        Contender(FANCY, fancy, _FANCY_BATCHES * prepared.batch_size),
        Contender(SLICES, slices, epoch),
        *ours,
    ]


def check(prepared: Prepared, results: Mapping[str, int]) -> None:
    assert results[FANCY] == _FANCY_BATCHES
    assert {count for key, count in results.items() if key != FANCY} == {prepared.num_batches}
    seen: list[NDArray[np.int64]] = []
    with sp.open(prepared.path) as dataset, h5py.File(prepared.path) as file:
        for number, batch in enumerate(prepared.loader(dataset)):
            seen.append(batch.index)
            if number >= 2:
                continue
            rows = np.argsort(batch.index)
            expected = h5py_loaders.read_rows(file[prepared.name], prepared.fields, batch.index[rows])
            assert np.array_equal(batch[prepared.name][rows], expected)
    index = np.concatenate(seen)
    assert len(np.unique(index)) == len(index) == prepared.num_batches * prepared.batch_size
