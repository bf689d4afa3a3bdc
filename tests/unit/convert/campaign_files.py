"""Inputs for tests of conversions in tasks: several files of events with text, jagged objects and a selection."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow.parquet as parquet

from tests.faults.small_files import write_root

#: Tasks of the inputs that these bytes give: many for one file of 3,000 events.
TASK_SIZE = 15_000

#: Conversions whose parts differ in what must come out right across tasks.
CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "selected": {
        "config": {
            "select": "MET_pt > 20",
            "objects": {"events": {"fields": ["MET_pt"]}, "Muon": {"pad": 2, "order": "-pt", "select": "charge > 0"}},
        }
    },
    "rows of muons": {"rows": "Muon"},
    "records of muons": {"rows": "Muon", "layout": "compound", "config": {"select": "MET_pt > 20"}},
    "ragged": {"layout": "ragged"},
}


def write_inputs(folder: Path, *, count: int = 4, events: int = 1500) -> list[str]:
    """ROOT files of different lengths; returns their names."""
    folder.mkdir(exist_ok=True)
    return [
        str(write_root(folder / f"{number}.root", events + 700 * number, seed=number, baskets=5))
        for number in range(count)
    ]


def write_texts(folder: Path) -> list[str]:
    """Parquet files whose texts first appear in another order in each; returns their names."""
    folder.mkdir(exist_ok=True)
    names = []
    for number in range(3):
        rng = np.random.default_rng(number)
        array = ak.Array({
            "number": np.arange(400) + 1000 * number,
            "trigger": [f"HLT_{index}" for index in rng.integers(0, 4 + 3 * number, 400)],
        })  # fmt: skip
        names.append(str(folder / f"{number}.parquet"))
        parquet.write_table(ak.to_arrow_table(array, extensionarray=False), names[-1], row_group_size=100)
    return names


def contents(output: Path) -> dict[str, str]:
    """Hash of every file of a dataset, by name."""
    paths = sorted(output.iterdir()) if output.is_dir() else [output]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
