"""State: everything that preparing a dataset has fitted, as one JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from .. import _core
from ..errors import InputError, SchemaError, nearest_hint
from .normalise import Normalise
from .protocol import Transform
from .standardise import Standardise
from .text_file import write_text

#: The version of the file; a greater first number is refused, a greater second one only adds.
VERSION = "1.0"

#: Under which a dataset that was prepared keeps the text, see :meth:`State.of_dataset`.
KEY = "simdprep_state"

#: Transforms by the name in their state.
TRANSFORMS: dict[str, type[Normalise]] = {"normalise": Normalise, "standardise": Standardise}


def transform_from_state(state: Mapping[str, Any]) -> Normalise:
    """Make the transform that a ``state()`` describes, whichever it is.

    Raises:
        SchemaError: it is the state of no known transform.
    """
    name = state.get("transform")
    if not isinstance(name, str) or name not in TRANSFORMS:
        hint = nearest_hint(str(name), TRANSFORMS)
        rule = " or ".join(TRANSFORMS)
        raise SchemaError("transform in a state", got=repr(name), expected=rule, hint=hint)
    return TRANSFORMS[name].from_state(state)


class State:
    """Normalisations by object, and beside them what labels, weights, balance and split were made with.

    ``Loader(transforms=state)`` applies the normalisation of each input, whatever the order of its fields.

    Args:
        normalise: By object; only their constants are kept.
        classes: Names of the classes, in the order of their labels.
        label: The row-level field with the labels, as ``"jets.flavour_label"``.
        class_weights: One for each class.
        fills: The fill value in the file, by object and field.
        pads: Slots in the file, by list object; ``None`` for one without, which is ragged.
        parents: The list object that a list object hangs on, such as the jets of tracks: it has two axes of slots.
        sections: States of other steps, JSON by name: ``labels``, ``weights``, ``balance``, ``split``,
            ``parametric``, and whatever else was fitted.
        config: Text of the resolved config; its SHA-256 is kept.
        versions: Of what made it; this simdprep's by default.

    Attributes:
        normalise: The normalisations, by object.
        classes, label, class_weights, fills, pads, parents, sections, versions: As given.
        config_sha256: Of the config's text; empty without one.

    Raises:
        SchemaError: the class weights are not one per class, or a section is no JSON.
    """

    def __init__(
        self,
        normalise: Mapping[str, Normalise] | None = None,
        *,
        classes: Sequence[str] = (),
        label: str | None = None,
        class_weights: Sequence[float] | None = None,
        fills: Mapping[str, Mapping[str, Any]] | None = None,
        pads: Mapping[str, int | None] | None = None,
        parents: Mapping[str, str] | None = None,
        sections: Mapping[str, Any] | None = None,
        config: str = "",
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self.normalise = {name: _settled(name, transform) for name, transform in (normalise or {}).items()}
        self.classes = tuple(classes)
        self.label = label
        self._check_names(classes, label, pads or {})
        self.class_weights = None if class_weights is None else tuple(float(weight) for weight in class_weights)
        if self.class_weights is not None and len(self.class_weights) != len(self.classes):
            rule = f"one for each of the {len(self.classes)} classes"
            raise SchemaError("class weights", got=len(self.class_weights), expected=rule)
        self.fills = {name: {field: _number(fill) for field, fill in of.items()} for name, of in (fills or {}).items()}
        self.pads = dict(pads or {})
        self.parents = dict(parents or {})
        self.sections = _as_json(dict(sections or {}))
        self.config_sha256 = _core.sha256_bytes(config.encode()) if config else ""
        self.versions = dict(versions or {"simdprep": _core.__version__})

    def __repr__(self) -> str:
        objects = ", ".join(f"{name} ({len(entry.fields)} fields)" for name, entry in self.normalise.items())
        return f"<State: {objects or 'no object'}{', classes ' + ', '.join(self.classes) if self.classes else ''}>"

    def transform(
        self, name: str, fields: Sequence[str] | None = None, *, alias: Mapping[str, str] | None = None
    ) -> Normalise:
        """Return the normalisation of an object.

        Args:
            name: The object.
            fields: In the order in which they lie in the last axis; those of the state by default.
            alias: Whose constants a field takes that has none, by field: ``{"mz2": "mz1"}``; also of another object,
                ``{"eta": "tracks.eta"}``.

        Raises:
            SchemaError: an object or field is not in the state; the nearest names are given.
        """
        if not alias:
            return self._object(name) if fields is None else self._object(name).select(fields)
        rules, constants = {}, {}
        for field in fields if fields is not None else (*self._object(name).fields, *alias):
            known = alias.get(field, field)
            owner, _, inner = known.rpartition(".")
            if owner not in self.normalise:  # a dot of the field's own name
                owner, inner = name, known
            found = self._object(owner).select([inner])
            rules[field] = found.rules[inner]
            constants[field] = (float(found.centre[0]), float(found.scale[0]))
        return Normalise.from_constants(rules, constants, object=name)

    def to_json(self) -> str:
        """Return the text that :meth:`save` writes."""
        data: dict[str, Any] = {
            "simdprep_state": VERSION,
            "versions": self.versions,
            "config_sha256": self.config_sha256,
            "normalise": {name: transform.state() for name, transform in self.normalise.items()},
            "classes": list(self.classes),
            "label": self.label,
            "class_weights": None if self.class_weights is None else list(self.class_weights),
            "fills": {name: {field: _text(fill) for field, fill in of.items()} for name, of in self.fills.items()},
            "pads": self.pads,
            "parents": self.parents,
            "sections": self.sections,
        }
        return json.dumps(data, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, where: str = "state") -> Self:
        """Make the state of a text.

        Args:
            text: As :meth:`to_json` returns it.
            where: Its place, for errors.

        Raises:
            InputError: it is no such text, or of a later version.
        """
        try:
            data = json.loads(text)
            version = str(data["simdprep_state"])
            if version.partition(".")[0] != VERSION.partition(".")[0]:
                rule = f"{VERSION.partition('.')[0]}.x"
                raise InputError(
                    "version of the state", got=version, expected=rule, where=where, hint="a newer simdprep"
                )
            result = cls(
                {name: transform_from_state(entry) for name, entry in data["normalise"].items()},
                classes=data["classes"],
                label=data["label"],
                class_weights=data["class_weights"],
                fills=data["fills"],
                pads=data["pads"],
                parents=data.get("parents"),  # not in the first states
                sections=data["sections"],
                versions=data["versions"],
            )
            result.config_sha256 = str(data["config_sha256"])
        except (
            LookupError,
            TypeError,
            ValueError,
            ArithmeticError,
            AttributeError,
            RecursionError,
            SchemaError,
        ) as error:
            got = (f"{type(error).__name__}: {error}").splitlines()[0]
            raise InputError("state", got=got, expected="the JSON that State.save writes", where=where) from error
        return result

    def save(self, path: str | Path) -> None:
        """Write the file: whole, or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        write_text(path, self.to_json(), what="state")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that :meth:`save` wrote.

        Raises:
            InputError: it cannot be read, or is no such file.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            got = getattr(error, "strerror", None) or str(error)
            raise InputError("state", got=got, expected="a file that State.save wrote", where=str(path)) from error
        return cls.from_json(text, where=str(path))

    @classmethod
    def of_dataset(cls, dataset: Any) -> Self:
        """Return the state that a prepared dataset holds.

        Args:
            dataset: As ``simdprep.open`` returns it.

        Raises:
            InputError: it holds none.
        """
        for part in dataset.provenance:
            text = (part.get("metadata") or {}).get(KEY)
            if text is not None:
                return cls.from_json(text, where=repr(dataset))
        rule, hint = "one that simdprep prepare wrote", "State.load of its state.json"
        raise InputError("state of a dataset", got="none", expected=rule, where=repr(dataset), hint=hint)

    @staticmethod
    def _check_names(classes: Any, label: Any, pads: Mapping[str, Any]) -> None:
        if isinstance(classes, str) or not all(isinstance(name, str) for name in classes):
            raise SchemaError("classes", got=repr(classes), expected="names")
        if label is not None and not isinstance(label, str):
            raise SchemaError("label", got=repr(label), expected="the name of a field")
        for name, pad in pads.items():
            if pad is not None and (type(pad) is not int or pad < 0):
                raise SchemaError("pad", got=repr(pad), expected="a number of slots, or none", where=f"object {name}")

    def _object(self, name: str) -> Normalise:
        if name in self.normalise:
            return self.normalise[name]
        rule = "one of " + ", ".join(self.normalise) if self.normalise else "an object with constants, of which none is"
        hint = nearest_hint(str(name), self.normalise)
        raise SchemaError("object", got=repr(name), expected=rule, where="the state", hint=hint)


def _settled(name: str, transform: Transform) -> Normalise:
    if not isinstance(transform, Normalise):
        got, rule = type(transform).__name__, "a Normalise"
        raise SchemaError("transform of a state", got=got, expected=rule, where=name)
    settled = transform.settled()
    settled.object = name
    return settled


def _as_json(sections: Mapping[str, Any]) -> dict[str, Any]:
    for name, section in sections.items():
        try:
            json.dumps(section, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise SchemaError("section of a state", got=str(error), expected="JSON", where=name) from error
    return dict(sections)


def _number(fill: Any) -> Any:
    return float(fill) if isinstance(fill, str) else fill


def _text(fill: Any) -> Any:
    """Return a fill value as JSON can hold it."""
    return str(fill) if isinstance(fill, float) and not math.isfinite(fill) else fill
