"""Jets of three classes in a compound file, resampled to one spectrum: by upp, and by simdprep.

Both select, fill the histograms of the classes, draw as many jets of each class as asked for in the spectrum of b
jets (``pdf``), write them as compound datasets, and take the means and deviations of what they wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import yaml
from numpy.typing import NDArray

import simdprep as sp
from simdprep.testing import CLASSES, toy_jets
from simdprep.transforms import State

from .cases import TRACK_SLOTS, Case, float_fields, write_in_steps
from .peers.environments import python_of
from .peers.peer import Peer
from .question import Contender

UPP = "upp"
#: Of each class, of all jets of the file: less than there are of any.
_SHARE = 0.15
_PT, _ETA = [[20, 40, 5], [40, 100, 3]], [[0, 2.5, 3]]
_EDGES = (np.concatenate([np.linspace(20, 40, 6), np.linspace(40, 100, 4)[1:]]), np.linspace(0, 2.5, 4))
_JETS = ("pt", "abs_eta", "mass", "flavour")


def jets(num_rows: int, start: int) -> ak.Array:
    """Return toy jets of which every class has a spectrum of its own."""
    entries = toy_jets(num_rows, seed=9, start=start)
    flavour, pt = ak.to_numpy(entries.jets.flavour), ak.to_numpy(entries.jets.pt)
    entries["jets", "pt"] = (20 * (pt / 20) ** np.array([1, 1.1, 1.25])[flavour]).astype(np.float32)
    entries["jets", "abs_eta"] = abs(entries.jets.eta)
    tracks = entries.tracks[float_fields(entries.tracks)]
    return ak.zip({"jets": entries.jets[list(_JETS)], "tracks": tracks}, depth_limit=1)


@dataclass(frozen=True)
class ResampledJets:
    """The file, and what is drawn of it."""

    source: Path
    folder: Path
    tracks: tuple[str, ...]
    num_rows: int

    @classmethod
    def make(cls, case: Case, folder: Path) -> ResampledJets:
        """Write the file, where it is not there yet."""
        num_rows = case.make.args[0]  # type: ignore[attr-defined]
        write_in_steps(folder / "jets.h5", case, jets, num_rows)
        return cls(folder / "jets.h5", folder, tuple(jets(10, 0).tracks.fields), num_rows)

    @property
    def count(self) -> int:
        """Jets to be drawn of each class."""
        return int(self.num_rows * _SHARE)

    def config(self) -> dict[str, Any]:
        """Return ours."""
        return {
            "input": {"files": str(self.source)},
            "objects": {"jets": {"fields": list(_JETS)}, "tracks": {"pad": TRACK_SLOTS, "fields": list(self.tracks)}},
            "output": {"layout": "compound"},
            "select": "jets.pt > 20 & jets.pt < 100 & jets.abs_eta > 0 & jets.abs_eta < 2.5",
            "prepare": {
                "labels": {
                    "name": "flavour_label",
                    "classes": {name: f"flavour == {code}" for code, name in enumerate(CLASSES)},
                },
                "split": {"train": 1.0, "val": 0.0, "test": 0.0},
                "balance": {
                    "method": "pdf",
                    "target": "b",
                    "variables": {"pt": _PT, "abs_eta": _ETA},
                    "counts": {"train": self.count},
                },
                "normalise": {"jets": {"pt": "standard", "mass": "standard"}, "tracks": "standard"},
            },
        }

    def upp(self) -> dict[str, Any]:
        """Return what upp is told."""
        work = self.folder / "upp"
        region = {"name": "all", "cuts": [["pt", ">", 20], ["pt", "<", 100]]}
        sample = {"name": "toy", "pattern": self.source.name}
        classes = [
            {"name": name, "label": name, "cuts": [f"flavour == {code}"], "colour": "k", "category": "toy"}
            for code, name in enumerate(CLASSES)
        ]
        config = {
            "global_cuts": {"train": [["abs_eta", ">", 0], ["abs_eta", "<", 2.5]]},
            "components": [
                {"region": region, "sample": sample, "classes": [name], "num_global_objects": self.count}
                for name in CLASSES
            ],
            "resampling": {
                "variables": {"pt": {"bins": _PT}, "abs_eta": {"bins": _ETA}},
                "method": "pdf",
                "target": "b",
                "sampling_fraction": "auto",
            },
            "global": {
                "base_dir": str(work),
                "ntuple_dir": str(self.source.parent),
                "vds_dir": str(work),
                "class_config": str(work / "classes.yaml"),
                "num_global_objects_estimate": self.num_rows,
                "num_global_objects_estimate_available": -1,
                "batch_size": 100_000,
            },
            "variables": {
                "jets": {"inputs": ["pt", "mass"], "labels": ["abs_eta", "flavour"]},
                "tracks": {"inputs": list(self.tracks), "labels": []},
            },
        }
        return {"folder": str(work), "classes": classes, "config": config}

    def peer(self) -> Peer | None:
        """Return the program of upp, where it is installed."""
        python = python_of(UPP)
        return None if python is None else Peer("upp_prepare.py", python, self.upp(), self.folder)

    def contenders(self, threads: Sequence[int]) -> list[Contender]:
        """Return upp, where it is installed, and ours."""
        found = []
        peer = self.peer()
        if peer is not None:
            found.append(Contender(UPP, partial(_upp, peer), self.num_rows, measures_memory=False))
        for count in threads:
            target = self.folder / f"ours-{count}"
            run = partial(_ours, self.config(), target, count)
            found.append(Contender("simdprep", run, self.num_rows, count, is_ours=True))
        return found

    def check(self, results: Mapping[str, Path]) -> None:
        """As many jets of each class as asked for, in the spectrum of b jets, and the constants of these jets."""
        have = self._spectra()
        target = have[CLASSES.index("b")]
        wanted = target / target.sum() * self.count
        for key, path in results.items():
            is_upp = key == UPP
            columns = self._of_upp() if is_upp else _our_columns(path)
            constants = _upp_constants(path) if is_upp else _our_constants(path)
            for code in range(len(CLASSES)):
                mine = columns["flavour"] == code
                assert abs(int(mine.sum()) - self.count) <= 5 * np.sqrt(self.count), (key, code)
                found = np.histogram2d(columns["pt"][mine], columns["abs_eta"][mine], _EDGES)[0]
                copies = 1 + wanted / np.maximum(have[code], 1)  # jets drawn again make it vary more than Poisson
                far = float(((found - wanted) ** 2 / np.maximum(wanted, 1) / copies).mean())
                assert far < 3, f"{key}, class {code}: chi squared per bin {far:.1f}"
            for name in ("pt", "mass"):
                mean, std = constants[name]
                values = columns[name].astype(np.float64)
                assert abs(mean - values.mean()) <= 0.02 * values.std(), (key, name)
                assert abs(std - values.std()) <= 0.02 * values.std(), (key, name)

    def _of_upp(self) -> dict[str, NDArray[Any]]:
        peer, kept = self.peer(), self.folder / "upp.npz"
        assert peer is not None
        peer.work(keep=str(kept), fields=list(_JETS))
        with np.load(kept) as columns:
            return dict(columns)

    def _spectra(self) -> list[NDArray[np.float64]]:
        with sp.open(self.source) as dataset:
            own = {name: np.asarray(dataset["jets"][name][:]) for name in ("pt", "abs_eta", "flavour")}
        inside = own["abs_eta"] < _ETA[0][1]  # histograms take the last edge, too
        masks = [inside & (own["flavour"] == code) for code in range(len(CLASSES))]
        return [np.histogram2d(own["pt"][mine], own["abs_eta"][mine], _EDGES)[0] for mine in masks]


def _upp(peer: Peer) -> Path:
    return Path(peer.work()["output"])


def _ours(config: dict[str, Any], target: Path, jobs: int) -> Path:
    sp.prepare(config, target, overwrite=True, jobs=jobs)
    return target


def _our_columns(folder: Path) -> dict[str, NDArray[Any]]:
    with sp.open(folder / "train") as dataset:
        return {name: np.asarray(dataset["jets"][name][:]) for name in _JETS}


def _upp_constants(path: Path) -> dict[str, tuple[float, float]]:
    norm = yaml.safe_load((path.parent / "norm_dict.yaml").read_text())["jets"]
    return {name: (norm[name]["mean"], norm[name]["std"]) for name in ("pt", "mass")}


def _our_constants(folder: Path) -> dict[str, tuple[float, float]]:
    state = State.load(folder / "state.json")
    found = {name: state.transform("jets", [name]) for name in ("pt", "mass")}
    return {name: (float(entry.centre[0]), float(entry.scale[0])) for name, entry in found.items()}
