"""Balance: the step that gives all classes the same distribution, by weights or by copies of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .axis import Axis
from .balance_target import Empty
from .histogram import Histogram, Outside
from .resample import METHODS, Resample
from .reweight import Reweight


class Balance(Protocol):
    """A step that gives all classes the same distribution in some fields.

    ``fit`` counts what there is, over any number of batches, ``merge`` joins what others counted, in any
    order; ``solve`` then finds the factors or copies, or says why there are none; ``apply`` gives them
    row by row, and depends on nothing but the row.
    """

    histogram: Histogram
    #: Whether :meth:`apply` gives factors of weights, else how often rows are kept.
    changes_weights: bool

    def fit(
        self,
        columns: Mapping[str, NDArray[Any]],
        labels: NDArray[Any],
        *,
        weights: NDArray[Any] | None = None,
        identity: NDArray[np.uint64] | None = None,
    ) -> None:
        """Take a batch into account."""
        ...

    def merge(self, other: Self) -> None:
        """Take into account what another was fitted on."""
        ...

    def solve(self) -> None:
        """Find what :meth:`apply` gives."""
        ...

    def apply(
        self, columns: Mapping[str, NDArray[Any]], labels: NDArray[Any], identity: NDArray[np.uint64] | None = None
    ) -> NDArray[Any]:
        """Return the factor of each row's weight, float64 (n,), or how often it is kept, int64 (n,)."""
        ...

    def report(self, after: Histogram | None = None) -> dict[str, Any]:
        """Return the distributions before, as wanted, and ``after``, which is fitted on what was written; for JSON."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what was counted and found, as JSON can hold it."""
        ...


def make_balance(
    classes: Sequence[str],
    axes: Sequence[Axis],
    *,
    method: str,
    target: str | None = None,
    empty: Empty = "error",
    outside: Outside = "error",
    **options: Any,
) -> Balance:
    """Return the step of a method: :class:`.reweight.Reweight`, or :class:`.resample.Resample`.

    Args:
        classes: Names, in the order of the labels.
        axes: Bins of each field.
        method: ``reweight``, ``pdf``, ``countup``, ``undersample`` or ``oversample``.
        target: ``flat``, ``min``, ``mean``, ``max`` or a class; by default ``min``, and ``max`` to oversample.
        empty: Of bins that a class has no row in: ``error``, ``drop`` or ``allow``.
        outside: Of rows in no bin: ``error``, ``clip`` or ``drop``.
        options: ``counts``, ``most_copies`` and ``seed`` of :class:`.resample.Resample`; not looked at to reweight.

    Raises:
        ConfigError: an unknown method, target or policy, or counts that are not positive.
    """
    if method not in ("reweight", *METHODS):
        hint = nearest_hint(str(method), ("reweight", *METHODS))
        raise ConfigError("method", got=repr(method), expected=", ".join(("reweight", *METHODS)), hint=hint)
    target = ("max" if method == "oversample" else "min") if target is None else target
    if method == "reweight":
        return Reweight(classes, axes, target=target, empty=empty, outside=outside)
    return Resample(classes, axes, method=cast("Any", method), target=target, empty=empty, outside=outside, **options)


def balance_from_state(state: Mapping[str, Any]) -> Balance:
    """Return the step whose state this is.

    Raises:
        SchemaError: it is none.
    """
    kind: Any = {"resample": Resample, "reweight": Reweight}.get(state.get("transform", ""))
    if kind is None:
        raise SchemaError("state of a balance", got=repr(state.get("transform")), expected="what state() returns")
    step: Balance = kind.from_state(state)
    return step
