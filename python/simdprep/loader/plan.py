"""Plan: which fields a loader reads, and how they lie in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from ..errors import ConfigError, SchemaError, nearest_hint
from ..schema import ObjectSpec, Schema
from ..transforms.protocol import Transform
from .argument import check_choice, check_integer
from .buffers import Buffers
from .dtype import DTYPES, has_bfloat16, numpy_dtype
from .form import UNLIMITED, Form

#: What may be given as ``inputs``, ``labels``, ``weights`` and ``pad``.
Inputs = Mapping[str, Sequence[str]]
Labels = str | Sequence[str] | Mapping[str, str]
Pads = int | Mapping[str, int]


@dataclass(frozen=True)
class Input:
    """Fields of an object as they lie in a batch.

    Attributes:
        spec: The object.
        fields: Its fields, in the order of the last axis.
        slots: Slots of a row: none, (pad,), or (pad of the parent, pad). In forms that need not be
            padded to a length of their own they are limits, and may be ``UNLIMITED``.
        transforms: What is done to its entries, one by one, before rows are gathered.
    """

    spec: ObjectSpec
    fields: tuple[str, ...]
    slots: tuple[int, ...]
    transforms: tuple[Transform, ...] = ()

    @property
    def outer(self) -> int:
        """Slots of the parent in a row; 1 where there is none."""
        return self.slots[0] if len(self.slots) > 1 else 1

    @property
    def inner(self) -> int:
        """Slots per entry of the parent, or per row."""
        return self.slots[-1] if self.slots else 1


@dataclass(frozen=True)
class Scalar:
    """A row-level field that leaves as it is stored: a label or the weight."""

    object: str
    field: str


@dataclass(frozen=True)
class Plan:
    """What a loader reads and hands out.

    Attributes:
        inputs: By object, in the order of the batch.
        labels: By the name they have in the batch.
        single_label: The labels are one array rather than a mapping.
        weight: The field of the weights.
        dtype: Dtype of the inputs in a batch.
        form: How list objects lie in it.
        buffers: Memory that batches are made in.
    """

    inputs: Mapping[str, Input]
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    single_label: bool = False
    weight: Scalar | None = None
    dtype: str = "float32"
    form: Form = field(default_factory=Form)
    buffers: Buffers = field(default_factory=Buffers, compare=False, repr=False)

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """Dtype of the inputs as numpy knows it."""
        return numpy_dtype(self.dtype)

    @property
    def is_named(self) -> bool:
        """Batches hold bits that are to be called bfloat16."""
        return self.dtype == "bfloat16" and has_bfloat16()

    @property
    def scalars(self) -> tuple[Scalar, ...]:
        """All labels and the weight, each once."""
        weights = [] if self.weight is None else [self.weight]
        return tuple(dict.fromkeys([*self.labels.values(), *weights]))

    @property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """The fields to read, by object."""
        wanted = {name: list(entry.fields) for name, entry in self.inputs.items()}
        for scalar in self.scalars:
            wanted.setdefault(scalar.object, []).append(scalar.field)
        return {name: tuple(dict.fromkeys(fields)) for name, fields in wanted.items()}


def make_plan(
    schema: Schema,
    inputs: Inputs,
    *,
    labels: Labels | None = None,
    weights: str | None = None,
    pad: Pads | None = None,
    dtype: str = "float32",
    form: Form | None = None,
) -> Plan:
    """Check what is asked of a dataset and resolve it.

    Args:
        schema: The dataset's.
        inputs: Fields by object.
        labels: Row-level fields (``events.label``): one, several, or several by names of one's own.
        weights: A row-level field.
        pad: Slots in a batch, for all list objects or by object; by default those of the file.
        dtype: Dtype of the inputs in a batch.
        form: How list objects lie in it; padded by default.

    Raises:
        ConfigError: an argument is not what it should be.
        SchemaError: an object or field is not there; the text names the nearest.
    """
    check_choice("dtype", dtype, DTYPES)
    form = form or Form()
    pads = _Pads(schema, pad, needed=form.name == "padded")
    named = _named_labels(labels)
    plan = Plan(
        inputs={name: _input(schema, name, fields, pads) for name, fields in _entries(inputs)},
        labels={name: find_scalar(schema, text, "labels") for name, text in named.items()},
        single_label=isinstance(labels, str),
        weight=None if weights is None else find_scalar(schema, weights, "weights"),
        dtype=dtype,
        form=form,
    )
    pads.check_used(plan)
    return plan


def _entries(inputs: object) -> list[tuple[str, Sequence[str]]]:
    hint = 'inputs={"Jet": ["pt", "eta"]}'
    if not isinstance(inputs, Mapping) or not inputs:
        raise ConfigError("inputs", got=repr(inputs), expected="fields by object", where="Loader", hint=hint)
    for name, fields in inputs.items():
        where = f"Loader inputs {name!r}"
        if isinstance(fields, str) or not isinstance(fields, Sequence) or not fields:
            raise ConfigError(
                "fields", got=repr(fields), expected="a list of one or more names", where=where, hint=hint
            )
        for entry in fields:
            if list(fields).count(entry) > 1:
                raise ConfigError("field", got=f"{entry!r} twice", expected="each once", where=where)
    return list(inputs.items())


def _input(schema: Schema, name: str, fields: Sequence[str], pads: _Pads) -> Input:
    spec = schema.object(name)
    for entry in fields:
        spec.field(entry)
    if not spec.is_list:
        return Input(spec, tuple(fields), ())
    parents = [schema.object(spec.parent)] if spec.parent not in (None, schema.rows) else []
    return Input(spec, tuple(fields), tuple(pads.of(entry) for entry in [*parents, spec]))


class _Pads:
    """Slots per list object in a batch."""

    def __init__(self, schema: Schema, pad: object, *, needed: bool) -> None:
        self._needed = needed
        self._lists = [spec.name for spec in schema.objects if spec.is_list]
        self._given: dict[str, int] = {}
        if pad is None:
            return
        by_object: Mapping[Any, Any] = pad if isinstance(pad, Mapping) else dict.fromkeys(self._lists, pad)
        for name, slots in by_object.items():
            where = f"Loader pad of {name!r}" if isinstance(pad, Mapping) else "Loader pad"
            if name not in self._lists:
                hint = nearest_hint(str(name), self._lists, otherwise=", ".join(self._lists[:10]) or None)
                raise ConfigError("object to pad", got=repr(name), expected="a list object", where=where, hint=hint)
            check_integer("pad", slots, least=1, where=where)
            self._given[name] = slots
        self._by_object = isinstance(pad, Mapping)

    def of(self, spec: ObjectSpec) -> int:
        if not self._needed:
            return self._given.get(spec.name, UNLIMITED)
        slots = self._given.get(spec.name, spec.pad)
        if slots is None:
            raise ConfigError(
                "pad",
                got="none",
                expected="the number of slots of a ragged object in a batch",
                where=f"Loader, object {spec.name}",
                hint=f'pad={{"{spec.name}": 20}}',
            )
        return slots

    def check_used(self, plan: Plan) -> None:
        """A length given for an object that is not loaded would silently do nothing."""
        used = {name for entry in plan.inputs.values() for name in (entry.spec.name, entry.spec.parent)}
        for name in self._given:
            if self._by_object and name not in used:
                known = [entry.spec.name for entry in plan.inputs.values() if entry.spec.is_list]
                hint = nearest_hint(name, known, otherwise=f'inputs={{"{name}": [...]}}')
                raise ConfigError(
                    "object to pad", got=repr(name), expected="one of the inputs", where="Loader", hint=hint
                )


def _named_labels(labels: object) -> dict[str, str]:
    if labels is None:
        return {}
    named = labels
    if isinstance(labels, str):
        named = {labels: labels}
    elif isinstance(labels, Sequence):
        named = {str(text): text for text in labels}
    if not isinstance(named, Mapping) or not named or not all(isinstance(text, str) for text in named.values()):
        rule, hint = "row-level fields", 'labels="events.label"'
        raise ConfigError("labels", got=repr(labels), expected=rule, where="Loader", hint=hint)
    return dict(cast(Mapping[str, str], named))


def find_scalar(schema: Schema, text: object, what: str) -> Scalar:
    """Find the row-level field that ``object.field`` names; either name may hold dots.

    Args:
        schema: The dataset's.
        text: The name.
        what: The argument it was given as, for errors.

    Raises:
        ConfigError: it is no text.
        SchemaError: no such field, or one with a value per entry.
    """
    levels = [spec for spec in schema.objects if not spec.is_list]
    known = {f"{spec.name}.{name}": Scalar(spec.name, name) for spec in levels for name in spec.field_names}
    if not isinstance(text, str):
        raise ConfigError(what, got=repr(text), expected="the name of a row-level field", where="Loader")
    if text in known:
        return known[text]
    where = f"Loader {what}"
    for spec in schema.objects:
        if spec.is_list and text in {f"{spec.name}.{name}" for name in spec.field_names}:
            raise SchemaError(
                what, got=f"{text!r}, which has a value per entry", expected="a row-level field", where=where
            )
    ends = [name for name, scalar in known.items() if scalar.field == text]
    hint = " or ".join(ends[:3]) or nearest_hint(text, known, otherwise=", ".join(list(known)[:10]) or None)
    raise SchemaError(
        "no such field", got=repr(text), expected="a row-level field as object.field", where=where, hint=hint
    )
