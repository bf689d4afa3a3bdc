"""Toy jets with tracks as files, and configs that prepare them."""

import copy
from pathlib import Path

import awkward as ak
import numpy as np

import simdprep as sp
from simdprep.testing import toy_jets

#: One jet per entry, three classes.
JETS = {
    "objects": {
        "events": {"fields": ["eventNumber"]},
        "jets": {"fields": ["pt", "eta", "mass", "flavour"]},
        "tracks": {
            "pad": 8,
            "select": "pt > 0.5",
            "order": "-pt",
            "fields": {"pt": {}, "d0": {}, "charge": {}, "dr": {"expr": "hypot(deta, dphi)", "name": "distance"}},
        },
    },
    "select": "abs(jets.eta) < 2.0 & jets.pt > 22",
    "prepare": {
        "labels": {
            "name": "flavour_label",
            "classes": {"light": "flavour == 0", "c": "flavour == 1", "b": "flavour == 2"},
        },
        "weight": "weight",
        "split": {"key": ["eventNumber"], "train": 0.6, "val": 0.2, "test": 0.2},
        "normalise": {"jets": {"pt": {"log": True}, "mass": "standard"}, "tracks": "standard"},
    },
}  # fmt: skip


def write_jets(folder: Path, count: int = 3000, *, name: str = "jets.parquet", start: int = 0, **options) -> ak.Array:
    """Write jets to a file, and return them."""
    events = toy_jets(count, seed=11, start=start, **options)
    ak.to_parquet(events, folder / name, row_group_size=500)
    return events


def config_of(*files, **changes) -> dict:
    """Return the config of :data:`JETS` for some files; sections of prepare in ``changes`` replace its own."""
    config = copy.deepcopy(JETS)
    config["input"] = {"files": [str(path) for path in files]}
    for key, value in changes.items():
        if value is None:
            config["prepare"].pop(key, None)
        elif key in ("rows", "objects", "select", "input", "output"):
            config[key] = value
        else:
            config["prepare"][key] = value
    return config


def read_all(folder: Path, *objects: str) -> dict[str, dict[str, np.ndarray]]:
    """Return the stored fields of all splits, one behind the other, and ``split``; lists with their mask ``valid``."""
    found: dict[str, dict[str, list]] = {name: {} for name in objects}
    for split in ("train", "val", "test"):
        with sp.open(folder / split) as dataset:
            for name in objects:
                view = dataset[name]
                for field in dataset.schema.object(name).field_names:
                    found[name].setdefault(field, []).append(view[field][:])
                if dataset.schema.object(name).is_list:
                    found[name].setdefault("valid", []).append(view.valid[:])
                found[name].setdefault("split", []).append(np.full(dataset.num_rows, split))
    return {name: {key: np.concatenate(values) for key, values in fields.items()} for name, fields in found.items()}


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return all files of an output, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
