"""Negative weights: kept, dropped, set to zero, or made positive."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint

Policy = Literal["keep", "drop", "zero", "absolute"]

#: All policies.
POLICIES: tuple[str, ...] = get_args(Policy)


def treat_negative(weights: NDArray[Any], policy: Policy) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the weights after the policy, of the same dtype, and which rows stay.

    What it changes is to be counted by :class:`.class_sums.ClassSums`, before and after: its effective
    sizes say what the negative weights cost.

    Args:
        weights: (n,) of a floating or integer dtype.
        policy: Of weights below zero: ``keep`` leaves them, ``drop`` leaves out their rows, ``zero`` sets
            them to 0, ``absolute`` takes their absolute value.

    Returns:
        Weights (n,) and bool (n,), false for rows to drop; a dropped row's weight is as it was.

    Raises:
        ConfigError: another policy.
        SchemaError: a weight is not finite; the first row is named.
    """
    if policy not in POLICIES:
        hint = nearest_hint(str(policy), POLICIES)
        raise ConfigError("negative_weights", got=repr(policy), expected=", ".join(POLICIES), hint=hint)
    finite = np.isfinite(weights)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise SchemaError("weight", got=f"{weights[row]} in row {row}", expected="a finite number")
    keep = np.ones(len(weights), np.bool_)
    if policy == "drop":
        keep = weights >= 0
    elif policy == "zero":
        weights = np.where(weights < 0, weights.dtype.type(0), weights)
    elif policy == "absolute":
        weights = np.abs(weights)
    return weights, keep
