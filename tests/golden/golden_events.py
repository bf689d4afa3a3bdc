"""The events of the golden files: arithmetic alone, so that no library can change them."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np

import simdprep as sp

#: Golden files by name: layout, row object and codec.
CASES = {
    "columns": ("columns", "events", "gzip"),
    "compound": ("compound", "events", "gzip"),
    "ragged": ("ragged", "events", "gzip"),
    "columns-jets": ("columns", "jets", "gzip"),
    "compound-jets": ("compound", "jets", "gzip"),
}

NUM_EVENTS = 48
KINDS = ("data", "Zjets", "ttbar", "µ")


def golden_events() -> ak.Array:
    """Records with every dtype, strings, jets with tracks, special numbers, and events without jets."""
    number = np.arange(NUM_EVENTS)
    jets = number * 7 % 4
    jet = np.arange(int(jets.sum()))
    tracks = jet * 5 % 4
    track = np.arange(int(tracks.sum()))
    pt = (20 + jet * 37 % 101 / 8).astype(np.float32)
    pt[[3, 9]] = [np.nan, np.inf]
    return ak.Array({
        "number": number.astype(np.uint64) + (1 << 60),
        "weight": 1 - (number % 3) / 4,
        "MET": (number * 13 % 64 / 4).astype(np.float32),
        "kind": np.array(KINDS)[number * 3 % 7 % 4],
        "trigger": number % 5 == 0,
        "jets": ak.unflatten(
            ak.Array({
                "pt": pt,
                "eta": (jet % 11 / 4 - 1.25).astype(np.float16),
                "charge": (jet % 3 - 1).astype(np.int8),
                "flavour": (jet * 3 % 6).astype(np.uint8),
                "index": (jet % 5 - 2).astype(np.int16),
                "bits": (jet * 1021).astype(np.uint16),
                "tagged": jet % 2 == 0,
            }),
            jets,
        ),
        "tracks": ak.unflatten(
            ak.unflatten(
                ak.Array({
                    "d0": track / 16 - 2,
                    "z0": (track % 9 / 2).astype(np.float32),
                    "hits": (track % 14).astype(np.int32),
                    "code": (track * 65537).astype(np.uint32),
                    "id": track.astype(np.int64) - 5,
                }),
                tracks,
            ),
            jets,
        ),
    })  # fmt: skip


def golden_schema(name: str) -> sp.Schema:
    """The schema of a golden file; padded ones truncate some jets and tracks."""
    layout, rows, codec = CASES[name]
    pad = None if layout == "ragged" else {"jets": 2, "tracks": 2}
    return sp.Schema.from_awkward(
        golden_events(), layout=layout, rows=rows, pad=pad, codec=codec, parents={"tracks": "jets"}
    )


def write_golden(path: Path, name: str, *, threads: int = 1) -> None:
    """Write a golden file as this simdprep does."""
    with sp.Writer(path, golden_schema(name), threads=threads) as writer:
        writer.fill(golden_events())
