"""Negative weights: kept, dropped, set to zero, or made positive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .class_sums import ClassSums

Policy = Literal["keep", "drop", "zero", "absolute"]

#: What a state calls this step.
NAME = "negative_weights"

#: All policies.
POLICIES: tuple[str, ...] = get_args(Policy)


def treat_negative(weights: NDArray[Any], policy: Policy) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the weights after the policy, of the same dtype, and which rows stay.

    :class:`NegativeWeights` counts what this changes, too.

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
    _check_policy(policy)
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


class NegativeWeights:
    """Applies a policy, and counts rows, weights and effective sizes of each class before and after it.

    Args:
        classes: Names, in the order of the labels.
        policy: As in :func:`treat_negative`.

    Raises:
        ConfigError: another policy.
    """

    def __init__(self, classes: Sequence[str], policy: Policy = "keep") -> None:
        _check_policy(policy)
        self.policy: Policy = policy
        self.before, self.after = ClassSums(classes), ClassSums(classes)

    def apply(self, weights: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return the weights after the policy and which rows stay, as :func:`treat_negative` does, and count them.

        Args:
            weights: (n,) of a floating or integer dtype.
            labels: Class of each row, integers (n,); those of label -1 do not count.

        Raises:
            SchemaError: a weight is not finite, or the shapes do not fit.
        """
        treated, keep = treat_negative(weights, self.policy)
        self.before.fit(labels, weights)
        self.after.fit(labels[keep], treated[keep])
        return treated, keep

    def merge(self, other: NegativeWeights) -> None:
        """Take into account what ``other`` has counted.

        Raises:
            SchemaError: it has other classes.
        """
        self.before.merge(other.before)
        self.after.merge(other.after)

    def report(self) -> dict[str, Any]:
        """Return by class how many weights are negative, and what the policy cost, as JSON can hold it."""
        classes: dict[str, Any] = {}
        for label, name in enumerate(self.before.classes):
            classes[name] = {"negative": int(self.before.negative[label].sum())}
            for when, sums in (("before", self.before), ("after", self.after)):
                classes[name][when] = {
                    "rows": int(sums.count[label].sum()),
                    "sum_of_weights": float(sums.class_sum[label]),
                    "effective_size": float(sums.effective_size[label]),
                }
        return {"policy": self.policy, "classes": classes}

    def state(self) -> dict[str, Any]:
        """Return policy and counts, as JSON can hold them."""
        return {
            "transform": NAME,
            "policy": self.policy,
            "before": self.before.state(),
            "after": self.after.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the step whose :meth:`state` this is.

        Raises:
            SchemaError: it is not one.
        """
        if state.get("transform") != NAME:
            raise SchemaError("transform", got=repr(state.get("transform")), expected=NAME)
        before = ClassSums.from_state(state["before"])
        result = cls(before.classes, state["policy"])
        result.before, result.after = before, ClassSums.from_state(state["after"])
        return result


def _check_policy(policy: str) -> None:
    if policy not in POLICIES:
        hint = nearest_hint(str(policy), POLICIES)
        raise ConfigError("negative_weights", got=repr(policy), expected=", ".join(POLICIES), hint=hint)
