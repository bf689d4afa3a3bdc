"""Factors: what the survey found, and what it makes of the weights and numbers of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..transforms import Balance, ClassSums, Parametric, balance_from_state
from .block import Kept
from .setting import Setting

Floats = NDArray[np.float64]


@dataclass
class Factors:
    """What weights are multiplied by, in this order, and how often rows are kept.

    Attributes:
        setting: What they belong to.
        samples: By class and sample: what makes the samples of a class alike, and the sums that were asked for
            where nothing is balanced.
        balance: By split.
        classes: By class, last: the sums that were asked for.
        parametric: Draws the feature that some classes do not have.
    """

    setting: Setting
    samples: Floats
    classes: Floats
    balance: dict[str, Balance] = field(default_factory=dict)
    parametric: Parametric | None = None

    @classmethod
    def none(cls, setting: Setting) -> Factors:
        """Return factors that change nothing."""
        shape = (len(setting.classes), len(setting.samples))
        return cls(setting, np.ones(shape), np.ones(shape[0]))

    def columns(self, kept: Kept, mine: NDArray[Any]) -> dict[str, Floats]:
        """Return what the rows ``mine`` are balanced over, by name."""
        names = self.setting.prepare.balance.variables if self.setting.prepare.balance is not None else {}
        return {name: values[mine] for name, values in zip(names, kept.variables, strict=True)}

    def weights(self, kept: Kept) -> Floats:
        """Return the weights of rows after all factors that are known."""
        weight: Floats = kept.weight * self.samples[kept.label, kept.sample]
        for name, step in self.balance.items():
            if step.changes_weights:
                mine = kept.split == self.setting.splits.index(name)
                weight[mine] *= step.apply(self.columns(kept, mine), kept.label[mine], kept.identity[mine])
        return weight * self.classes[kept.label]

    def copies(self, kept: Kept) -> NDArray[np.int64]:
        """Return how often each row is kept: not at all where the factor of its weight is 0."""
        copies = np.ones(len(kept.label), np.int64)
        for name, step in self.balance.items():
            mine = kept.split == self.setting.splits.index(name)
            found = step.apply(self.columns(kept, mine), kept.label[mine], kept.identity[mine])
            copies[mine] = found > 0 if step.changes_weights else found
        return copies

    def targets(self) -> dict[str, float]:
        """Return the sums of weights asked for, by class."""
        asked = self.setting.prepare.sum_of_weights
        every = dict.fromkeys(self.setting.classes, asked["*"]) if "*" in asked else {}
        return {**every, **{name: value for name, value in asked.items() if name != "*"}}

    def within(self) -> dict[str, Any]:
        """Return how the samples of each class are joined."""
        asked = self.setting.prepare.within
        every = dict.fromkeys(self.setting.classes, asked["*"]) if "*" in asked else {}
        return {**every, **{name: value for name, value in asked.items() if name != "*"}}

    def of_samples(self, sums: ClassSums, *, last: bool) -> Factors:
        """Return factors with those of classes and samples; ``last`` if nothing comes after them."""
        found = sums.factors(self.targets() if last else {}, within=self.within())
        return replace(self, samples=found)

    def of_classes(self, sums: ClassSums) -> Factors:
        """Return factors with those of classes, for sums taken with all others."""
        found = sums.factors(self.targets())
        return replace(self, classes=found[:, 0].copy())

    def state(self) -> dict[str, Any]:
        """Return them, as JSON can hold them."""
        return {
            "samples": self.samples.tolist(),
            "classes": self.classes.tolist(),
            "balance": {name: step.state() for name, step in self.balance.items()},
            "parametric": None if self.parametric is None else self.parametric.state(),
        }

    @classmethod
    def from_state(cls, setting: Setting, state: Mapping[str, Any] | None) -> Factors:
        """Make the factors whose :meth:`state` this is; those that change nothing for ``None``."""
        if state is None:
            return cls.none(setting)
        balance = {name: balance_from_state(entry) for name, entry in state["balance"].items()}
        parametric = None if state["parametric"] is None else Parametric.from_state(state["parametric"])
        return cls(setting, np.array(state["samples"]), np.array(state["classes"]), balance, parametric)
