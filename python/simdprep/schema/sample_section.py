"""Samples of the config: named inputs with a label, a weight and what they are scaled to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from .config_errors import rule_broken
from .section import Section, Text

#: Where the sum of generator weights of a sample comes from: its counters in the files.
AUTO = "auto"


def as_list(value: object) -> object:
    """Return a lone text as the list it is short for."""
    if not isinstance(value, str | list):
        raise rule_broken("files", "text or a list of texts")
    return [value] if isinstance(value, str) else value


def _check_sum(value: object) -> object:
    if value is None or value == AUTO:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise rule_broken("sum_of_weights", "a positive number, or auto: what the counters of the files say")


class SampleConfig(Section):
    """One sample: rows that belong together, such as those of one process.

    Attributes:
        name: Its name; stored with each row as a code of the field ``sample``.
        files: Paths, globs or URLs; without any, ``input.files``. ``select`` tells samples apart that share files.
        label: Class of its rows, for labels that are given by samples.
        weight: Expression; multiplies that of ``prepare.weight``.
        scale: A number the weights are multiplied by, such as a k-factor.
        cross_section: In pb. With ``prepare.luminosity`` the weights are scaled to the expected number of events.
        sum_of_weights: What the weights of all generated events add up to: a number, or ``auto`` for the
            counters in the files (NanoAOD ``Runs``, ``cutBookkeeper``).
        select: Expression of the event; those where it is false are not of this sample.
    """

    name: Text
    files: Annotated[list[Text], BeforeValidator(as_list)] = Field(default_factory=list)
    label: Text | None = None
    weight: Text | None = None
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    cross_section: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    sum_of_weights: Annotated[float | str, BeforeValidator(_check_sum)] | None = None
    select: Text | None = None

    @field_validator("scale", "cross_section", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def as_samples(value: object) -> object:
    """Return samples given by name as the list they are short for."""
    if isinstance(value, Mapping):
        return [{"name": name, **(entry or {})} if isinstance(entry, Mapping | None) else entry
                for name, entry in value.items()]  # fmt: skip
    if not isinstance(value, list):
        raise rule_broken("samples", "a mapping of names, or a list of samples")
    return value


def check_samples(value: list[SampleConfig]) -> list[SampleConfig]:
    """Return samples whose names differ."""
    names = [sample.name for sample in value]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise rule_broken("sample", "each name once", got=repr(name), path=(index, "name"))
    return value
