"""A dataset file read with h5py and numpy alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.reference.format_oracle import FLAT_CHUNK, Expected, chunk_rows, differences


class StoredFile:
    """All datasets and attributes of one file.

    Attributes:
        datasets: Whole arrays by path, compound ones structured.
        schema: The JSON of ``simdprep_schema``.
        provenance: The JSON of ``simdprep_provenance``.
        truncated: ``simdprep_num_truncated`` by the path of its object.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.datasets: dict[str, np.ndarray] = {}
        self.chunks: dict[str, tuple[int, ...]] = {}
        self.maxshapes: dict[str, tuple[int | None, ...]] = {}
        self.fills: dict[str, np.ndarray] = {}
        self.truncated: dict[str, int] = {}
        with h5py.File(path) as file:
            self.attributes = dict(file.attrs.items())
            file.visititems(self._visit)
        self.schema: dict[str, Any] = json.loads(self.attributes["simdprep_schema"])
        self.provenance: dict[str, Any] = json.loads(self.attributes["simdprep_provenance"])
        self.objects = {spec["name"]: spec for spec in self.schema["objects"]}

    def _visit(self, name: str, entry: h5py.Dataset | h5py.Group) -> None:
        path = f"/{name}"
        if "simdprep_num_truncated" in entry.attrs:
            self.truncated[path] = int(entry.attrs["simdprep_num_truncated"])
        if isinstance(entry, h5py.Dataset):
            self.datasets[path] = entry[()]
            self.chunks[path] = entry.chunks
            self.maxshapes[path] = entry.maxshape
            self.fills[path] = np.asarray(entry.fillvalue)

    @property
    def compound(self) -> bool:
        return self.schema["layout"] == "compound"

    def column(self, name: str, field: str) -> np.ndarray:
        """One field, padded or flat as it is stored."""
        if not self.compound:
            return self.datasets[f"/{name}/{field}"]
        owner = self.schema["rows"] if self.objects[name]["level"] == "event" else name
        return self.datasets[f"/{owner}"][field]

    def entries(self, name: str, field: str) -> np.ndarray:
        """The entries of one field that are real, in order: what valid or the offsets say."""
        values = self.column(name, field)
        return values[self.column(name, "valid")] if self.objects[name]["level"] == "padded" else values

    def counts(self, name: str) -> np.ndarray:
        """How many entries a list object has for each entry of its parent, before truncation."""
        spec = self.objects[name]
        if spec["level"] == "ragged":
            return np.diff(self.column(name, "offsets"))
        parent = spec["parent"]
        if not self.compound:
            counts = self.datasets[f"/{name}/count"]
        else:
            holder = parent if parent in self.objects else next(iter(self.row_level))
            counts = self.datasets[f"/{holder}"][f"n_{name}"]
        return counts[self.column(parent, "valid")] if counts.ndim > 1 else counts

    @property
    def row_level(self) -> list[str]:
        """The objects with one entry per row."""
        return [name for name, spec in self.objects.items() if spec["level"] == "row"]

    def categories(self, name: str, field: str) -> list[str] | None:
        """The strings of a string field."""
        return next(entry["categories"] for entry in self.objects[name]["fields"] if entry["name"] == field)


def differing(file: StoredFile, expected: Expected) -> list[str]:
    """Every way in which a file is not what it must be; empty when it is."""
    found = [
        f"{word} {sorted(paths)}"
        for word, paths in (
            ("missing", expected.datasets.keys() - file.datasets.keys()),
            ("surplus", file.datasets.keys() - expected.datasets.keys()),
        )
        if paths
    ]
    rows = chunk_rows(expected)
    for path, wanted in expected.datasets.items():
        if path not in file.datasets:
            continue
        found += differences(file.datasets[path], wanted, path)
        found += differences(file.fills[path], expected.fills[path], f"fill of {path}")
        first = rows if path in expected.row_axis else FLAT_CHUNK
        if file.chunks[path] != (first, *wanted.shape[1:]):
            found.append(f"{path}: chunks {file.chunks[path]}, expected {first} along the first axis")
        if file.maxshapes[path] != (None, *wanted.shape[1:]):
            found.append(f"{path}: grows to {file.maxshapes[path]}, expected the first axis without limit")
    wanted_losses = {f"/{name}": lost for name, lost in expected.truncated.items()}
    losses = {path: lost for path, lost in file.truncated.items() if lost}
    if losses != {path: lost for path, lost in wanted_losses.items() if lost}:
        found.append(f"truncated {losses}, expected {wanted_losses}")
    return found
