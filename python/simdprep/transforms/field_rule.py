"""FieldRule: how one field is normalised, before any data is seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from ..errors import SchemaError, nearest_hint

Method = Literal["standard", "robust", "minmax", "none"]
Nonfinite = Literal["error", "zero", "keep"]

METHODS: tuple[str, ...] = get_args(Method)
NONFINITE: tuple[str, ...] = get_args(Nonfinite)

#: Quantiles of ``robust``: lower, centre, upper.
QUANTILES = (0.16, 0.5, 0.84)

#: What ``log:`` may say in words, and the number that is added before the logarithm.
_LOGS = {"log": 0.0, "log1p": 1.0}


@dataclass(frozen=True)
class FieldRule:
    """``x -> log(x + log) -> (x - centre) / scale -> within clip``, the first and last if asked for.

    Attributes:
        method: Where centre and scale come from. ``standard``: mean and standard deviation (of the population).
            ``robust``: the median, and the larger of its distances to the 16 % and the 84 % quantile.
            ``minmax``: the least number, and the distance from it to the greatest. ``none``: 0 and 1.
        log: What is added before the logarithm is taken; ``None`` for no logarithm.
        clip: Bounds of the result.
        nonfinite: What is done with a valid entry whose number is not finite, or not after the logarithm: ``error``,
            ``zero`` writes 0, ``keep`` leaves it (clipped where it is infinite). None of them counts in a fit.
        weighted: Whether mean and standard deviation are those of weighted entries.
    """

    method: Method = "standard"
    log: float | None = None
    clip: tuple[float, float] | None = None
    nonfinite: Nonfinite = "error"
    weighted: bool = False

    @classmethod
    def parse(cls, text: object, *, where: str = "", **defaults: Any) -> Self:
        """Return the rule that a config gives: a rule, the name of a method, or a mapping of what is not as usual.

        Args:
            text: ``{"log": True, "clip": [-5, 5]}``, ``"robust"``, or ``None`` for the defaults alone. ``log`` is
                ``True`` or ``"log"`` for log(x), ``"log1p"`` for log(x + 1), or the number that is added.
            where: The object and field, for errors.
            defaults: Used where the text says nothing; of the same words.

        Raises:
            SchemaError: an unknown word, or a value that makes no sense.
        """
        if isinstance(text, FieldRule):
            text = text.state()
        elif isinstance(text, str):
            text = {"method": text}
        elif text is None:
            text = {}
        if not isinstance(text, Mapping):
            raise SchemaError("normalise", got=repr(text), expected="a method or a mapping", where=where or None)
        given = {**defaults, **text}
        known = tuple(cls.__dataclass_fields__)
        for key in given:
            if key not in known:
                hint = nearest_hint(str(key), known, otherwise=", ".join(known))
                rule = "a key of normalise"
                raise SchemaError("key", got=repr(key), expected=rule, where=where or None, hint=hint)
        rule_of_field = cls(
            method=given.get("method", cls.method),
            log=_log(given.get("log"), where),
            clip=_clip(given.get("clip"), where),
            nonfinite=given.get("nonfinite", cls.nonfinite),
            weighted=given.get("weighted", cls.weighted),
        )
        rule_of_field._check(where)
        return rule_of_field

    def _check(self, where: str) -> None:
        for what, value, known in (("method", self.method, METHODS), ("nonfinite", self.nonfinite, NONFINITE)):
            if value not in known:
                hint = nearest_hint(str(value), known)
                expected = f"{', '.join(known[:-1])} or {known[-1]}"
                raise SchemaError(what, got=repr(value), expected=expected, where=where or None, hint=hint)
        if not isinstance(self.weighted, bool):
            raise SchemaError("weighted", got=repr(self.weighted), expected="true or false", where=where or None)
        if self.weighted and self.method != "standard":
            got, hint = f"true with method {self.method}", "method standard"
            expected = "mean and standard deviation, which are what weights change"
            raise SchemaError("weighted", got=got, expected=expected, where=where or None, hint=hint)

    def state(self) -> dict[str, Any]:
        """Return the rule as JSON can hold it, without what is not asked for."""
        given: dict[str, Any] = {"method": self.method, "nonfinite": self.nonfinite}
        if self.log is not None:
            given["log"] = self.log
        if self.clip is not None:
            given["clip"] = list(self.clip)
        if self.weighted:
            given["weighted"] = True
        return given


def _log(value: object, where: str) -> float | None:
    if value is None or value is False:
        return None
    if value is True:
        return 0.0
    if isinstance(value, str) and value in _LOGS:
        return _LOGS[value]
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    expected = "true, log, log1p, or the number that is added before the logarithm"
    raise SchemaError("log", got=repr(value), expected=expected, where=where or None)


def _clip(value: Any, where: str) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        low, high = (float(bound) for bound in value)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not low < high:
        raise SchemaError("clip", got=repr(value), expected="a lower bound and a greater one", where=where or None)
    return low, high
