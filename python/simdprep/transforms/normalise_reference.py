"""Normalising in plain numpy: the form that kernels, core and exports are held to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .field_rule import QUANTILES, FieldRule

Floats = NDArray[np.float64]


def reference_values(column: NDArray[Any], rule: FieldRule) -> Floats:
    """Return what centre and scale are taken of: float64, or its logarithm."""
    wide = column.astype(np.float64)
    if rule.log is None:
        return wide
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(wide + rule.log)


def reference_constants(column: NDArray[Any], rule: FieldRule, weights: Floats | None = None) -> tuple[float, float]:
    """Return centre and scale of the valid numbers of a field (n,)."""
    values = reference_values(column, rule)
    finite = np.isfinite(values)
    kept = values[finite]
    if rule.method == "none":
        return 0.0, 1.0
    if rule.method == "minmax":
        return float(kept.min()), float(kept.max() - kept.min())
    if rule.method == "robust":
        low, centre, high = np.quantile(kept, QUANTILES)
        return float(centre), float(max(high - centre, centre - low))
    share = np.ones(len(kept)) if not rule.weighted or weights is None else weights[finite]
    mean = np.sum(share * kept) / share.sum()
    return float(mean), float(np.sqrt(np.sum(share * (kept - mean) ** 2) / share.sum()))


def reference_normalise(column: NDArray[Any], rule: FieldRule, centre: float, scale: float) -> Floats:
    """Return the normalised numbers of a field; those that are an error are NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        result = (reference_values(column, rule) - centre) / scale
    odd = ~np.isfinite(result)
    if rule.clip is not None:
        result = np.clip(result, *rule.clip)
    if rule.nonfinite != "keep":
        result[odd] = 0.0 if rule.nonfinite == "zero" else np.nan
    return result
