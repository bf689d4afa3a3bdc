"""Converting: a ROOT file to a dataset, against uproot, awkward and h5py one after the other.

The machine's cores are limited to the number of threads, for readers have threads of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import awkward as ak
import h5py
import uproot

import simdprep as sp
from simdprep.testing import toy_jets

from .baselines import h5py_file, naive_convert
from .baselines.awkward_pad import EVENTS, Arrays
from .cases import TRACK_SLOTS, Case, Size, real, toy_nano
from .comparison import assert_equal
from .question import Contender, Target

PEER = "uproot+awkward+h5py"
TREE = "Events"

ASKS = "convert a ROOT file"
TARGETS: tuple[Target, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A ROOT file and what is converted of it."""

    source: Path
    pad: Mapping[str, int]
    objects: tuple[str, ...]
    num_entries: int
    folder: Path
    chunk_rows: int


def toy_ntuple(size: Size) -> Case:
    """A flat ntuple of jets with tracks: one entry per jet, all dtypes."""
    num_rows = {"tiny": 300, "quick": 10_000, "full": 50_000}[size]
    what = f"{num_rows:,} jets of 10 tracks on average in {TRACK_SLOTS} slots, 25 fields of tracks, 9 of jets"
    return Case("toy ntuple", what, partial(_ntuple_events, num_rows), {"tracks": TRACK_SLOTS})


def _ntuple_events(num_rows: int, seed: int = 3) -> ak.Array:
    entries = toy_jets(num_rows, seed=seed)
    numbers = {f"jet_{name}": entries.jets[name] for name in entries.jets.fields}
    return ak.zip({"eventNumber": entries.eventNumber, **numbers, "tracks": entries.tracks}, depth_limit=1)


def write_root(path: Path, events: ak.Array) -> None:
    """Write events as a TTree as NanoAOD has it: ``nJet``, ``Jet_pt``, ..."""
    columns = {name: events[name] for name in events.fields}
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        tree = file.mktree(TREE, {name: column.type.content for name, column in columns.items()})
        step = 10_000
        for start in range(0, len(events), step):
            tree.extend({name: column[start : start + step] for name, column in columns.items()})


def write_steps(path: Path, num_rows: int, step: int) -> None:
    """Write a toy ntuple that is larger than memory should hold."""
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        tree = None
        for start in range(0, num_rows, step):
            events = _ntuple_events(min(step, num_rows - start), seed=3 + start)
            columns = {name: events[name] for name in events.fields}
            if tree is None:
                tree = file.mktree(TREE, {name: column.type.content for name, column in columns.items()})
            for first in range(0, len(events), 10_000):
                tree.extend({name: column[first : first + 10_000] for name, column in columns.items()})


@contextmanager
def on_cores(count: int) -> Iterator[None]:
    """Let this process use only so many cores."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(usable)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def convert_ours(prepared: Prepared, target: Path, threads: int) -> Path:
    """Convert with simdprep."""
    with on_cores(threads):
        sp.convert(
            str(prepared.source),
            target,
            objects=list(prepared.objects),
            pad={name: slots for name, slots in prepared.pad.items() if name != EVENTS},
            threads=threads,
            overwrite=True,
        )
    return target


def cases(size: Size) -> Sequence[Case]:
    return [toy_nano(size), toy_ntuple(size), *real("nano_tt_v12.root", size, objects=("Jet", "Electron", "Muon"))]


def prepare(case: Case, folder: Path) -> Prepared:
    events = case.events()
    source = case.source or folder / "source.root"
    if not source.exists():
        write_root(source, events)
    has_numbers = any(not events[name].fields for name in events.fields)
    pad = {**case.pad, EVENTS: 1} if has_numbers else dict(case.pad)
    chunk_rows = case.schema(events).core().describe().chunk_rows
    return Prepared(source, pad, tuple(pad), len(events), folder, chunk_rows)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    target = prepared.folder / "peer.h5"
    naive = partial(
        naive_convert.convert, prepared.source, target, prepared.pad, tree=TREE, chunk_rows=prepared.chunk_rows
    )
    entries = prepared.num_entries
    ours = []
    for count in threads:
        path = prepared.folder / f"ours-{count}.h5"
        run = partial(convert_ours, prepared, path, count)
        ours.append(Contender("simdprep", run, entries, count, is_ours=True, stores=path))
    return [Contender(PEER, naive, entries, stores=target), *ours]


def check(prepared: Prepared, results: Mapping[str, Path]) -> None:
    check_files(results, PEER)


def check_files(results: Mapping[str, Path], peer: str) -> None:
    """Raise AssertionError unless all files hold what the peer's holds."""
    expected = _contents(results[peer])
    for path in results.values():
        assert_equal(_contents(path), expected)


def _contents(path: Path) -> Arrays:
    """All that a file holds but the multiplicities, which only ours stores."""
    with h5py.File(path, "r") as file:
        fields = {name: [field for field in file[name] if field != "count"] for name in file}
    return h5py_file.read(path, fields)
