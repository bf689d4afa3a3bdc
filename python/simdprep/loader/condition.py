"""Condition: the rows for which an expression is true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..storage import Dataset
from ..transforms.catalog import EVENTS, Catalog
from ..transforms.evaluate import evaluate
from ..transforms.expressions import parse
from ..transforms.frame import Frame
from ..transforms.levels import check_levels
from ..transforms.scope import Scope

#: Events that are looked at at once.
_EVENTS_AT_ONCE = 100_000


def rows_where(dataset: Dataset, text: str, *, where: str = "Loader rows") -> NDArray[np.bool_]:
    """Return for which rows an expression is true, bool (num_rows,); where it has no value it is not.

    Only the fields it names are read.

    Args:
        dataset: What is read.
        text: As in a config: bare names are fields of the row object, then those of the event.
        where: The place to name in errors.

    Raises:
        ExpressionError: it is no condition, or names what is not there.
        DatasetError: stored bytes are damaged.
    """
    expression = parse(text, where=where)
    schema = dataset.schema
    own = EVENTS if schema.rows == EVENTS else schema.rows
    parents = {spec.name: spec.parent for spec in schema.objects if spec.parent is not None and spec.name != own}
    kept: list[NDArray[np.bool_]] = [np.zeros(0, np.bool_)]
    for events in dataset.iterate(_EVENTS_AT_ONCE):
        catalog = Catalog.from_events(events, parents)
        scope = Scope(catalog, own)
        check_levels(expression, scope)
        value = evaluate(expression, scope, Frame(events, catalog))
        data: NDArray[Any] = value.data
        if data.dtype.kind != "b":
            raise expression.error("rows", 1, got=f"numbers ({data.dtype})", expected="a condition, true or false")
        kept.append(data if value.missing is None else data & ~value.missing)
    return np.concatenate(kept)
