"""The events of tests/install/dumper, by the same arithmetic."""

from __future__ import annotations

import awkward as ak
import numpy as np


def dumped_events(count: int) -> ak.Array:
    """Return the events as they are before any padding: jets of events, tracks of jets."""
    number = np.arange(count)
    jets = number * 7 % 5
    jet = np.arange(int(jets.sum()))
    tracks = jet * 5 % 4
    track = np.arange(int(tracks.sum()))
    score = np.where(jet % 4 == 0, np.float32(np.nan), np.float32(0.5))  # NaN is what a missing one is stored as
    return ak.Array(
        {
            "number": number.astype(np.uint64) + np.uint64(1 << 60),
            "weight": 1 - number % 3 / 4,
            "trigger": number % 5 == 0,
            "jets": ak.unflatten(
                ak.Array(
                    {
                        "pt": (20 + jet * 37 % 101 / 8).astype(np.float32),
                        "eta": (jet % 11 / 4 - 1.25).astype(np.float16),
                        "charge": (jet % 3 - 1).astype(np.int8),
                        "flavour": (jet % 3).astype(np.uint8),
                        "index": (jet % 5 - 2).astype(np.int16),
                        "bits": (jet * 1021).astype(np.uint16),
                        "tagged": jet % 2 == 0,
                        "score": score,
                    }
                ),
                jets,
            ),
            "tracks": ak.unflatten(
                ak.unflatten(
                    ak.Array(
                        {
                            "d0": track / 16 - 2,
                            "z0": (track % 9 / 2).astype(np.float32),
                            "hits": (track % 14).astype(np.int32),
                            "code": (track * 65537).astype(np.uint32),
                            "id": track.astype(np.int64) - 5,
                        }
                    ),
                    tracks,
                ),
                jets,
            ),
        }
    )


def fill_values() -> dict[str, dict[str, float]]:
    """Return what the dumper says empty slots hold, by object and field; NaN, -1, 0 and false where it says nothing."""
    nan = float("nan")
    return {
        "events": {"number": 0, "weight": nan, "trigger": 0},
        "jets": {"pt": nan, "eta": nan, "charge": -9, "flavour": 0, "index": -1, "bits": 0, "tagged": 0, "score": nan},
        "tracks": {"d0": 0, "z0": nan, "hits": -1, "code": 0, "id": -1},
    }
