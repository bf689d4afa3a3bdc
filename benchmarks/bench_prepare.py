"""Preparing: a file of jets with constituents to train, val and test, against h5py, numpy and awkward, and upp.

The same steps: select, label in three classes, split, shuffle, constants of the training rows, and a file of
each split; for upp, which splits beforehand, resampling in place of splits. The peers use one thread, which is all
that their libraries use. Preparing a fifth of the jets shows that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import awkward as ak
import h5py
import numpy as np

import simdprep as sp
from simdprep.testing import toy_jets
from simdprep.transforms import State

from . import resampled_jets
from .baselines import numpy_prepare
from .baselines.awkward_pad import Arrays
from .cases import NUM_TRACK_FIELDS, TRACK_SLOTS, Case, Size, float_fields, write_in_steps
from .comparison import assert_equal
from .peers.environments import python_of
from .question import Contender, Target
from .resampled_jets import UPP, ResampledJets

PEER = "h5py+awkward+numpy"
ASKS = "prepare jets with constituents"
FIFTH = "simdprep, a fifth of the rows"
TARGETS: tuple[Target, ...] = (
    Target(PEER, 4, "speed", 10, ("toy jets",)),
    Target(FIFTH, 4, "memory", 1.1, ("toy jets",)),
    Target(UPP, 4, "speed", 5, ("toy jets, resampled",)),
)
#: The peer takes minutes for the jets of full size.
MOST_ROUNDS = 3
#: What to do where peers are missing.
TRY = "python -m benchmarks.peers FOLDER; export SIMDPREP_PEERS=FOLDER"

JETS = ("pt", "eta", "phi", "mass", "energy")
#: Values of ``flavour``: b, c, light.
CLASSES = (2, 1, 0)
SPLITS = ("train", "val", "test")
#: With more rows than this the peer runs once.
MOST_ROWS_IN_ROUNDS = 100_000


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
    pads = {"tracks": TRACK_SLOTS}
    drawn = {"tiny": 6_000, "quick": 50_000, "full": 150_000}[size]
    drawing = f"{drawn:,} such jets in a compound file, of which 45 % are drawn"
    every = Case("toy jets", what, partial(_events, num_rows, 0), pads)
    resampled = Case("toy jets, resampled", drawing, partial(resampled_jets.jets, drawn, 0), pads, "compound")
    return [every] if missing() else [every, resampled]


def missing() -> list[str]:
    """Return the peers that are left out."""
    return [] if python_of(UPP) is not None else [UPP]


def _events(num_rows: int, start: int) -> ak.Array:
    entries = toy_jets(num_rows, seed=3, start=start)
    tracks = entries.tracks[float_fields(entries.tracks)]
    parts = {"eventNumber": entries.eventNumber, "jets": entries.jets, "tracks": tracks}
    return ak.zip(parts, depth_limit=1)


def prepare(case: Case, folder: Path) -> Prepared | ResampledJets:
    if case.layout == "compound":
        return ResampledJets.make(case, folder)
    num_rows = case.make.args[0]  # type: ignore[attr-defined]
    for name, count in (("jets.h5", num_rows), ("fifth.h5", num_rows // 5)):
        write_in_steps(folder / name, case, _events, count)
    return Prepared(folder / "jets.h5", folder, tuple(_events(10, 0).tracks.fields), num_rows)


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


def contenders(prepared: Prepared | ResampledJets, threads: Sequence[int]) -> list[Contender]:
    if isinstance(prepared, ResampledJets):
        return prepared.contenders(threads)
    rows = prepared.num_rows
    ours = [
        Contender(
            "simdprep",
            partial(prepare_ours, prepared, prepared.folder / f"ours-{count}", count),
            rows,
            count,
            is_ours=True,
            measures_memory=count == threads[-1],
        )
        for count in threads
    ]
    fewer = replace(prepared, source=prepared.folder / "fifth.h5", num_rows=rows // 5)
    fifth = partial(prepare_ours, fewer, prepared.folder / "ours-fifth", threads[-1])
    return [
        Contender(PEER, partial(_peer, prepared), rows, once=rows > MOST_ROWS_IN_ROUNDS),
        Contender(FIFTH, fifth, fewer.num_rows, threads[-1]),
        *ours,
    ]


def check(prepared: Prepared | ResampledJets, results: Mapping[str, Path]) -> None:
    if isinstance(prepared, ResampledJets):
        prepared.check(results)
        return
    expected = _stored(results[PEER], prepared)
    constants = dict(np.load(results[PEER] / "norm.npz"))
    for name, folder in results.items():
        if name in (PEER, FIFTH):
            continue
        assert_equal(_ours(folder, prepared), expected)
        state = State.load(folder / "state.json")
        for key, (mean, std) in constants.items():
            owner, field = key.split("/")
            transform = state.transform(owner, [field])
            assert abs(transform.centre[0] - mean) <= 1e-6 * std, key
            assert abs(transform.scale[0] - std) <= 1e-6 * std, key


def _stored(folder: Path, prepared: Prepared) -> Arrays:
    """The rows of the peer, by the number of their event."""
    found: Arrays = {}
    for split in SPLITS:
        with h5py.File(folder / f"{split}.h5") as file:
            order = np.argsort(file["events/eventNumber"][:])
            found[f"{split} jets"] = {name: file[f"jets/{name}"][:][order] for name in (*JETS, "label", "weight")}
            wanted = (*_compared(split, prepared), "valid")
            found[f"{split} tracks"] = {name: file[f"tracks/{name}"][:][order] for name in wanted}
    return found


def _compared(split: str, prepared: Prepared) -> tuple[str, ...]:
    """Fields of tracks that are compared: of the training rows, which are eight times as many, not all."""
    return prepared.tracks[:3] if split == "train" else prepared.tracks


def _ours(folder: Path, prepared: Prepared) -> Arrays:
    found: Arrays = {}
    for split in SPLITS:
        with sp.open(folder / split) as dataset:
            order = np.argsort(dataset["events"]["eventNumber"][:])
            found[f"{split} jets"] = {name: dataset["jets"][name][:][order] for name in (*JETS, "label", "weight")}
            tracks = dataset["tracks"]
            found[f"{split} tracks"] = {name: tracks[name][:][order] for name in _compared(split, prepared)}
            found[f"{split} tracks"]["valid"] = tracks.valid[:][order]
    return found
