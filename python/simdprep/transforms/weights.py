"""Weights: what a sample's weights are scaled by, and what they are worth."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, nearest_hint

#: Units of a cross section, in pb; those of a luminosity are their inverses.
_UNITS = {"b": 1e12, "mb": 1e9, "ub": 1e6, "nb": 1e3, "pb": 1.0, "fb": 1e-3, "ab": 1e-6}

_QUANTITY = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(?:1?\s*/\s*([a-zA-Z]+)|([a-zA-Z]+)(\s*\^?-1)?)?\s*")


def cross_section(value: float | str, *, where: str | None = None) -> float:
    """Return a cross section in pb: of a number in pb, or of a text with its unit, such as ``1.2 nb``.

    Raises:
        ConfigError: it is negative, not finite, no number, or of another unit.
    """
    return _quantity("cross_section", value, inverse=False, example="831.76, in pb, or 0.83 nb", where=where)


def luminosity(value: float | str, *, where: str | None = None) -> float:
    """Return a luminosity in 1/pb: of a number in 1/fb, or of a text with its unit, such as ``36 /pb``.

    Raises:
        ConfigError: it is negative, not finite, no number, or of another unit.
    """
    return _quantity("luminosity", value, inverse=True, example="140, in 1/fb, or 36 /pb", where=where)


def sample_scale(
    *,
    cross_section: float | str | None = None,
    luminosity: float | str | None = None,
    sum_of_weights: float | None = None,
    efficiency: float = 1.0,
    where: str | None = None,
) -> float:
    """Return what the weights of a sample are multiplied by: cross section × luminosity × efficiency / sum of weights.

    With a luminosity, the scaled weights of all generated events add up to the number expected in it.
    Without, to the cross section in pb; without a cross section, to 1. Without a sum of weights nothing
    is divided by.

    Args:
        cross_section: A number in pb, or a text with its unit.
        luminosity: A number in 1/fb, or a text with its unit.
        sum_of_weights: Of all generated events, before any selection.
        efficiency: Of the generator's filter, times a k-factor, where the cross section is without them.
        where: The sample's place in the config.

    Raises:
        ConfigError: a luminosity without a cross section, a sum that is not positive, or a number that is none.
    """
    scale = float(efficiency)
    if cross_section is not None:
        scale *= _cross_section(cross_section, where=where)
    if luminosity is not None:
        if cross_section is None:
            hint = "a cross_section of the sample, or no luminosity"
            raise ConfigError("cross_section", got="none", expected="one for a luminosity", where=where, hint=hint)
        scale *= _luminosity(luminosity, where=where)
    if sum_of_weights is not None:
        if not (np.isfinite(sum_of_weights) and sum_of_weights > 0):
            raise ConfigError("sum_of_weights", got=sum_of_weights, expected="a positive number", where=where)
        scale /= float(sum_of_weights)
    return scale


_cross_section, _luminosity = cross_section, luminosity  # sample_scale has arguments of these names


def effective_size(weights: NDArray[Any]) -> float:
    """Return how many rows of equal weight have the same statistical power: (sum w)² / sum w²; 0 for no weight."""
    wide = np.asarray(weights, np.float64)
    squares = float(np.sum(wide * wide))
    return float(np.sum(wide)) ** 2 / squares if squares > 0 else 0.0


def _quantity(what: str, value: float | str, *, inverse: bool, example: str, where: str | None) -> float:
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if match is None:
            raise ConfigError(
                what, got=repr(value), expected="a number, with a unit or without", where=where, hint=example
            )
        number, below, unit, minus = match.groups()
        name = below or unit
        is_inverse = bool(below or minus)
        if name is not None and (name not in _UNITS or is_inverse != inverse):
            known = [f"/{unit}" if inverse else unit for unit in _UNITS]
            hint = nearest_hint(name, known, otherwise=example)
            raise ConfigError(f"unit of {what}", got=repr(value), expected=" ".join(known), where=where, hint=hint)
        scale = _UNITS[name] if name else (1e-3 if inverse else 1.0)
        result = float(number) / scale if inverse else float(number) * scale
    else:
        result = float(value) * (1000.0 if inverse else 1.0)
    if not (np.isfinite(result) and result >= 0):
        raise ConfigError(what, got=repr(value), expected="a number from 0", where=where, hint=example)
    return result
