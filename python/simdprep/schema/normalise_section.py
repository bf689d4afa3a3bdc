"""Normalisation in the config: what is done to a field before it is trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from .config_errors import rule_broken
from .section import Section, Text

METHODS = ("standard", "robust", "minmax", "none")


def _clip(value: object) -> object:
    numbers = isinstance(value, list) and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
    if value is None or (isinstance(value, list) and numbers and len(value) == 2 and value[0] < value[1]):
        return value if value is None else [float(x) for x in value]
    raise rule_broken("clip", "a list of two numbers, the smaller first")


def _log(value: object) -> object:
    if isinstance(value, bool) or value == "log1p":
        return value
    if isinstance(value, int | float) and value >= 0:
        return float(value)
    raise rule_broken("log", "true, log1p, or a number to add")


class NormaliseFieldConfig(Section):
    """How a field is brought to the scale of the others. Constants come from the training split alone.

    Attributes:
        method: ``standard`` (mean 0, deviation 1), ``robust`` (median and quartiles), ``minmax`` (0 to 1), ``none``.
        log: Take the logarithm first; ``log1p``, or a number, adds something before.
        clip: Bounds of the result.
        nonfinite: What becomes of NaN and infinities: ``error``, ``zero`` (after scaling), ``keep``.
        weighted: Count rows by their weights.
        alias: Take the constants of this field, of the same object.
    """

    method: Literal["standard", "robust", "minmax", "none"] = "standard"
    log: Annotated[bool | float | str, BeforeValidator(_log)] = False
    clip: Annotated[list[float], BeforeValidator(_clip)] | None = Field(default=None)
    nonfinite: Literal["error", "zero", "keep"] = "error"
    weighted: bool = False
    alias: Text | None = None

    @model_validator(mode="after")
    def _alone(self) -> Self:
        if self.alias is not None and self.method == "none":
            raise rule_broken("alias", "none with method: none", got=repr(self.alias), path=("alias",))
        return self


def as_normalised(value: object) -> object:
    """Return the mapping by object and field that short forms stand for; ``*`` is every other floating field."""
    if not isinstance(value, Mapping):
        raise rule_broken("normalise", "a mapping of objects")
    return {name: _object(entry) for name, entry in value.items()}


def _object(entry: object) -> object:
    if isinstance(entry, str):
        return {"*": _field(entry)}
    if isinstance(entry, list):
        for name in entry:
            if not isinstance(name, str):
                raise rule_broken("field", "a name", got=repr(name))
        return {name: {} for name in entry}
    if isinstance(entry, Mapping):
        return {name: _field(options) for name, options in entry.items()}
    return entry


def _field(options: object) -> object:
    return {"method": options} if isinstance(options, str) else options
