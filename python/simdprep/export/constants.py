"""Constants: what is done to the fields of an object, in the form that all exports are made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, nearest_hint
from ..transforms.normalise import Normalise
from ..transforms.state import State

Floats = NDArray[np.float64]

#: Objects with slots, or how many axes of slots each has.
Lists = Collection[str] | Mapping[str, int]


@dataclass(frozen=True)
class Constants:
    """The constants of an object's fields, one number for each (n_fields,) in the order of the last axis.

    On a valid entry: ``x -> log(x + offset)`` where ``takes_log``, ``-> (x - centre) / scale``; what is not finite then
    becomes 0 where ``zeroes``, NaN where ``refuses``; all else is brought within [low, high]. Pads become 0.

    Attributes:
        name: The object.
        fields: Its fields.
        axes: Axes of slots: 0 for one entry per row, 1 for lists, 2 for lists of lists.
        pad: Its slots in the file, where they are known.
    """

    name: str
    fields: tuple[str, ...]
    axes: int
    pad: int | None
    takes_log: NDArray[np.bool_]
    offset: Floats
    centre: Floats
    scale: Floats
    low: Floats
    high: Floats
    zeroes: NDArray[np.bool_]
    refuses: NDArray[np.bool_]

    @classmethod
    def of(cls, name: str, transform: Normalise, *, axes: int, pad: int | None) -> Constants:
        """Return those of a fitted transform."""
        rules = list(transform.rules.values())
        bounds = np.array([rule.clip or (-np.inf, np.inf) for rule in rules])
        return cls(
            name,
            transform.fields,
            axes,
            pad,
            takes_log=np.array([rule.log is not None for rule in rules]),
            offset=np.array([rule.log or 0.0 for rule in rules]),
            centre=transform.centre,
            scale=transform.scale,
            low=bounds[:, 0],
            high=bounds[:, 1],
            zeroes=np.array([rule.nonfinite == "zero" for rule in rules]),
            refuses=np.array([rule.nonfinite == "error" for rule in rules]),
        )

    @property
    def is_list(self) -> bool:
        """Whether it has slots, and so a mask."""
        return self.axes > 0

    def refuse_log(self, program: str) -> None:
        """Refuse fields of which the logarithm is taken.

        Raises:
            ConfigError: there are some, which ``program`` cannot do.
        """
        self._refuse(program, "a logarithm", self.takes_log, "storing log(x) as a field: {expr: log(...)}")

    def refuse_bounds(self, program: str) -> None:
        """Refuse fields with bounds.

        Raises:
            ConfigError: there are some, which ``program`` cannot do.
        """
        bounded = np.isfinite(self.low) | np.isfinite(self.high)
        self._refuse(program, "bounds", bounded, "fitting without clip, or to: onnx")

    def _refuse(self, program: str, what: str, which: NDArray[np.bool_], hint: str) -> None:
        if which.any():
            names = ", ".join(name for name, one in zip(self.fields, which, strict=True) if one)
            got, rule = f"{what} of {names}", "a centre and a scale alone"
            raise ConfigError(f"export to {program}", got=got, expected=rule, where=f"object {self.name}", hint=hint)


def constants_of(state: State, inputs: Mapping[str, Sequence[str]] | None, lists: Lists | None) -> list[Constants]:
    """Return the constants of the objects that are exported.

    Args:
        state: All that was fitted.
        inputs: Fields by object, in the order wanted; ``None`` for all.
        lists: The objects with slots, or how many axes of slots by object; ``None`` for what the state knows.

    Raises:
        ConfigError: there is nothing to export, or an unknown object is called a list.
        SchemaError: an object or field is not in the state.
    """
    chosen = {name: transform.fields for name, transform in state.normalise.items()} if inputs is None else inputs
    if not chosen:
        raise ConfigError("export", got="no object", expected="a state with a normalised object")
    for name in lists or ():
        if name not in chosen:
            hint = nearest_hint(name, chosen, otherwise=", ".join(chosen))
            raise ConfigError("lists", got=repr(name), expected="objects that are exported", where="export", hint=hint)
    axes = {name: 1 + (name in state.parents) for name in state.pads} if lists is None else lists
    if not isinstance(axes, Mapping):
        axes = dict.fromkeys(axes, 1)
    return [
        Constants.of(name, state.transform(name, tuple(fields)), axes=axes.get(name, 0), pad=state.pads.get(name))
        for name, fields in chosen.items()
    ]
