"""Loading: an epoch of shuffled batches of 1024, standardised, padded slots 0, no GPU.

Peers are run as their own programs put them together (:mod:`benchmarks.peers`), where their
environments are there. ``simdprep`` decodes the file in every epoch; ``in memory`` is an epoch of a
dataset that a first one has decoded. What takes seconds for a batch does one, once, and its rate is
that of these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import simdprep as sp

from . import load_case
from .baselines import h5py_loaders
from .cases import Case, Size, jet_class, toy_tracks
from .load_case import Prepared
from .peers.environments import python_of
from .peers.peer import Peer
from .question import Contender, Target

FANCY = "h5py fancy indexing"
ITEMS = "torch DataLoader per item on h5py"
SALT = "salt"
WEAVER = "weaver on ROOT"
COPY = "copy of ready batches"
_FEW_BATCHES = 2
IN_MEMORY = "simdprep, in memory, full shuffle"

#: Contenders that take seconds for a batch, and how many batches they do, once.
_SLOW_ONES, _SLOW_BATCHES = (FANCY, ITEMS), 1

#: Batches that copies go round in, as ours do: what a loader has in flight.
_COPIES = 8
_SEED = 5

#: Bytes of decoded rows that the loader may hold where it is to decode in every epoch: about 128 batches.
_LITTLE = 1 << 28

ASKS = "an epoch of shuffled batches of 1024"
MOST_ROUNDS = 5
TARGETS: tuple[Target, ...] = (
    Target(FANCY, 4, "speed", 400, ("toy tracks",)),
    Target(f"{COPY}, 4 threads", 4, "speed", 0.83, ("toy tracks",), ours=IN_MEMORY),
)
if python_of("salt") is not None:
    TARGETS += (
        Target(f"{SALT}, 0 workers", 4, "speed", 12, ("toy tracks",)),
        Target(f"{SALT}, 4 workers", 4, "speed", 5, ("toy tracks",)),
        Target(f"{SALT}, 0 workers", 4, "speed", 25, ("toy tracks",), ours=IN_MEMORY),
    )


def cases(size: Size) -> Sequence[Case]:
    return [toy_tracks(size, rows=100_000), jet_class(size)]


prepare: Callable[[Case, Path], Prepared] = load_case.prepare


def loader(prepared: Prepared, dataset: sp.Dataset, threads: int | None = None, **options: Any) -> sp.Loader:
    """Return our loader."""
    return sp.Loader(
        dataset,
        **{
            "inputs": {"tracks": list(prepared.fields)},
            "labels": "jets.mark",
            "batch_size": prepared.batch_size,
            "seed": _SEED,
            "threads": threads,
            "transforms": prepared.standardise(),
            "pad": {"tracks": prepared.slots},
            **options,
        },
    )


def consume(batches: Iterable[Any]) -> int:
    """Go through batches as a training loop would; return their number."""
    return sum(1 for _ in batches)


def decoded_epoch(prepared: Prepared, layout: str, threads: int) -> int:
    """Go through an epoch with a loader that has nothing in memory yet and may keep little."""
    with sp.open(prepared.path(layout), threads=threads) as dataset:
        return consume(loader(prepared, dataset, threads, memory=_LITTLE))


def resident_epochs(prepared: Prepared, threads: int) -> Callable[[], int]:
    """Return what goes through an epoch, fully shuffled, of a loader that its first call has filled."""
    made: list[sp.Loader] = []

    def run() -> int:
        if not made:
            dataset = sp.open(prepared.path("ragged"), threads=threads)
            made.append(loader(prepared, dataset, threads, shuffle="full"))
            consume(made[0])
        return consume(made[0])

    return run


class Copies:
    """An epoch of copying ready batches that no cache holds, into memory that is used again: the most there can be."""

    def __init__(self, prepared: Prepared, threads: int) -> None:
        self._shape = (prepared.batch_size, prepared.slots, len(prepared.fields))
        self._batches = prepared.num_batches
        self._threads = threads
        self._ready: NDArray[np.float32] | None = None

    def __call__(self) -> int:
        """Copy them."""
        if self._ready is None:
            held = max(4, (1 << 28) // (4 * int(np.prod(self._shape))))  # more than caches hold
            self._ready = np.ones((held, *self._shape), np.float32)
            self._copies = np.ones((_COPIES, *self._shape), np.float32)
        with ThreadPoolExecutor(self._threads) as executor:
            return consume(executor.map(self._copy, range(self._batches)))

    def _copy(self, number: int) -> None:
        assert self._ready is not None
        np.copyto(self._copies[number % _COPIES], self._ready[number % len(self._ready)])


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    epoch = prepared.num_batches * prepared.batch_size
    few = _SLOW_BATCHES * prepared.batch_size
    fancy = partial(
        h5py_loaders.fancy_batches, prepared.path("columns"), "tracks", prepared.fields,
        batch_size=prepared.batch_size, num_batches=_SLOW_BATCHES, seed=_SEED,
    )  # fmt: skip
    found = [Contender(FANCY, lambda: consume(fancy()), few, once=True)]
    for name, peer in peers(prepared):
        slow = name in _SLOW_ONES
        run = partial(peer.epoch, _SLOW_BATCHES if slow else 0)
        rows = few if slow else epoch
        found.append(Contender(name, run, rows, measures_memory=False, once=slow, program=peer))
    for count in threads:
        found.append(Contender(f"{COPY}, {count} threads", Copies(prepared, count), epoch))
    for count in threads:
        runs: dict[str, Callable[[], int]] = {
            "simdprep": partial(decoded_epoch, prepared, "columns", count),
            "simdprep, compound": partial(decoded_epoch, prepared, "compound", count),
            "simdprep, ragged": partial(decoded_epoch, prepared, "ragged", count),
            IN_MEMORY: resident_epochs(prepared, count),
        }
        found += [Contender(name, run, epoch, count, is_ours=True) for name, run in runs.items()]
    return found


@lru_cache(maxsize=1)  # the same programs are timed and compared: each takes seconds to start
def peers(prepared: Prepared) -> list[tuple[str, Peer]]:
    """Return the peers whose environments are there: name and program."""
    found = []
    salt, weaver = python_of("salt"), python_of("weaver")
    if salt is not None:
        for workers in (0, 4):
            peer = Peer("salt_loader.py", salt, prepared.settings(workers=workers), prepared.folder)
            found.append((f"{SALT}, {workers} workers", peer))
        items = Peer("torch_loader.py", salt, prepared.settings(), prepared.folder)
        found.append((ITEMS, items))
    if weaver is not None:
        norm = prepared.standardise()
        more = {
            "paths": prepared.root_paths, "config": str(prepared.folder / "weaver.yaml"), "fetch_step": 0.2,
            "moments": list(zip(norm.mean.tolist(), norm.std.tolist(), strict=True)),
        }  # fmt: skip
        for workers in (0, 4):
            peer = Peer("weaver_loader.py", weaver, prepared.settings(workers=workers, **more), prepared.folder)
            found.append((f"{WEAVER}, {workers} workers", peer))
    return found


def check(prepared: Prepared, results: Mapping[str, int]) -> None:
    """All went through as many batches; what they hand out is what the file holds, each row once."""
    for key, count in results.items():
        few = key in _SLOW_ONES
        # weaver's workers each leave out what fills no batch of theirs
        least = prepared.num_batches - 4 if key.startswith(WEAVER) else prepared.num_batches
        assert count == _SLOW_BATCHES if few else least <= count <= prepared.num_batches, (key, count)
    for name, peer in peers(prepared):
        batches = peer.first_batches(_SLOW_BATCHES if name in _SLOW_ONES else _FEW_BATCHES)
        marks = batches["marks"].astype(np.int64)
        assert len(np.unique(marks)) == len(marks), name
        values, valid = prepared.expected(marks)
        if name == ITEMS:  # it does not standardise, which makes it quicker
            norm = prepared.standardise()
            values = np.where(valid[..., None], values * norm.std + norm.mean, 0).astype(np.float32)
        theirs = batches["values"]
        if name.startswith(SALT):  # its norm moves empty slots, too
            np.testing.assert_array_equal(batches["valid"], valid)
            theirs = np.where(valid[..., None], theirs, 0)
        np.testing.assert_allclose(theirs, values, rtol=1e-3, atol=1e-4, err_msg=name)
    for layout in ("columns", "compound", "ragged"):
        with sp.open(prepared.path(layout)) as dataset:
            _check_ours(prepared, loader(prepared, dataset, memory=_LITTLE))
            _check_ours(prepared, loader(prepared, dataset, shuffle="full"))


def _check_ours(prepared: Prepared, ours: sp.Loader) -> None:
    seen = []
    for number, batch in enumerate(ours):
        np.testing.assert_array_equal(batch.labels, batch.index)
        seen.append(batch.index)
        if number < _FEW_BATCHES:
            values, valid = prepared.expected(batch.index)
            np.testing.assert_array_equal(batch.valid["tracks"], valid)
            np.testing.assert_allclose(batch["tracks"], values, rtol=1e-5, atol=1e-5)
    index = np.concatenate(seen)
    assert len(np.unique(index)) == len(index) == prepared.num_batches * prepared.batch_size
