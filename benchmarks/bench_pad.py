"""Padding: one field and its mask from ragged lists to slots. The peers use one thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from simdprep.padding import pad

from .baselines.awkward_pad import pad_list
from .cases import Case, Size, toy_candidates, toy_tracks
from .question import Contender, Target

PEER = "awkward pad_none+fill_none"
COPY = "numpy copy of the result"

Result = tuple[NDArray[Any], NDArray[np.bool_]]

ASKS = "pad a field, with its mask"
_CASES = ("toy tracks", "toy candidates")
TARGETS = (
    Target(PEER, 1, "speed", 40.0, _CASES),
    Target(COPY, 1, "speed", 1.0, _CASES),
    Target(COPY, 4, "speed", 1.4, _CASES),
)


@dataclass(frozen=True)
class Prepared:
    """Lists, their slots, and what they are padded to."""

    lists: ak.Array
    slots: int
    padded: Result


def pad_ours(lists: ak.Array, slots: int, threads: int) -> Result:
    """Pad with simdprep."""
    padded = pad(lists, slots, threads=threads)
    return padded.values, padded.valid


def copy(arrays: Result) -> Result:
    """Return new arrays with the same bytes: what padding would take if it only wrote."""
    return arrays[0].copy(), arrays[1].copy()


def cases(size: Size) -> Sequence[Case]:
    return [toy_tracks(size), toy_candidates(size)]


def prepare(case: Case, folder: Path) -> Prepared:
    ((name, slots),) = case.pad.items()
    lists = ak.to_packed(case.events()[name].pt)
    return Prepared(lists, slots, pad_list(lists, slots))


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    lists, slots, rows = prepared.lists, prepared.slots, len(prepared.lists)
    return [
        Contender(PEER, partial(pad_list, lists, slots), rows),
        Contender(COPY, partial(copy, prepared.padded), rows),
        *[
            Contender("simdprep", partial(pad_ours, lists, slots, count), rows, count, is_ours=True)
            for count in threads
        ],
    ]


def check(prepared: Prepared, results: Mapping[str, Result]) -> None:
    for values, valid in results.values():
        assert values.dtype == prepared.padded[0].dtype
        assert values.tobytes() == prepared.padded[0].tobytes()
        assert np.array_equal(valid, prepared.padded[1])
