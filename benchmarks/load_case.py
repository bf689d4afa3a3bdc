"""LoadCase: the same jets as every loader takes them, and what their batches must hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

import simdprep as sp

from .cases import Case

#: Jets that the constants of the standardisation are fitted on.
_FITTED = 8192

#: Files the events are divided into for weaver, which gives every worker whole files.
_ROOT_FILES = 4


@dataclass(frozen=True)
class Prepared:
    """Files with the same jets, and how they are loaded.

    Attributes:
        folder: Where the files are.
        fields: Of the tracks.
        slots: Of the tracks in a batch.
        num_rows: Jets.
        batch_size: Jets of a batch.
    """

    folder: Path
    fields: tuple[str, ...]
    slots: int
    num_rows: int
    batch_size: int

    @property
    def num_batches(self) -> int:
        """Full batches in an epoch."""
        return self.num_rows // self.batch_size

    def path(self, layout: str) -> Path:
        """Return our file of a layout; salt and h5py read the compound one."""
        return self.folder / f"{layout}.h5"

    @property
    def root_paths(self) -> list[str]:
        """The ROOT files, for weaver."""
        return [str(self.folder / f"jets_{number}.root") for number in range(_ROOT_FILES)]

    @property
    def norm_path(self) -> Path:
        """Means and standard deviations in the form of salt."""
        return self.folder / "norm_dict.yaml"

    def standardise(self) -> sp.transforms.Standardise:
        """Return the standardisation that all loaders apply."""
        state = json.loads((self.folder / "standardise.json").read_text())
        return sp.transforms.Standardise.from_state(state)

    def settings(self, *, workers: int = 0, **more: Any) -> dict[str, Any]:
        """Return what the program of a peer is told."""
        return {
            "path": str(self.path("compound")), "norm": str(self.norm_path), "fields": list(self.fields),
            "mark": "mark", "slots": self.slots, "batch_size": self.batch_size, "workers": workers, "preprocess": True,
            **more,
        }  # fmt: skip

    def expected(self, marks: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the standardised values and the mask of some jets, by their marks: plain numpy on the stored file."""
        with sp.open(self.path("columns"), engine="h5py") as dataset:
            tracks = dataset["tracks"]
            valid = np.asarray(tracks.valid[0 : self.num_rows])[marks]
            columns = [np.asarray(tracks[name][0 : self.num_rows])[marks] for name in self.fields]
        values = np.stack(columns, axis=-1)
        norm = self.standardise()
        values = ((values - norm.mean) / norm.std).astype(np.float32)
        values[~valid] = 0
        return values, valid


def prepare(case: Case, folder: Path) -> Prepared:
    """Write the files; those that are there already are taken as they are."""
    done = folder / "done.json"
    if done.exists():
        found = json.loads(done.read_text())
        return Prepared(folder, tuple(found["fields"]), found["slots"], found["num_rows"], found["batch_size"])
    tracks = case.events().tracks
    ((_, slots),) = case.pad.items()
    num_rows = len(tracks)
    prepared = Prepared(folder, tuple(tracks.fields), slots, num_rows, min(1024, num_rows // 4))
    first = tracks[tracks.fields[0]]
    marks = np.arange(num_rows)
    jets = ak.zip({"pt": ak.fill_none(ak.max(first, axis=1), 0), "mark": marks}, depth_limit=1)
    events = ak.zip({"jets": jets, "tracks": tracks}, depth_limit=1)
    for layout in ("columns", "compound", "ragged"):
        pad = None if layout == "ragged" else {"tracks": slots}
        schema = sp.Schema.from_awkward(events, pad=pad, layout=layout)
        with sp.Writer(prepared.path(layout), schema, overwrite=True) as writer:
            writer.fill(events)
    _write_norm(prepared)
    for number, path in enumerate(prepared.root_paths):
        rows = slice(number * num_rows // _ROOT_FILES, (number + 1) * num_rows // _ROOT_FILES)
        with uproot.recreate(path) as file:
            branches = {name: tracks[name][rows] for name in tracks.fields}
            tree = file.mktree("events", {**{name: branch.type for name, branch in branches.items()}, "mark": "int64"})
            tree.extend({**branches, "mark": marks[rows]})
    found = {"fields": prepared.fields, "slots": slots, "num_rows": num_rows, "batch_size": prepared.batch_size}
    done.write_text(json.dumps(found))
    return prepared


def _write_norm(prepared: Prepared) -> None:
    norm = sp.transforms.Standardise(prepared.fields)
    with sp.open(prepared.path("columns")) as dataset:
        size = min(_FITTED, prepared.num_rows)
        loader = sp.Loader(dataset, inputs={"tracks": list(prepared.fields)}, batch_size=size, shuffle="none")
        batch = next(iter(loader))
    norm.fit(batch["tracks"], batch.valid["tracks"])
    (prepared.folder / "standardise.json").write_text(json.dumps(norm.state()))
    moments = zip(prepared.fields, norm.mean.tolist(), norm.std.tolist(), strict=True)
    by_object = {"tracks": {name: {"mean": mean, "std": std} for name, mean, std in moments}}
    by_object["jets"] = {"mark": {"mean": 0.0, "std": 1.0}, "pt": {"mean": 0.0, "std": 1.0}}
    prepared.norm_path.write_text(json.dumps(by_object))  # JSON is YAML
