"""BalanceTarget: the distribution all classes are given, and what is told when a class cannot have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from .histogram import Histogram

Empty = Literal["error", "drop", "allow"]

#: Targets that are not a class.
TARGETS = ("flat", "min", "mean", "max")


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
