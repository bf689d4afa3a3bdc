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
    """Return the edges that a list of them stands for, or ``{n, low, high, log}``, or regions ``[low, high, n]``."""
    if isinstance(value, Mapping):
        value = _regular(dict(value))
    elif isinstance(value, list) and value and all(isinstance(region, list | Mapping) for region in value):
        value = _regions(value)
    if not isinstance(value, list) or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in value):
        raise rule_broken("bins", "a list of edges, or {n: 10, low: 0, high: 1}, or a list of [low, high, n]")
    found = [float(x) for x in value]
    if not 2 <= len(found) <= MAX_EDGES:
        raise rule_broken("bins", f"2 to {MAX_EDGES} edges", got=f"{len(found)}")
    for low, high in pairwise(found):
        if not low < high:
            raise rule_broken("bins", "edges that increase", got=f"{low} before {high}")
    return found


def _regions(regions: list[object]) -> list[float]:
    """Return the edges of regions, each beginning where the one before ends."""
    found: list[float] = []
    for region in regions:
        if isinstance(region, Mapping):
            own = _regular(dict(region))
        elif isinstance(region, list) and len(region) == 3:
            own = _regular(dict(zip(("low", "high", "n"), region, strict=True)))
        else:
            raise rule_broken("region of bins", "[low, high, n]", got=repr(region))
        if found and own[0] != found[-1]:
            raise rule_broken(
                "region of bins", f"one that begins at {found[-1]:g}", got=f"one that begins at {own[0]:g}"
            )
        found += own[1:] if found else own
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
        bins: Edges, increasing; bins are half open, and the last one has its upper edge too.
    """

    bins: Annotated[list[float], BeforeValidator(edges)] = Field(min_length=2)

    @classmethod
    def short(cls, value: object) -> object:
        """Take a list of edges, or ``{n, low, high}``, for the whole."""
        if isinstance(value, list) or (isinstance(value, Mapping) and "n" in value):
            return {"bins": value}
        return value
