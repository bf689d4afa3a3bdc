"""Small stored datasets, and what their rows are in plain awkward."""

from dataclasses import dataclass, field
from typing import Any

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.writer import Writer

LAYOUTS = ("columns", "compound", "ragged")

#: Rows of the files of one dataset: short ones, one over a chunk, and a last chunk that is not full.
PARTS = (1500, 1, 2300, 199)

PADS = {"Jet": 4, "tracks": 3}


def make_events(num_events, seed=1):
    """Events with every kind of field: NaN and infinities, 64-bit integers, bools, lists of lists."""
    rng = np.random.default_rng(seed)
    jets = rng.poisson(2.5, num_events)
    tracks = rng.poisson(1.5, jets.sum())
    pt = rng.exponential(30, jets.sum()).astype(np.float32)
    pt[rng.random(len(pt)) < 0.05] = np.nan
    jet = ak.Array({"pt": pt, "n": rng.integers(-5, 5, len(pt)).astype(np.int16), "tight": rng.random(len(pt)) < 0.5})
    d0 = rng.normal(0, 1, tracks.sum())
    d0[rng.random(len(d0)) < 0.05] = np.inf
    track = ak.Array({"d0": d0, "hits": rng.integers(0, 20, len(d0)).astype(np.uint8)})
    return ak.Array(
        {
            "MET": rng.exponential(20, num_events).astype(np.float32),
            "number": np.arange(num_events, dtype=np.uint64) * 7 + (1 << 40),
            "label": rng.integers(0, 3, num_events).astype(np.int8),
            "weight": rng.normal(1, 0.1, num_events),
            "trigger": rng.random(num_events) < 0.5,
            "Jet": ak.unflatten(jet, jets),
            "tracks": ak.unflatten(ak.unflatten(track, tracks), jets),
        }
    )


@dataclass
class Stored:
    """A dataset and the awkward rows that were written."""

    paths: list[str]
    rows: ak.Array
    pads: dict[str, int] = field(default_factory=dict)

    def open(self, **options: Any) -> sp.Dataset:
        return sp.open(self.paths, **options)

    def expected(self, name, fields, slots, dtype=np.float32):
        """Values (rows, slots..., fields) and mask of all rows, by way of awkward."""
        columns = [self.rows[entry] if name == "events" else self.rows[name][entry] for entry in fields]
        if not slots:
            return np.stack([ak.to_numpy(column).astype(dtype) for column in columns], axis=-1), None
        padded = []
        for column in columns:
            for axis, size in enumerate(slots, 1):
                column = ak.pad_none(column, size, axis=axis, clip=True)
            if len(slots) == 2:  # the tracks of a jet that is not there
                column = ak.fill_none(column, [None] * slots[1], axis=1)
            padded.append(column)
        mask = ~ak.to_numpy(ak.is_none(padded[0], axis=len(slots)))
        values = [ak.to_numpy(ak.fill_none(column, 0, axis=None)).astype(dtype) for column in padded]
        return np.stack(values, axis=-1), mask


def write(folder, events, schema, parts=PARTS):
    """Write one file per entry of ``parts``; returns their paths."""
    paths, start = [], 0
    for number, size in enumerate(parts):
        paths.append(str(folder / f"{number}.h5"))
        with Writer(paths[-1], schema) as writer:
            writer.fill(events[start : start + size])
        start += size
    return paths


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """Datasets of events, by layout."""
    events = make_events(sum(PARTS))
    result = {}
    for layout in LAYOUTS:
        schema = sp.Schema.from_awkward(events, pad=PADS, layout=layout, parents={"tracks": "Jet"})
        paths = write(tmp_path_factory.mktemp(layout), events, schema)
        result[layout] = Stored(paths, events, PADS if layout == "ragged" else {})
    return result


@pytest.fixture(scope="session")
def stored_jets(tmp_path_factory):
    """Datasets with one row per jet, by layout; ``rows`` has the numbers of the event repeated."""
    events = make_events(1000)
    jets = ak.flatten(events.Jet)
    rows = ak.zip({name: jets[name] for name in jets.fields})
    owner = np.repeat(np.arange(len(events)), ak.to_numpy(ak.num(events.Jet)))
    joined = {"Jet": rows, "tracks": ak.flatten(events.tracks, axis=1)}
    joined |= {name: events[name][owner] for name in ("MET", "number", "label", "weight")}
    result = {}
    for layout in LAYOUTS:
        schema = sp.Schema.from_awkward(events, pad=PADS, layout=layout, rows="Jet", parents={"tracks": "Jet"})
        paths = write(tmp_path_factory.mktemp(f"jets_{layout}"), events, schema, parts=(700, 300))
        result[layout] = Stored(paths, ak.zip(joined, depth_limit=1), {"tracks": 3} if layout == "ragged" else {})
    return result
