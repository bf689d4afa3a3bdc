"""Steps: what is done to every batch, in the loader's threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ..errors import ConfigError, nearest_hint
from ..transforms.protocol import Transform
from ..transforms.state import TRANSFORMS, State, transform_from_state
from .argument import check_choice
from .batch import Batch
from .form import values_of
from .plan import Plan

#: A step of one's own: takes a batch of numpy arrays, which it may change, and returns a batch.
Step = Callable[[Batch], Batch]

#: A fitted transform, or its state.
Fitted = Transform | Mapping[str, Any]

#: What may be given as ``transforms``.
Transforms = Step | Fitted | State | Mapping[str, Fitted | Iterable[Fitted]]


def plan_steps(transforms: Transforms | Iterable[Transforms] | None, plan: Plan) -> tuple[Plan, tuple[Step, ...]]:
    """Resolve what was given as ``transforms``: what is done to entries when they are packed, and to batches.

    Args:
        transforms: A fitted transform for the only input; transforms by object, one or several
            each; a :class:`State`, which has one for each input; a function of batches; or several
            of these, applied in their order. A transform's state stands for it.
        plan: What the loader hands out.

    Returns:
        The plan with the transforms that come first and change every number by itself
        (``elementwise``): they are applied once per decoded entry. And the steps that remain.

    Raises:
        ConfigError: something is neither, or names an object that is not an input.
    """
    steps = list(_make_steps(transforms, plan))
    packed: dict[str, list[Transform]] = {name: [] for name in plan.inputs}
    remaining: list[Step] = []
    for step in steps:
        is_first = all(
            isinstance(other, _Apply) and isinstance(step, _Apply) and other.name != step.name for other in remaining
        )
        if isinstance(step, _Apply) and is_first and getattr(step.transform, "elementwise", False):
            packed[step.name].append(step.transform)
        else:
            remaining.append(step)
    inputs = {name: replace(entry, transforms=tuple(packed[name])) for name, entry in plan.inputs.items()}
    return replace(plan, inputs=inputs), tuple(remaining)


def _make_steps(transforms: Transforms | Iterable[Transforms] | None, plan: Plan) -> tuple[Step, ...]:
    """Resolve all to steps.

    Raises:
        ConfigError: something is neither, or names an object that is not an input.
    """
    if transforms is None:
        return ()
    if isinstance(transforms, (Mapping, State, Transform)) or callable(transforms):
        transforms = [cast(Transforms, transforms)]
    if not isinstance(transforms, Iterable):
        raise _not_a_transform(transforms)
    steps: list[Step] = []
    for entry in transforms:
        entry = _fitted(entry)
        if isinstance(entry, State):
            steps += [_Apply(name, entry.transform(name, given.fields), plan) for name, given in plan.inputs.items()]
        elif isinstance(entry, Mapping):
            steps += [
                _Apply(name, transform, plan)
                for name, several in entry.items()
                for transform in _each(name, several, plan)
            ]
        elif isinstance(entry, Transform):
            if len(plan.inputs) > 1:
                name = next(iter(plan.inputs))
                rule = f"transforms by object, of {', '.join(plan.inputs)}"
                got = f"{type(entry).__name__} alone"
                raise ConfigError("transforms", got=got, expected=rule, where="Loader", hint=f'{{"{name}": ...}}')
            steps.append(_Apply(next(iter(plan.inputs)), entry, plan))
        elif callable(entry):
            steps.append(entry)
        else:
            raise _not_a_transform(entry)
    return tuple(steps)


def fitted_steps(steps: Iterable[Step]) -> list[str]:
    """Return what those of the steps are called that are fitted transforms, rather than functions."""
    return [step.__name__ for step in steps if isinstance(step, _Apply)]


def run_step(step: Step, batch: Batch) -> Batch:
    """Apply a step.

    Raises:
        ConfigError: it did not return a batch. What it raises itself is passed on.
    """
    result = step(batch)
    if not isinstance(result, Batch):
        name = getattr(step, "__name__", type(step).__name__)
        raise ConfigError(f"result of {name}", got=type(result).__name__, expected="a batch", where="Loader transforms")
    return result


class _Apply:
    """A transform on the values of one object."""

    def __init__(self, name: str, transform: Transform, plan: Plan) -> None:
        self.name = name
        self.transform = transform
        self._fields_first = plan.form.channels_first and bool(plan.inputs[name].slots)
        self.__name__ = f"{type(transform).__name__} of {name}"

    def __call__(self, batch: Batch) -> Batch:
        values, valid = values_of(batch[self.name]), batch.valid.get(self.name)
        if self._fields_first:
            values = np.moveaxis(values, 1, -1)  # a view: what is written to it is in the batch
        if values.dtype in (np.float32, np.float64):
            self.transform.apply(values, valid, out=values)
        else:
            values[...] = self.transform.apply(values.astype(np.float32), valid).astype(values.dtype)
        return batch


def _each(name: str, several: object, plan: Plan) -> list[Transform]:
    if name not in plan.inputs:
        hint = nearest_hint(str(name), plan.inputs, otherwise=", ".join(plan.inputs))
        raise ConfigError(
            "object to transform", got=repr(name), expected="one of the inputs", where="Loader", hint=hint
        )
    several = _fitted(several)
    if isinstance(several, Transform):
        return [several]
    if not isinstance(several, Iterable) or isinstance(several, Mapping):
        raise _not_a_transform(several)
    transforms: list[Any] = [_fitted(entry) for entry in several]
    for entry in transforms:
        if not isinstance(entry, Transform):
            raise _not_a_transform(entry)
    return transforms


def _fitted(entry: Any) -> Any:
    """Make the transform whose state this is; anything else is returned as it is."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("transform"), str):
        return entry
    check_choice("transform in a state", entry["transform"], TRANSFORMS, where="Loader transforms")
    return transform_from_state(entry)


def _not_a_transform(entry: object) -> ConfigError:
    rule = "transforms, or functions of a batch"
    return ConfigError("transforms", got=repr(entry), expected=rule, where="Loader", hint='{"Jet": transform}')
