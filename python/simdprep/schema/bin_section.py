"""Bins of the config: the edges of a histogram's axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field

from .config_errors import rule_broken
from .section import Section

#: More edges are a mistake.
MAX_EDGES = 100_001


def edges(value: object) -> object:
    """Return the edges that a list of them, or ``{n, low, high, log}``, stands for."""
    if isinstance(value, Mapping):
        value = _regular(dict(value))
    if not isinstance(value, list) or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in value):
        raise rule_broken("bins", "a list of edges, or {n: 10, low: 0, high: 1}")
    found = [float(x) for x in value]
    if not 2 <= len(found) <= MAX_EDGES:
        raise rule_broken("bins", f"2 to {MAX_EDGES} edges", got=f"{len(found)}")
    for low, high in pairwise(found):
        if not low < high:
            raise rule_broken("bins", "edges that increase", got=f"{low} before {high}")
    return found


def _regular(value: dict[object, object]) -> list[float]:
    number, low, high, log = (
        value.pop("n", None),
        value.pop("low", None),
        value.pop("high", None),
        value.pop("log", False),
    )
    if value:
        raise rule_broken("bins", "n, low, high and log", got=repr(next(iter(value))))
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number < MAX_EDGES:
        raise rule_broken("n", "a number of bins", got=repr(number))
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not low < high:
        raise rule_broken("bins", "low < high", got=f"{low} and {high}")
    if not log:
        return [low + (high - low) * index / number for index in range(number)] + [float(high)]
    if low <= 0:
        raise rule_broken("low", "a positive one, with log", got=repr(low))
    return [low * math.exp(math.log(high / low) * index / number) for index in range(number)] + [float(high)]


class BalanceVariable(Section):
    """Bins of one variable.

    Attributes:
        bins: Edges, increasing; rows outside are in no bin, and dropped or weighted 0, counted.
    """

    bins: Annotated[list[float], BeforeValidator(edges)] = Field(min_length=2)

    @classmethod
    def short(cls, value: object) -> object:
        """Take a list of edges, or ``{n, low, high}``, for the whole."""
        if isinstance(value, list) or (isinstance(value, Mapping) and "n" in value):
            return {"bins": value}
        return value
