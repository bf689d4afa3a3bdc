"""Balance: the distribution all classes are given, and what is told when a class cannot have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .axis import Axis
from .histogram import Histogram, Outside

Empty = Literal["error", "drop", "allow"]

#: Targets that are not a class.
TARGETS = ("flat", "min", "mean", "max")


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
    from .resample import METHODS, Resample
    from .reweight import Reweight

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
    from .resample import Resample
    from .reweight import Reweight

    kind: Any = {"resample": Resample, "reweight": Reweight}.get(state.get("transform", ""))
    if kind is None:
        raise SchemaError("state of a balance", got=repr(state.get("transform")), expected="what state() returns")
    step: Balance = kind.from_state(state)
    return step


def check_policies(classes: Sequence[str], target: str, empty: str) -> None:
    """Raise where a target or a policy is not known.

    Raises:
        ConfigError: with the nearest ones.
    """
    known = [*TARGETS, *classes]
    if target not in known:
        hint = nearest_hint(str(target), known)
        raise ConfigError("target of a balance", got=repr(target), expected=", ".join(known), hint=hint)
    if empty not in ("error", "drop", "allow"):
        hint = nearest_hint(str(empty), ("error", "drop", "allow"))
        raise ConfigError("empty", got=repr(empty), expected="error, drop or allow", hint=hint)


def target_contents(histogram: Histogram, contents: NDArray[Any], target: str, empty: Empty) -> NDArray[Any]:
    """Return what every class is to have in each cell, up to a common factor, (n_cells,) of the dtype of ``contents``.

    ``flat`` is the same in all cells that any class has rows in; the name of a class is what that class
    has; ``min``, ``mean`` and ``max`` are taken over the classes, cell by cell.

    Args:
        histogram: What there is.
        contents: Its counts, or its sums of weights, (n_classes, n_cells).
        target: One of these.
        empty: Of cells that the target asks for and a class has no row in: ``error``; ``drop`` takes them
            out of the target, for all classes; ``allow`` leaves that class without them.

    Raises:
        SchemaError: a class has no row, or none in a cell (``error``); what is asked for is nothing.
    """
    counts = histogram.counts.reshape(len(histogram.classes), -1)
    for name, total in zip(histogram.classes, counts.sum(axis=1).tolist(), strict=True):
        if not total:
            rule, hint = "one or more to balance", "a selection that keeps some"
            raise SchemaError(f"rows of class {name}", got="none", expected=rule, hint=hint)
    wanted: NDArray[Any]
    if target == "flat":
        wanted = (counts.sum(axis=0) > 0).astype(contents.dtype)
    elif target in ("min", "max"):
        wanted = contents.min(axis=0) if target == "min" else contents.max(axis=0)
    elif target == "mean":
        wanted = contents.sum(axis=0)
    else:
        wanted = contents[histogram.classes.index(target)].copy()
    lacking = (counts == 0) & (wanted > 0)
    if empty == "drop":
        wanted[lacking.any(axis=0)] = 0
    elif empty == "error" and lacking.any():
        label, cell = (int(index[0]) for index in np.nonzero(lacking))
        number = int(lacking.any(axis=0).sum())
        many = f", and {number - 1} such bins more" if number > 1 else ""
        available = int(counts[:, cell].max())
        raise SchemaError(
            f"class {histogram.classes[label]} in {histogram.describe(cell)}",
            got=f"no row{many}",
            expected=f"some, as target {target} wants them there (the largest class has {available:,})",
            hint="wider bins, another target, or empty: drop, which leaves such bins out for all classes",
        )
    if not (wanted > 0).any():
        hint = "wider bins"
        raise SchemaError(f"target {target}", got="nothing in any bin", expected="rows in one or more", hint=hint)
    return wanted


def distributions(
    histogram: Histogram, wanted: NDArray[Any], after: Histogram | None, *, weighted: bool
) -> dict[str, Any]:
    """Return what was there, what was wanted and what came out, as JSON can hold it, for the report.

    Args:
        histogram: Before.
        wanted: (n_classes, n_cells).
        after: Fitted on what was kept; ``None`` where that is not known.
        weighted: Whether contents are sums of weights, else counts.
    """

    def contents(of: Histogram) -> list[Any]:
        values: list[Any] = (of.sums if weighted else of.counts).tolist()
        return values

    return {
        "classes": list(histogram.classes),
        "axes": [axis.state() for axis in histogram.axes],
        "contents": "weights" if weighted else "rows",
        "before": contents(histogram),
        "wanted": wanted.reshape(len(histogram.classes), *histogram.shape).tolist(),
        "after": None if after is None else contents(after),
        "num_outside": histogram.num_outside.tolist(),
    }
