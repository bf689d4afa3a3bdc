"""Cases: the events that the questions are asked of."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import awkward as ak
import numpy as np

import simdprep as sp
from simdprep.testing import toy_events, toy_jets

#: ``full`` is what results are taken with; ``tiny`` only shows that everything runs.
Size = Literal["tiny", "quick", "full"]
Layout = Literal["columns", "compound"]

#: Fields of the toy tracks: the 20 that are float32.
NUM_TRACK_FIELDS = 20
#: Slots of the toy tracks, whose mean multiplicity is 10.
TRACK_SLOTS = 40

#: Rows that are made at once where a case is too large to be made as a whole.
_STEP = 50_000

#: Where the real files lie: what this names, or a folder beside the checkout.
DATA_FOLDER = "SIMDPREP_TEST_DATA"


@dataclass(frozen=True)
class Case:
    """Events and how they are padded.

    Attributes:
        name: Short, unique within a question.
        what: What is in it, in a line.
        make: Makes the events.
        pad: Slots by list object.
        layout: Of the file.
        source: The ROOT file they come from, where there is one.
    """

    name: str
    what: str
    make: Callable[[], ak.Array]
    pad: Mapping[str, int]
    layout: Layout = "columns"
    source: Path | None = None

    def events(self) -> ak.Array:
        """Return the events, the same at every call."""
        return self.make()

    def schema(self, events: ak.Array, *, level: int | None = None) -> sp.Schema:
        """Return what the events are stored as; ``level`` of gzip, ``None`` for the default."""
        return sp.Schema.from_awkward(events, pad=dict(self.pad), layout=self.layout, level_of_effort=level)

    def stored_as(self, layout: Layout) -> Case:
        """Return the case in another layout, which its name tells."""
        return replace(self, name=f"{self.name}, {layout}", layout=layout)


def toy_tracks(size: Size, *, rows: int = 50_000) -> Case:
    """Jets of 10 tracks on average in 40 slots, with 20 float32 fields each."""
    num_rows = {"tiny": 300, "quick": 10_000, "full": rows}[size]
    return Case(
        "toy tracks",
        f"{num_rows:,} jets of 10 tracks on average in {TRACK_SLOTS} slots, {NUM_TRACK_FIELDS} float32 fields each",
        partial(_tracks, num_rows),
        {"tracks": TRACK_SLOTS},
    )


def jet_class(size: Size, *, rows: int = 50_000) -> Case:
    """Jets like those of JetClass: 50 particles on average in 128 slots, 17 fields each."""
    num_rows = {"tiny": 300, "quick": 5_000, "full": rows}[size]
    return Case(
        "like JetClass",
        f"{num_rows:,} jets of 50 particles on average in 128 slots, 17 float32 fields each",
        partial(_tracks, num_rows, mean=50.0, fields=17),
        {"tracks": 128},
    )


def toy_nano(size: Size, *, rows: int = 20_000) -> Case:
    """Collisions like those of NanoAOD: muons, electrons, jets, candidates, and numbers of the event."""
    num_rows = {"tiny": 200, "quick": 4_000, "full": rows}[size]
    pad = {"Muon": 5, "Electron": 4, "Jet": 11, "PFCands": 96}
    what = f"{num_rows:,} events like NanoAOD, all dtypes: " + ", ".join(f"{name} in {n}" for name, n in pad.items())
    return Case("toy NanoAOD", what, partial(toy_events, num_rows, seed=7), pad)


def wide(size: Size, *, rows: int = 10_000) -> Case:
    """Many short lists of many fields, as NanoAOD has them: 12 objects of 24 float32 fields in 4 slots."""
    num_rows = {"tiny": 200, "quick": 4_000, "full": rows}[size]
    pad = {f"Object{number}": 4 for number in range(12)}
    what = f"{num_rows:,} events of {len(pad)} objects with 24 float32 fields each, in 4 slots"
    return Case("wide", what, partial(_wide, num_rows, tuple(pad)), pad)


def toy_candidates(size: Size, *, rows: int = 20_000) -> Case:
    """Particle-flow candidates: long lists of rounded floats and small integers."""
    num_rows = {"tiny": 200, "quick": 4_000, "full": rows}[size]
    return Case(
        "toy candidates",
        f"{num_rows:,} events of particle-flow candidates in 96 slots, floats of 10 bits and integers",
        partial(_only, partial(toy_events, num_rows, seed=7), ("PFCands",)),
        {"PFCands": 96},
    )


def real(file: str, size: Size, *, objects: Sequence[str]) -> list[Case]:
    """Objects of a real file at their largest multiplicities; none where it is not there, or for ``tiny``."""
    path = data_folder() / file
    if size == "tiny" or not path.is_file():
        return []
    events = _read(path, objects)
    pad = {name: max(1, int(ak.max(ak.num(events[name])))) for name in objects if events[name].ndim > 1}
    what = f"{', '.join(objects)} of {len(events)} events of {file}"
    return [Case(Path(file).stem, what, partial(_read, path, objects), pad, source=path)]


def data_folder() -> Path:
    """Return where the real files lie, which need not exist."""
    return Path(os.environ.get(DATA_FOLDER) or Path(__file__).resolve().parent.parent.parent / "shared" / "data")


def _tracks(num_rows: int, *, mean: float = 10.0, fields: int = NUM_TRACK_FIELDS) -> ak.Array:
    tracks = toy_jets(num_rows, mean_tracks=mean, seed=3).tracks
    return ak.zip({"tracks": tracks[float_fields(tracks, fields)]}, depth_limit=1)


def float_fields(tracks: ak.Array, count: int = NUM_TRACK_FIELDS) -> list[str]:
    """Return the names of the first fields that are float32."""
    floats = [name for name in tracks.fields if tracks[name].type.content.content.primitive == "float32"][:count]
    assert len(floats) == count
    return floats


def write_in_steps(path: Path, case: Case, make: Callable[[int, int], ak.Array], num_rows: int) -> None:
    """Write what ``make`` returns for a number of rows from a row on; nothing where the file is there already."""
    if path.exists():
        return
    with sp.Writer(path, case.schema(make(10, 0))) as writer:
        for start in range(0, num_rows, _STEP):
            writer.fill(make(min(_STEP, num_rows - start), start))


def _wide(num_rows: int, objects: Sequence[str]) -> ak.Array:
    rng = np.random.default_rng(5)
    found = {}
    for name in objects:
        counts = rng.poisson(1.0, num_rows)
        values = rng.normal(30, 10, (24, counts.sum())).astype(np.float32)
        found[name] = ak.zip({f"field{at}": ak.unflatten(entries, counts) for at, entries in enumerate(values)})
    return ak.zip(found, depth_limit=1)


def _only(make: Callable[[], ak.Array], objects: Sequence[str]) -> ak.Array:
    events = make()
    return ak.zip({name: events[name] for name in objects}, depth_limit=1)


def _read(path: Path, objects: Sequence[str]) -> ak.Array:
    events = ak.concatenate(list(sp.iterate(str(path), objects=list(objects))))
    return ak.zip({name: events[name] for name in objects}, depth_limit=1)


def raw_bytes(arrays: Mapping[str, Mapping[str, np.ndarray]]) -> int:
    """Return the size of padded arrays by object and field."""
    return sum(array.nbytes for fields in arrays.values() for array in fields.values())
