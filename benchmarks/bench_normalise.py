"""Normalising: constants of masked entries, learned and applied. Rows are values here. The peer uses one thread.

What ours learns has no rounding in its sums, and so does not depend on how the data is cut; numpy's does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdprep.transforms import Normalise

from .cases import Size
from .question import Contender, Target

PEER = "numpy"

ASKS = "mean and deviation, quantiles, and what is done with them; per value"
TARGETS = (Target(PEER, 1, "speed", 1.0, ("*",)),)

Values = NDArray[np.float32]
NUM_FIELDS = 20
LOW, HIGH = -5.0, 5.0


@dataclass(frozen=True)
class Case:
    """A rule, and whether its constants are learned or applied."""

    name: str
    what: str
    size: int
    rule: Mapping[str, Any]
    applied: bool
    by_numpy: Callable[[Prepared], Any]


@dataclass(frozen=True)
class Prepared:
    """Entries in slots, and the transform fitted on them."""

    case: Case
    values: Values
    valid: NDArray[np.bool_]
    fitted: Normalise


def moments(prepared: Prepared) -> Values:
    """Return mean and deviation."""
    values = prepared.values[prepared.valid].astype(np.float64)
    if prepared.case.rule.get("log") is not None:
        np.log(values, out=values)
    return np.stack([values.mean(axis=0), values.std(axis=0)])


def quantiles(prepared: Prepared) -> Values:
    """Return median and the larger distance."""
    low, middle, high = np.quantile(prepared.values[prepared.valid], [0.16, 0.5, 0.84], axis=0)
    return np.stack([middle, np.maximum(high - middle, middle - low)])


def normalised(prepared: Prepared) -> Values:
    """Return the values, pads as they are."""
    centre, scale = (part.astype(np.float32) for part in (prepared.fitted.centre, prepared.fitted.scale))
    with np.errstate(all="ignore"):
        values = np.log(prepared.values) if prepared.case.rule.get("log") is not None else prepared.values.copy()
        values -= centre
        values /= scale
        np.clip(values, LOW, HIGH, out=values)
        np.nan_to_num(values, copy=False, nan=0.0)
    return np.where(prepared.valid[..., np.newaxis], values, prepared.values)


def ours(prepared: Prepared) -> Values:
    """Learn, or apply."""
    if prepared.case.applied:
        return prepared.fitted.apply(prepared.values, prepared.valid)
    transform = Normalise(prepared.fitted.rules)
    transform.fit(prepared.values, prepared.valid)
    return np.stack([transform.centre, transform.scale])


def cases(size: Size) -> Sequence[Case]:
    entries = {"tiny": 500, "quick": 20_000, "full": 200_000}[size]
    what = f"{entries:,} entries of {NUM_FIELDS} float32 fields, a quarter of the slots empty"
    log, bounds = {"log": True}, {"clip": [LOW, HIGH], "nonfinite": "zero"}
    return [
        Case("learn mean and deviation", what, entries, {}, False, moments),
        Case("learn them of logarithms", what, entries, log, False, moments),
        Case("learn quantiles", what, entries, {"method": "robust"}, False, quantiles),
        Case("apply, with bounds", what, entries, bounds, True, normalised),
        Case("apply, logarithm and bounds", what, entries, {**log, **bounds}, True, normalised),
    ]


def prepare(case: Case, folder: Path) -> Prepared:
    rng = np.random.default_rng(1)
    values = rng.gamma(2, 15, (case.size // 40 + 1, 40, NUM_FIELDS)).astype(np.float32)
    valid = np.arange(40) < rng.integers(20, 41, len(values))[:, np.newaxis]
    fitted = Normalise(dict.fromkeys((f"f{index}" for index in range(NUM_FIELDS)), case.rule))
    fitted.fit(values, valid)
    return Prepared(case, values, valid, fitted)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    rows = prepared.values.size if prepared.case.applied else int(prepared.valid.sum()) * NUM_FIELDS
    return [
        Contender(PEER, partial(prepared.case.by_numpy, prepared), rows),
        Contender("simdprep", partial(ours, prepared), rows, is_ours=True),
    ]


def check(prepared: Prepared, results: Mapping[str, Any]) -> None:
    """Compare: numpy in single precision loses digits, and quantiles of many entries are within 0.013 %."""
    robust = prepared.case.rule.get("method") == "robust"
    for found in results.values():
        np.testing.assert_allclose(found, results[PEER], rtol=3e-4 if robust else 2e-5, atol=2e-5)
