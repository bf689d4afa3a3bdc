"""Balancing: the step that makes the classes of a split alike, as the config asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ConfigError, SimdprepError
from ..transforms import Axis, Balance, make_balance
from .setting import Setting


def balance_of(setting: Setting, split: str) -> Balance:
    """Return the step for a split, fitted on nothing.

    Raises:
        ConfigError: there is none, or its classes and targets are not known.
    """
    rules = setting.prepare.balance
    where = setting.config.where("prepare", "balance")
    if rules is None:
        raise ConfigError("balance", got="none", expected="one", where=where)
    axes = [Axis(name, entry.bins) for name, entry in rules.variables.items()]
    asked = {name: count for key, every in rules.counts.items() if key == split for name, count in every.items()}
    counts = {name: asked.get(name, asked.get("*")) for name in setting.classes}
    given = {name: count for name, count in (counts | asked).items() if name != "*" and count is not None}
    try:
        return make_balance(
            setting.classes,
            axes,
            method=rules.method,
            target=rules.target,
            empty=rules.empty,
            outside=rules.outside,
            counts=given or None,
            most_copies=rules.most_copies,
            seed=setting.prepare.seed,
        )
    except ConfigError as error:
        raise ConfigError(error.what, got=error.got, expected=error.expected, where=where, hint=error.hint) from error


def solve(setting: Setting, steps: Mapping[str, Balance]) -> None:
    """Find the factors or copies of every split.

    Raises:
        SchemaError: a class lacks what its target needs; class, bin and split are named.
    """
    for split, step in steps.items():
        try:
            step.solve()
        except SimdprepError as error:
            where = f"{setting.config.where('prepare', 'balance')}, split {split}"
            raise type(error)(
                error.what, got=error.got, expected=error.expected, where=where, hint=error.hint
            ) from error
