"""Steps: what is done to every batch, in the loader's threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import numpy as np

from ..errors import ConfigError, nearest_hint
from ..transforms.protocol import Transform
from .batch import Batch
from .plan import Plan

#: A step of one's own: takes a batch of numpy arrays, which it may change, and returns a batch.
Step = Callable[[Batch], Batch]

#: What may be given as ``transforms``.
Transforms = Step | Transform | Mapping[str, Transform | Iterable[Transform]]


def make_steps(transforms: Transforms | Iterable[Transforms] | None, plan: Plan) -> tuple[Step, ...]:
    """Resolve what was given as ``transforms`` to steps.

    Args:
        transforms: A fitted transform for the only input; transforms by object, one or several
            each; a function of batches; or several of these, applied in their order.
        plan: What the loader hands out.

    Raises:
        ConfigError: something is neither, or names an object that is not an input.
    """
    if transforms is None:
        return ()
    if isinstance(transforms, Mapping) or callable(transforms) or isinstance(transforms, Transform):
        transforms = [cast(Transforms, transforms)]
    if not isinstance(transforms, Iterable):
        raise _not_a_transform(transforms)
    steps: list[Step] = []
    for entry in transforms:
        if isinstance(entry, Mapping):
            steps += [
                _Apply(name, transform) for name, several in entry.items() for transform in _each(name, several, plan)
            ]
        elif isinstance(entry, Transform):
            if len(plan.inputs) > 1:
                name = next(iter(plan.inputs))
                rule = f"transforms by object, of {', '.join(plan.inputs)}"
                got = f"{type(entry).__name__} alone"
                raise ConfigError("transforms", got=got, expected=rule, where="Loader", hint=f'{{"{name}": ...}}')
            steps.append(_Apply(next(iter(plan.inputs)), entry))
        elif callable(entry):
            steps.append(entry)
        else:
            raise _not_a_transform(entry)
    return tuple(steps)


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

    def __init__(self, name: str, transform: Transform) -> None:
        self._name = name
        self._transform = transform
        self.__name__ = f"{type(transform).__name__} of {name}"

    def __call__(self, batch: Batch) -> Batch:
        values, valid = batch[self._name], batch.valid[self._name]
        if values.dtype != np.float16:
            self._transform.apply(values, valid, out=values)
            return batch
        changed = self._transform.apply(values.astype(np.float32), valid)
        return batch.replace(values={self._name: changed.astype(np.float16)})


def _each(name: str, several: object, plan: Plan) -> list[Transform]:
    if name not in plan.inputs:
        hint = nearest_hint(str(name), plan.inputs, otherwise=", ".join(plan.inputs))
        raise ConfigError(
            "object to transform", got=repr(name), expected="one of the inputs", where="Loader", hint=hint
        )
    if isinstance(several, Transform):
        return [several]
    if not isinstance(several, Iterable):
        raise _not_a_transform(several)
    transforms: list[Any] = list(several)
    for entry in transforms:
        if not isinstance(entry, Transform):
            raise _not_a_transform(entry)
    return transforms


def _not_a_transform(entry: object) -> ConfigError:
    rule = "transforms, or functions of a batch"
    return ConfigError("transforms", got=repr(entry), expected=rule, where="Loader", hint='{"Jet": transform}')
