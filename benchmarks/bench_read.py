"""Reading: all rows of a file to arrays, opening included.

Ours reads our file. h5py reads its own (shuffle and gzip 4), and ours, whose checksums it also verifies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import simdprep as sp

from .baselines import h5py_file
from .baselines.awkward_pad import Arrays, pad_events
from .bench_write import PEER, write_ours
from .cases import Case, Size, real, toy_nano, toy_tracks
from .comparison import assert_equal
from .question import Contender, Target

SAME_FILE = "h5py, our file"

ASKS = "read a whole file to arrays"
_TARGET_CASES = ("toy tracks, columns", "toy tracks, compound")
TARGETS = (
    Target(PEER, 4, "speed", 15.0, _TARGET_CASES),
    Target(PEER, 1, "speed", 4.0, _TARGET_CASES),
)


@dataclass(frozen=True)
class Prepared:
    """Two files with the same contents, and these."""

    ours: Path
    peer: Path
    num_rows: int
    fields: dict[str, list[str]]
    arrays: Arrays


def read_ours(path: Path, fields: Mapping[str, Sequence[str]], threads: int) -> Arrays:
    """Read all rows of the named fields with simdprep."""
    arrays: Arrays = {}
    with sp.open(path, threads=threads) as dataset:
        for name, wanted in fields.items():
            stored = [field for field in wanted if field != "valid"]
            arrays[name] = dataset[name].read(stored, 0, dataset.num_rows, valid="valid" in wanted)
    return arrays


def cases(size: Size) -> Sequence[Case]:
    return [
        toy_tracks(size).stored_as("columns"),
        toy_tracks(size).stored_as("compound"),
        toy_nano(size).stored_as("columns"),
        *[case.stored_as("columns") for case in real("nano_tt_v12.root", size, objects=("Jet", "Electron", "Muon"))],
    ]


def prepare(case: Case, folder: Path) -> Prepared:
    events = case.events()
    arrays = pad_events(events, case.pad)
    schema = case.schema(events)
    ours, peer = folder / "ours.h5", folder / "peer.h5"
    if not ours.exists():
        write_ours(ours, events, schema, 0)
        chunk_rows = schema.core().describe().chunk_rows
        h5py_file.write(peer, arrays, layout=case.layout, chunk_rows=chunk_rows)
    return Prepared(ours, peer, len(events), {name: list(fields) for name, fields in arrays.items()}, arrays)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    fields, rows = prepared.fields, prepared.num_rows
    return [
        Contender(PEER, partial(h5py_file.read, prepared.peer, fields), rows),
        Contender(SAME_FILE, partial(h5py_file.read, prepared.ours, fields), rows),
        *[
            Contender("simdprep", partial(read_ours, prepared.ours, fields, count), rows, count, is_ours=True)
            for count in threads
        ],
    ]


def check(prepared: Prepared, results: Mapping[str, Arrays]) -> None:
    for found in results.values():
        assert_equal(found, prepared.arrays)
