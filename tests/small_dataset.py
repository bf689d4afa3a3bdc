"""Small stored datasets for tests of what reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np

import simdprep as sp

LAYOUTS = ("columns", "compound", "ragged")

#: Row object by layout; every way in which objects can be stored.
VARIANTS = tuple((layout, rows) for layout in LAYOUTS for rows in ("events", "Jet"))

KINDS = ("data", "signal", "background")


def small_events(num_events: int = 60, *, seed: int = 1) -> ak.Array:
    """Events with numbers, bools, strings, vectors, and lists in lists; some are empty."""
    rng = np.random.default_rng(seed)
    jets = rng.poisson(1.6, num_events)
    hits = rng.poisson(1.2, jets.sum())
    size = int(jets.sum())
    jet = ak.Array({
        "pt": rng.exponential(30, size).astype(np.float32),
        "eta": rng.normal(0, 1, size).astype(np.float32),
        "phi": rng.uniform(-3, 3, size).astype(np.float32),
        "mass": rng.exponential(5, size).astype(np.float32),
        "index": rng.integers(-4, 4, size).astype(np.int16),
        "tight": rng.random(size) < 0.5,
    })  # fmt: skip
    hit = ak.Array({"charge": rng.normal(0, 1, hits.sum()), "layer": rng.integers(0, 9, hits.sum()).astype(np.uint8)})
    return ak.Array({
        "MET": rng.exponential(20, num_events).astype(np.float32),
        "number": np.arange(num_events, dtype=np.uint64) + (1 << 40),
        "trigger": rng.random(num_events) < 0.5,
        "kind": np.array(KINDS)[rng.integers(0, 3, num_events)],
        "Jet": ak.unflatten(jet, jets),
        "hits": ak.unflatten(ak.unflatten(hit, hits), jets),
    })  # fmt: skip


def small_schema(layout: str = "columns", rows: str = "events", **options: Any) -> sp.Schema:
    """A schema of :func:`small_events` that truncates some jets and hits."""
    pad = None if layout == "ragged" else {"Jet": 3, "hits": 2}
    return sp.Schema.from_awkward(small_events(), layout=layout, rows=rows, pad=pad, parents={"hits": "Jet"}, **options)


def write_small(
    path: Path, layout: str = "columns", rows: str = "events", *, num_events: int = 60, seed: int = 1, **options: Any
) -> ak.Array:
    """Write such a dataset and return what went in; ``part_rows`` goes to the writer, the rest to the schema."""
    events = small_events(num_events, seed=seed)
    writer_options = {name: options.pop(name) for name in ("part_rows", "threads", "overwrite") if name in options}
    with sp.Writer(path, small_schema(layout, rows, **options), **writer_options) as writer:
        writer.fill(events)
    return events
