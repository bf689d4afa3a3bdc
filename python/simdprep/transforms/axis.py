"""Axis: a field and the borders of its bins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, nearest_hint

Floats = NDArray[np.float64]

#: Keys of equal bins.
_KEYS = ("n", "low", "high", "log")

_HINT = "[20, 50, 100], or {n: 10, low: 20, high: 100}"


class Axis:
    """The bins of one field: half open, ``low <= x < high``; the last one has its high border too, as in numpy.

    Args:
        name: The field, or the expression, that is binned.
        bins: Borders as a list, ascending, of which the first and the last may be infinite; or
            ``{n, low, high}`` for equal bins, with ``log: true`` equal in the logarithm; or a list of such,
            also as ``[low, high, n]``, each beginning where the one before ends.

    Raises:
        ConfigError: the bins are none of these.
    """

    def __init__(self, name: str, bins: Any) -> None:
        self.name = name
        self.edges = _edges(name, bins)
        widths = np.diff(self.edges)
        #: Whether all bins are equally wide, so that a bin is found without a search.
        self.regular = bool(np.isfinite(widths).all() and np.allclose(widths, widths[0], rtol=1e-9, atol=0))

    def __len__(self) -> int:
        return len(self.edges) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Axis) and self.name == other.name and np.array_equal(self.edges, other.edges)

    __hash__ = None  # type: ignore[assignment]

    def state(self) -> dict[str, Any]:
        """Return name and borders, as JSON can hold them; infinite ones are texts."""
        edges = [edge if math.isfinite(edge) else str(edge) for edge in self.edges.tolist()]
        return {"name": self.name, "edges": edges}

    def describe(self, index: int) -> str:
        """Return the text of a bin: ``pt 20 to 30``."""
        return f"{self.name} {self.edges[index]:g} to {self.edges[index + 1]:g}"


def _edges(name: str, bins: Any) -> Floats:
    where = f"bins of {name}"
    if isinstance(bins, Mapping):
        return _equal(where, bins)
    listed = bins.tolist() if isinstance(bins, np.ndarray) else bins
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise ConfigError("bins", got=repr(bins), expected="borders, or n, low and high", where=where, hint=_HINT)
    if isinstance(listed[0], Mapping | Sequence) and not isinstance(listed[0], str):
        parts = [_equal(where, part if isinstance(part, Mapping) else _region(where, part)) for part in listed]
        for one, two in pairwise(parts):
            if one[-1] != two[0]:
                rule = f"one that begins where the one before ends, at {one[-1]:g}"
                raise ConfigError("bins", got=f"a region that begins at {two[0]:g}", expected=rule, where=where)
        return np.concatenate([parts[0], *[part[1:] for part in parts[1:]]])
    numbers = [_number(where, "border", value) for value in listed]
    if len(numbers) < 2 or not (np.diff(numbers) > 0).all():
        got = ", ".join(f"{number:g}" for number in numbers)
        raise ConfigError("bins", got=got, expected="two or more ascending borders", where=where, hint=_HINT)
    return np.array(numbers, np.float64)


def _equal(where: str, bins: Mapping[str, Any]) -> Floats:
    for key in bins:
        if key not in _KEYS:
            hint = nearest_hint(str(key), _KEYS)
            raise ConfigError("key of bins", got=repr(key), expected=", ".join(_KEYS), where=where, hint=hint)
    missing = [key for key in _KEYS[:3] if key not in bins]
    if missing:
        raise ConfigError("bins", got=f"no {missing[0]}", expected="n, low and high", where=where, hint=_HINT)
    number, log = bins["n"], bool(bins.get("log", False))
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ConfigError("number of bins", got=repr(number), expected="1 or more", where=where)
    low, high = _number(where, "low", bins["low"]), _number(where, "high", bins["high"])
    if not (math.isfinite(low) and math.isfinite(high) and low < high and (low > 0 or not log)):
        rule = "finite numbers, the first below the second" + (", both above 0" if log else "")
        raise ConfigError("low and high", got=f"{low:g} and {high:g}", expected=rule, where=where)
    edges: Floats = np.geomspace(low, high, number + 1) if log else np.linspace(low, high, number + 1)
    return edges


def _region(where: str, part: Any) -> dict[str, Any]:
    if not isinstance(part, Sequence) or isinstance(part, str) or len(part) != 3:
        raise ConfigError("region of bins", got=repr(part), expected="[low, high, n]", where=where, hint=_HINT)
    return {"low": part[0], "high": part[1], "n": part[2]}


def _number(where: str, what: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # texts too: YAML reads 1e3 as one
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise ConfigError(what, got=repr(value), expected="a number", where=where, hint=_HINT)
    return number
