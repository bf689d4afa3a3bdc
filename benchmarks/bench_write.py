"""Writing: events to a file, against h5py with shuffle and gzip 4.

Ours begins with ragged events and includes the padding; h5py begins with arrays padded before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import awkward as ak

import simdprep as sp

from .baselines import h5py_file
from .baselines.awkward_pad import Arrays, pad_events
from .cases import Case, Size, real, toy_nano, toy_tracks
from .comparison import assert_equal
from .question import Contender, Target

PEER = f"h5py shuffle+gzip {h5py_file.GZIP_LEVEL}"

ASKS = "write events to a file"
TARGETS = (
    Target(PEER, 4, "speed", 4.0, ("toy tracks, columns", "toy tracks, compound", "toy NanoAOD, columns")),
    Target(PEER, 4, "size", 1.0, ("toy tracks, columns", "toy tracks, compound", "toy NanoAOD, columns")),
)


@dataclass(frozen=True)
class Prepared:
    """What writing starts from."""

    case: Case
    events: ak.Array
    arrays: Arrays
    schema: sp.Schema
    folder: Path

    @classmethod
    def of(cls, case: Case, folder: Path, *, level: int | None = None) -> Prepared:
        """Make the events of a case and pad them for h5py."""
        events = case.events()
        return cls(case, events, pad_events(events, case.pad), case.schema(events, level=level), folder)

    @property
    def fields(self) -> dict[str, list[str]]:
        """Names of all fields by object, ``valid`` included."""
        return {name: list(fields) for name, fields in self.arrays.items()}

    def peer(self) -> Contender:
        """Return h5py as a contender."""
        path = self.folder / "peer.h5"
        run = partial(
            h5py_file.write,
            path,
            self.arrays,
            layout=self.case.layout,
            chunk_rows=self.schema.core().describe().chunk_rows,
        )
        return Contender(PEER, run, len(self.events), stores=path)


def write_ours(path: Path, events: ak.Array, schema: sp.Schema, threads: int) -> Path:
    """Write events with simdprep."""
    with sp.Writer(path, schema, overwrite=True, threads=threads) as writer:
        writer.fill(events)
    return path


def cases(size: Size) -> Sequence[Case]:
    return [
        toy_tracks(size).stored_as("columns"),
        toy_tracks(size).stored_as("compound"),
        toy_nano(size).stored_as("columns"),
        *[case.stored_as("columns") for case in real("nano_tt_v12.root", size, objects=("Jet", "Electron", "Muon"))],
    ]


def prepare(case: Case, folder: Path) -> Prepared:
    return Prepared.of(case, folder)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    ours = []
    for count in threads:
        path = prepared.folder / f"ours-{count}.h5"
        run = partial(write_ours, path, prepared.events, prepared.schema, count)
        ours.append(Contender("simdprep", run, len(prepared.events), count, is_ours=True, stores=path))
    return [prepared.peer(), *ours]


def check(prepared: Prepared, results: Mapping[str, Path]) -> None:
    for path in results.values():
        assert_equal(h5py_file.read(path, prepared.fields), prepared.arrays)
