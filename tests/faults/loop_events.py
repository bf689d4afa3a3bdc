"""The events of the event loops that are killed: every value a formula of its numbers, in Python and in C++ alike.

``tests/cpp/programs/loop_events.hpp`` has the same formulas. Jets have 4 slots for 0 to 6 of them, tracks 3 for 0 to 3.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

import simdprep as sp

JET_SLOTS, TRACK_SLOTS = 4, 3
#: Rows of a part; the number of events is no multiple of it.
PART_ROWS, NUM_EVENTS = 2048, 5000


def number(event: NDArray[Any], salt: int | NDArray[Any]) -> NDArray[np.uint64]:
    """A number below 65,536 that looks random."""
    event, salt = np.asarray(event, np.uint64), np.asarray(salt, np.uint64)
    return ((event * np.uint64(2654435761) + salt * np.uint64(40503)) >> np.uint64(7)) & np.uint64(0xFFFF)


def loop_events(num_events: int = NUM_EVENTS, start: int = 0) -> ak.Array:
    """Events as awkward records: ``events`` fields, ``jets``, and ``tracks`` that hang on jets."""
    event = np.arange(start, start + num_events, dtype=np.uint64)
    num_jets = (number(event, 1) % 7).astype(np.int64)
    of_jet = np.repeat(event, num_jets)
    index = (np.arange(len(of_jet)) - np.repeat(np.cumsum(num_jets) - num_jets, num_jets)).astype(np.int32)
    jet = of_jet * np.uint64(8) + index.astype(np.uint64)
    num_tracks = (number(jet, 3) % 4).astype(np.int64)
    of_track = np.repeat(jet, num_tracks)
    order = (np.arange(len(of_track)) - np.repeat(np.cumsum(num_tracks) - num_tracks, num_tracks)).astype(np.uint64)
    jets = ak.Array({"pt": (number(of_jet, 10 + index) / 4).astype(np.float32), "index": index})
    tracks = ak.Array({
        "d0": (number(of_track, 20 + order) / 256).astype(np.float32),
        "charge": (number(of_track, 30 + order) % 3).astype(np.int8) - np.int8(1),
    })  # fmt: skip
    return ak.Array({
        "number": event.astype(np.int64),
        "weight": number(event, 2) / 256,
        "jets": ak.unflatten(jets, num_jets),
        "tracks": ak.unflatten(ak.unflatten(tracks, num_tracks), num_jets),
    })  # fmt: skip


@cache
def loop_schema() -> sp.Schema:
    return sp.Schema.from_awkward(
        loop_events(50), pad={"jets": JET_SLOTS, "tracks": TRACK_SLOTS}, parents={"tracks": "jets"}
    )


@cache
def expected(num_events: int = NUM_EVENTS) -> dict[str, NDArray[Any]]:
    """What is stored of the events, by path; computed slot by slot from the formulas, not by the library."""
    event = np.arange(num_events, dtype=np.uint64)
    num_jets = number(event, 1) % 7
    slot = np.arange(JET_SLOTS, dtype=np.uint64)
    jet = event[:, None] * np.uint64(8) + slot
    is_jet = slot < num_jets[:, None]
    num_tracks = np.where(is_jet, number(jet, 3) % 4, 0)
    place = np.arange(TRACK_SLOTS, dtype=np.uint64)
    is_track = place < num_tracks[..., None]
    pt = (number(event[:, None], 10 + slot) / 4).astype(np.float32)
    d0 = (number(jet[..., None], 20 + place) / 256).astype(np.float32)
    charge = (number(jet[..., None], 30 + place) % 3).astype(np.int8) - np.int8(1)
    return {
        "events/number": event.astype(np.int64),
        "events/weight": number(event, 2) / 256,
        "jets/pt": np.where(is_jet, pt, np.float32(np.nan)),
        "jets/index": np.where(is_jet, slot, -1).astype(np.int32),
        "jets/valid": is_jet,
        "jets/count": num_jets.astype(np.uint32),
        "tracks/d0": np.where(is_track, d0, np.float32(np.nan)),
        "tracks/charge": np.where(is_track, charge, -1).astype(np.int8),
        "tracks/valid": is_track,
        "tracks/count": num_tracks.astype(np.uint32),
    }
