"""Writing: events to a file, against h5py with shuffle and gzip 4, and against a thread pool with python-isal.

Ours begins with ragged events and includes the padding; the peers begin with arrays padded before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import awkward as ak

import simdprep as sp

from .baselines import direct_chunks, h5py_file
from .baselines.awkward_pad import Arrays, pad_events
from .cases import Case, Size, real, toy_nano, toy_tracks
from .comparison import assert_equal
from .machine import other_isas
from .question import Contender, Target

PEER = f"h5py shuffle+gzip {h5py_file.GZIP_LEVEL}"

#: The strongest that can be had without a library of one's own.
POOL = "thread pool + python-isal"

ASKS = "write events to a file"
_TRACKS = ("toy tracks, *",)
TARGETS = (
    Target(PEER, 4, "speed", 25.0, ("toy tracks, columns",)),
    Target(PEER, 1, "speed", 6.0, ("toy tracks, columns",)),
    Target(PEER, 4, "size", 0.85, _TRACKS),
    Target(POOL, 4, "speed", 1.7, _TRACKS),
    Target(POOL, 4, "size", 1.0, (*_TRACKS, "toy NanoAOD, columns")),
    Target(PEER, 4, "speed", 8.0, _TRACKS, ours="simdprep avx2"),
    Target(PEER, 4, "speed", 3.0, _TRACKS, ours="simdprep scalar"),
)


@dataclass(frozen=True)
class Prepared:
    """What writing starts from."""

    case: Case
    events: ak.Array
    schema: sp.Schema
    folder: Path

    @cached_property
    def arrays(self) -> Arrays:
        """The events padded for the peers."""
        return pad_events(self.events, self.case.pad)

    @classmethod
    def of(cls, case: Case, folder: Path, *, level: int | None = None) -> Prepared:
        """Make the events of a case."""
        events = case.events()
        return cls(case, events, case.schema(events, level=level), folder)

    @property
    def fields(self) -> dict[str, list[str]]:
        """Names of all fields by object, ``valid`` included."""
        return {name: list(fields) for name, fields in self.arrays.items()}

    def peer(self) -> Contender:
        """Return h5py as a contender."""
        path = self.folder / "peer.h5"
        return Contender(PEER, lambda: h5py_file.write(path, self.arrays, **self._form), len(self.events), stores=path)

    def pool(self, threads: int) -> Contender:
        """Return the thread pool as a contender."""
        path = self.folder / f"pool-{threads}.h5"
        encode = direct_chunks.shuffled(direct_chunks.ISAL.compress())
        run = partial(direct_chunks.write, path, encode=encode, threads=threads, **self._form)
        return Contender(POOL, lambda: run(arrays=self.arrays), len(self.events), threads, stores=path, in_threads=True)

    @property
    def _form(self) -> dict[str, Any]:
        return {"layout": self.case.layout, "chunk_rows": self.schema.core().describe().chunk_rows}


def write_ours(path: Path, events: ak.Array, schema: sp.Schema, threads: int) -> Path:
    """Write events with simdprep."""
    with sp.Writer(path, schema, overwrite=True, threads=threads) as writer:
        writer.fill(events)
    return path


def cases(size: Size) -> Sequence[Case]:
    return [
        toy_tracks(size, rows=200_000).stored_as("columns"),
        toy_tracks(size).stored_as("compound"),
        toy_nano(size).stored_as("columns"),
        *[case.stored_as("columns") for case in real("nano_tt_v12.root", size, objects=("Jet", "Electron", "Muon"))],
    ]


def prepare(case: Case, folder: Path) -> Prepared:
    return Prepared.of(case, folder)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    pools = [prepared.pool(count) for count in threads] if direct_chunks.is_installed(direct_chunks.ISAL) else []
    ours = [_ours(prepared, count) for count in threads]
    if prepared.case.name.startswith("toy tracks"):
        ours += [_ours(prepared, count, isa) for isa in other_isas() for count in threads]
    return [prepared.peer(), *pools, *ours]


def _ours(prepared: Prepared, threads: int, isa: str | None = None) -> Contender:
    name = f"simdprep {isa}" if isa else "simdprep"
    path = prepared.folder / f"{name.replace(' ', '-')}-{threads}.h5"
    run = partial(write_ours, path, prepared.events, prepared.schema, threads)
    return Contender(name, run, len(prepared.events), threads, is_ours=True, stores=path, isa=isa)


def missing() -> list[str]:
    """Return the packages without which some peers are left out."""
    return [] if direct_chunks.is_installed(direct_chunks.ISAL) else [direct_chunks.ISAL.package]


def check(prepared: Prepared, results: Mapping[str, Path]) -> None:
    for path in results.values():
        assert_equal(h5py_file.read(path, prepared.fields), prepared.arrays)
