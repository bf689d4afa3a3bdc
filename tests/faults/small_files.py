"""Small input files for tests of faults."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import uproot


def muons(num_events: int, seed: int = 1) -> ak.Array:
    """Events with a collection of muons and a number."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(2, num_events)
    size = int(counts.sum())
    records = {
        "pt": rng.exponential(20, size).astype(np.float32),
        "charge": rng.choice(np.array([-1, 1], np.int32), size),
    }
    return ak.Array(
        {"MET_pt": rng.exponential(30, num_events).astype(np.float32), "Muon": ak.unflatten(ak.Array(records), counts)}
    )


def write_root(path: Path, num_events: int, *, tree: str = "Events", baskets: int = 3, seed: int = 1) -> Path:
    """A NanoAOD-like file of a few baskets."""
    events = muons(num_events, seed)
    with uproot.recreate(path) as file:
        target = file.mktree(tree, {"MET_pt": "float32", "Muon": "var * {pt: float32, charge: int32}"})
        for rows in np.array_split(np.arange(num_events), baskets):
            target.extend({name: events[name][rows] for name in events.fields})
    return path


def write_unequal(path: Path) -> Path:
    """Two collections that look like one; their counts differ in entry 7."""
    counts = np.array([1, 2, 0, 3, 1, 1, 2, 2, 1, 0])
    other = counts.copy()
    other[7] = 1
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", {"Jet_pt": "var * float32", "Jet_eta": "var * float32"})
        tree.extend({
            "Jet_pt": ak.unflatten(np.ones(counts.sum(), np.float32), counts),
            "Jet_eta": ak.unflatten(np.ones(other.sum(), np.float32), other),
        })  # fmt: skip
    return path
