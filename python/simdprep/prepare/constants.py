"""Constants: the normalisation of every object, fitted on the training rows as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, SchemaError, nearest_hint
from ..transforms import Normalise, State
from .flat_rows import FlatRows, parent_of
from .setting import Setting

if TYPE_CHECKING:
    from ..schema import ObjectSpec
    from ..schema.normalise_section import NormaliseFieldConfig

#: Stands for all floating fields that have no rule of their own.
OTHERS = "*"


@dataclass
class Constants:
    """What is learned of the training rows.

    Attributes:
        setting: What is stored.
        rules: By object and field.
        fits: By object; of the fields that take constants of their own.
        given: By object, constants of a state file for fields without a rule.
    """

    setting: Setting
    rules: Mapping[str, Mapping[str, NormaliseFieldConfig]]
    fits: dict[str, Normalise] = field(default_factory=dict)
    given: dict[str, Normalise] = field(default_factory=dict)

    @classmethod
    def of(cls, setting: Setting) -> Constants:
        """Return what the config asks for, fitted on nothing.

        Raises:
            ConfigError: an object, field or alias is not stored; the nearest are named.
        """
        rules = {name: _rules(setting, name) for name in setting.prepare.normalise}
        fits = {
            name: Normalise({key: rule_of(entry) for key, entry in own.items() if entry.alias is None}, object=name)
            for name, own in rules.items()
        }
        return cls(setting, rules, fits, _given(setting, rules))

    def fit(self, rows: FlatRows, weights: NDArray[np.float64]) -> None:
        """Take training rows into account, as they are stored: entries without a slot do not count.

        Raises:
            SchemaError: a number is not finite where that is an error; the field is named.
        """
        for name, transform in self.fits.items():
            fields = rows.objects[name].fields
            values = np.stack([fields[key] for key in transform.fields]).T  # a field's numbers lie together
            own = None
            if any(entry.weighted for entry in self.rules[name].values()):
                own = weights[_owners(rows, name)]
            transform.fit(values, rows.valid(name), own)

    def merge(self, state: Mapping[str, Any]) -> None:
        """Take into account what another task's :meth:`state` was fitted on."""
        for name, entry in state.items():
            self.fits[name].merge(Normalise.from_state(entry))

    def state(self) -> dict[str, Any]:
        """Return what was fitted, as JSON can hold it."""
        return {name: transform.state() for name, transform in self.fits.items()}

    def transforms(self) -> dict[str, Normalise]:
        """Return the transforms with their constants, aliases included.

        Raises:
            SchemaError: a field had nothing to fit, or does not vary; it is named.
        """
        found = dict(self.given)
        for name, transform in self.fits.items():
            own = self.rules[name]
            constants = {
                key: (float(centre), float(scale))
                for key, centre, scale in zip(transform.fields, transform.centre, transform.scale, strict=True)
            }
            every = {key: constants[entry.alias or key] for key, entry in own.items()}
            texts: dict[str, Any] = {key: rule_of(entry) for key, entry in own.items()}
            if name in self.given:
                other = self.given[name]
                texts = {**other.rules, **texts}
                pairs = zip(other.fields, other.centre.tolist(), other.scale.tolist(), strict=True)
                every = {key: (centre, scale) for key, centre, scale in pairs} | every
            found[name] = Normalise.from_constants(texts, every, object=name)
        return found


def _given(setting: Setting, rules: Mapping[str, Mapping[str, Any]]) -> dict[str, Normalise]:
    """Return the constants of ``normalise_from`` for the stored fields that have no rule of their own.

    Raises:
        ConfigError: none of them is of a stored field.
    """
    path = setting.prepare.normalise_from
    if path is None:
        return {}
    state = State.load(path)
    found = {}
    for name, transform in state.normalise.items():
        if name not in setting.schema.names:
            continue
        stored = setting.schema.object(name).field_names
        fields = [key for key in transform.fields if key in stored and key not in rules.get(name, {})]
        if fields:
            found[name] = transform.select(fields)
    if not found:
        where = setting.config.where("prepare", "normalise_from")
        known = [f"{name}.{key}" for name, transform in state.normalise.items() for key in transform.fields]
        got = ", ".join(known[:5]) or "no constants"
        raise ConfigError("normalise_from", got=got, expected="constants of stored fields", where=where)
    return found


def rule_of(entry: NormaliseFieldConfig) -> dict[str, Any]:
    """Return a rule of the config as :class:`Normalise` takes it."""
    rule: dict[str, Any] = {"method": entry.method, "nonfinite": entry.nonfinite}
    if entry.log is not False:
        rule["log"] = entry.log
    if entry.clip is not None:
        rule["clip"] = entry.clip
    if entry.weighted and entry.alias is None:
        rule["weighted"] = True
    return rule


def _rules(setting: Setting, name: str) -> dict[str, NormaliseFieldConfig]:
    where = setting.config.where("prepare", "normalise", name)
    if name not in setting.schema.names:
        hint = nearest_hint(name, setting.schema.names)
        raise ConfigError(
            "object to normalise", got=repr(name), expected="an object that is stored", where=where, hint=hint
        )
    asked = setting.prepare.normalise[name]
    spec = setting.schema.object(name)
    added = setting.added if name == setting.home else ()
    texts = {entry.name for entry in spec.fields if entry.is_string}
    stored = [entry.name for entry in spec.fields if entry.name not in added]
    for key, entry in asked.items():
        for field_name in (key, entry.alias or key):
            if field_name not in (*stored, OTHERS):
                rule, hint = f"a stored field of {name}", nearest_hint(field_name, stored)
                raise ConfigError("field to normalise", got=repr(field_name), expected=rule, where=where, hint=hint)
            if field_name in texts:
                rule = "a field of numbers"
                raise ConfigError("field to normalise", got=f"the texts of {field_name}", expected=rule, where=where)
        if entry.alias is not None and asked.get(entry.alias, asked.get(OTHERS)) is None:
            rule = f"a field that is normalised: normalise.{name}.{entry.alias}"
            raise ConfigError("alias", got=repr(entry.alias), expected=rule, where=where)
    rules = {key: entry for key, entry in asked.items() if key != OTHERS}
    for other in _floating(spec, setting) if OTHERS in asked else ():
        rules.setdefault(other, asked[OTHERS])
    if not rules:
        raise SchemaError("fields to normalise", got="none", expected=f"floating fields of {name}", where=where)
    return {key: rules[key] for key in stored if key in rules}


def _floating(spec: ObjectSpec, setting: Setting) -> list[str]:
    added = setting.added if spec.name == setting.home else ()
    return [entry.name for entry in spec.fields if entry.dtype.startswith("float") and entry.name not in added]


def _owners(rows: FlatRows, name: str) -> NDArray[np.int64]:
    """Return the row of every entry of an object."""
    mine = rows.objects[name]
    if mine.counts is None:
        return np.arange(rows.num_rows)
    parent = parent_of(rows.schema.object(name), rows.schema)
    outer = _owners(rows, parent) if parent else np.arange(rows.num_rows)
    return np.repeat(outer, mine.counts)
