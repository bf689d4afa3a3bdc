"""Fusing: all fields of lists padded side by side, with logarithm, mean, deviation, bounds and NaN seen to on the way.

numpy works on the padded array, step by step, in place. The peers use one thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from simdprep import _core

from .cases import Case, Size, toy_tracks
from .question import Contender, Target

PEER = "numpy on the padded array"
COPY = "numpy copy of the result"

ASKS = "pad all fields, log, standardise, clip, NaN"
_CASES = ("toy tracks",)
TARGETS = (
    Target(PEER, 1, "speed", 30.0, _CASES),
    Target(COPY, 1, "speed", 0.8, _CASES),
    Target(COPY, 4, "speed", 2.0, _CASES),
)

Values = NDArray[np.float32]
OFFSET, LOW, HIGH = 1e-6, -3.0, 3.0


@dataclass(frozen=True)
class Prepared:
    """Flat fields, where lists begin, and the padded fields; means and deviations of what becomes of them."""

    fields: list[Values]
    offsets: NDArray[np.int64]
    slots: int
    padded: Values
    valid: NDArray[np.bool_]
    mean: Values
    std: Values


def with_numpy(prepared: Prepared) -> Values:
    """Transform the padded array."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log(prepared.padded + np.float32(OFFSET))
        values -= prepared.mean
        values /= prepared.std
        np.clip(values, LOW, HIGH, out=values)
        np.nan_to_num(values, copy=False, nan=0.0)
        values[~prepared.valid] = 0
    return values


def with_core(prepared: Prepared, pool: _core.ThreadPool, transforms: list[_core.ItemTransform | None]) -> Values:
    """Pad and transform in one pass."""
    return _core.pad_items(pool, prepared.fields, prepared.offsets, prepared.slots, transforms)[0]


def cases(size: Size) -> Sequence[Case]:
    return [toy_tracks(size)]


def prepare(case: Case, folder: Path) -> Prepared:
    ((name, slots),) = case.pad.items()
    lists = case.events()[name]
    layouts = [ak.to_layout(ak.to_packed(lists[field])) for field in lists.fields]
    fields = [np.asarray(layout.content.data) for layout in layouts]
    fields = [np.ascontiguousarray(field) for field in fields if field.dtype == np.float32]
    offsets = np.asarray(layouts[0].offsets.data, np.int64)
    padded, valid, _ = _core.pad_items(_core.ThreadPool(1), fields, offsets, slots)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(padded[valid].astype(np.float64) + OFFSET)
    logs[~np.isfinite(logs)] = np.nan
    return Prepared(
        fields,
        offsets,
        slots,
        padded,
        valid,
        np.nan_to_num(np.nanmean(logs, axis=0)).astype(np.float32),
        (np.nan_to_num(np.nanstd(logs, axis=0)) + 0.1).astype(np.float32),
    )


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    rows = len(prepared.offsets) - 1
    transforms: list[_core.ItemTransform | None] = [
        _core.ItemTransform(log_offset=OFFSET, mean=float(mean), std=float(std), low=LOW, high=HIGH, nan=0.0)
        for mean, std in zip(prepared.mean, prepared.std, strict=True)
    ]
    return [
        Contender(PEER, partial(with_numpy, prepared), rows),
        Contender(COPY, partial(np.copy, with_numpy(prepared)), rows),
        *[
            Contender(
                "simdprep",
                partial(with_core, prepared, _core.ThreadPool(count), transforms),
                rows,
                count,
                is_ours=True,
            )
            for count in threads
        ],
    ]


def check(prepared: Prepared, results: Mapping[str, Any]) -> None:
    """Compare with numpy in double precision: numpy in single loses digits where the mean is near."""
    wide = in_double(prepared)
    for name, values in results.items():
        single = name in (PEER, COPY)
        np.testing.assert_allclose(values, wide, rtol=1e-4 if single else 1.2e-7, atol=1e-4 if single else 1e-12)


def in_double(prepared: Prepared) -> NDArray[np.float64]:
    """Return what all results should be, in double precision."""
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = (np.log(prepared.padded.astype(np.float64) + OFFSET) - prepared.mean) / prepared.std.astype(np.float64)
    wide = np.nan_to_num(np.clip(wide, LOW, HIGH), nan=0.0)
    wide[~prepared.valid] = 0
    return wide
