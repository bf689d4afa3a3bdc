"""Input files with jets that have tracks, and the events in them."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np


def events(number: int, seed: int = 1, *, jets: float = 2.0) -> ak.Array:
    """Events as the readers give them: ``run``, ``met``, ``Jet``, its ``Jet_tracks``, ``Muon``."""
    rng = np.random.default_rng(seed)
    outer = rng.poisson(jets, number)
    inner = rng.poisson(1.5, outer.sum())
    muons = rng.poisson(0.5, number)
    records = {
        "pt": rng.exponential(40, outer.sum()).astype(np.float32),
        "flavour": rng.choice(np.array([0, 4, 5], np.int8), outer.sum()),
        "tight": rng.random(outer.sum()) < 0.5,
    }
    tracks = ak.Array({"d0": rng.normal(size=inner.sum()), "q": rng.choice(np.array([-1, 1], np.int16), inner.sum())})
    return ak.Array(
        {
            "run": np.arange(number, dtype=np.int64) + 1000 * seed,
            "met": rng.exponential(50, number).astype(np.float32),
            "Jet": ak.unflatten(ak.Array(records), outer),
            "Jet_tracks": ak.unflatten(ak.unflatten(tracks, inner), outer),
            "Muon": ak.unflatten(
                ak.Array({"pt": rng.exponential(20, muons.sum()), "id": np.arange(muons.sum())}), muons
            ),
        }
    )


def write(path: Path, array: ak.Array) -> str:
    """Write events to Parquet, a column per field; return the path."""
    columns = {}
    for name in array.fields:
        if array[name].fields:
            columns |= {f"{name}_{field}": array[name][field] for field in array[name].fields}
        else:
            columns[name] = array[name]
    ak.to_parquet(ak.Array(columns) if len(array) else ak.zip(columns, depth_limit=1), path, row_group_size=70)
    return str(path)
