"""Preparing: a file of jets with constituents to train, val and test, against h5py, numpy and awkward.

The same steps: select, label in three classes, split, shuffle, constants of the training rows, and a file of
each split. The peer uses one thread, which is all that its libraries use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np

import simdprep as sp
from simdprep.testing import toy_jets
from simdprep.transforms import State

from .baselines import numpy_prepare
from .baselines.awkward_pad import Arrays
from .cases import NUM_TRACK_FIELDS, TRACK_SLOTS, Case, Size
from .comparison import assert_equal
from .question import Contender, Target

PEER = "h5py+awkward+numpy"
ASKS = "prepare jets with constituents"
TARGETS: tuple[Target, ...] = (Target(PEER, 4, "speed", 10, ("toy jets",)),)

JETS = ("pt", "eta", "phi", "mass", "energy")
#: Values of ``flavour``: b, c, light.
CLASSES = (2, 1, 0)
SPLITS = ("train", "val", "test")
_STEP = 50_000


@dataclass(frozen=True)
class Prepared:
    """A file of jets, and what is prepared of it."""

    source: Path
    folder: Path
    tracks: tuple[str, ...]
    num_rows: int


def cases(size: Size) -> Sequence[Case]:
    num_rows = {"tiny": 600, "quick": 50_000, "full": 1_000_000}[size]
    what = f"{num_rows:,} jets of 10 tracks on average in {TRACK_SLOTS} slots, {NUM_TRACK_FIELDS} float32 fields each"
    return [Case("toy jets", what, partial(_events, num_rows, 0), {"tracks": TRACK_SLOTS})]


def _events(num_rows: int, start: int) -> ak.Array:
    entries = toy_jets(num_rows, seed=3, start=start)
    kinds = {name: entries.tracks[name].type.content.content.primitive for name in entries.tracks.fields}
    floats = [name for name, kind in kinds.items() if kind == "float32"][:NUM_TRACK_FIELDS]
    parts = {"eventNumber": entries.eventNumber, "jets": entries.jets, "tracks": entries.tracks[floats]}
    return ak.zip(parts, depth_limit=1)


def prepare(case: Case, folder: Path) -> Prepared:
    first = _events(10, 0)
    num_rows = case.make.args[0]  # type: ignore[attr-defined]
    source = folder / "jets.h5"
    with sp.Writer(source, case.schema(first), overwrite=True) as writer:
        for start in range(0, num_rows, _STEP):
            writer.fill(_events(min(_STEP, num_rows - start), start))
    return Prepared(source, folder, tuple(first.tracks.fields), num_rows)


def config_of(prepared: Prepared) -> dict[str, Any]:
    """Return the config of the steps."""
    event = "eventNumber % 10"
    return {
        "input": {"files": str(prepared.source)},
        "objects": {
            "events": {"fields": ["eventNumber"]},
            "jets": {"fields": list(JETS)},
            "tracks": {"pad": TRACK_SLOTS, "fields": list(prepared.tracks)},
        },
        "select": "abs(jets.eta) < 2.4",
        "prepare": {
            "labels": {"classes": {f"class{code}": f"flavour == {code}" for code in CLASSES}},
            "weight": "weight",
            "split": {"by": "expression", "train": f"{event} < 8", "val": f"{event} == 8", "test": f"{event} == 9"},
            "normalise": {"jets": "standard", "tracks": "standard"},
        },
    }


def prepare_ours(prepared: Prepared, target: Path, jobs: int) -> Path:
    """Prepare with simdprep."""
    sp.prepare(config_of(prepared), target, overwrite=True, jobs=jobs)
    return target


def _peer(prepared: Prepared) -> Path:
    target = prepared.folder / "peer"
    target.mkdir(exist_ok=True)
    numpy_prepare.prepare(prepared.source, target, jets=JETS, tracks=prepared.tracks, classes=CLASSES)
    return target


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    rows = prepared.num_rows
    ours = [
        Contender(
            "simdprep",
            partial(prepare_ours, prepared, prepared.folder / f"ours-{count}", count),
            rows,
            count,
            is_ours=True,
            measures_memory=count == 1,  # else other processes do it
        )
        for count in threads
    ]
    return [Contender(PEER, partial(_peer, prepared), rows), *ours]


def check(prepared: Prepared, results: Mapping[str, Path]) -> None:
    expected = _stored(results[PEER], prepared)
    constants = dict(np.load(results[PEER] / "norm.npz"))
    for name, folder in results.items():
        if name == PEER:
            continue
        assert_equal(_ours(folder, prepared), expected)
        state = State.load(folder / "state.json")
        for key, (mean, std) in constants.items():
            owner, field = key.split("/")
            transform = state.transform(owner, [field])
            assert abs(transform.centre[0] - mean) <= 1e-6 * std, key
            assert abs(transform.scale[0] - std) <= 1e-6 * std, key


def _stored(folder: Path, prepared: Prepared) -> Arrays:
    """All rows of the peer, by the number of their event."""
    found: Arrays = {}
    for split in SPLITS:
        with h5py.File(folder / f"{split}.h5") as file:
            order = np.argsort(file["events/eventNumber"][:])
            found[f"{split} jets"] = {name: file[f"jets/{name}"][:][order] for name in (*JETS, "label", "weight")}
            found[f"{split} tracks"] = {name: file[f"tracks/{name}"][:][order] for name in (*prepared.tracks, "valid")}
    return found


def _ours(folder: Path, prepared: Prepared) -> Arrays:
    found: Arrays = {}
    for split in SPLITS:
        with sp.open(folder / split) as dataset:
            order = np.argsort(dataset["events"]["eventNumber"][:])
            found[f"{split} jets"] = {name: dataset["jets"][name][:][order] for name in (*JETS, "label", "weight")}
            tracks = dataset["tracks"]
            found[f"{split} tracks"] = {name: tracks[name][:][order] for name in prepared.tracks}
            found[f"{split} tracks"]["valid"] = tracks.valid[:][order]
    return found
