"""Config: the YAML that says what to read, select and write. These models are its schema."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from ..errors import ConfigError
from .config_errors import reword, rule_broken, shown
from .config_include import INCLUDE, with_includes
from .config_path import dotted, split_key
from .config_sections import FieldConfig, InputConfig, ObjectConfig, OutputConfig
from .config_yaml import ConfigPath, Document, dump, parse_document, read_document
from .prepare_sections import PrepareConfig
from .section import Section, Text, keys_at

__all__ = ["Config", "FieldConfig", "InputConfig", "ObjectConfig", "OutputConfig", "PrepareConfig", "load_config"]

#: Version of the config language this simdprep reads.
VERSION = 1

EVENTS = "events"  # as schema.EVENTS, which would load the compiled core


class Config(Section):
    """The whole YAML.

    Attributes:
        simdprep: Version of the config language, 1.
        input: What is read.
        rows: The row object: ``events``, or an object for one row per entry of it.
        select: Expression; the events where it is true are kept.
        objects: By name, in stored order. Empty takes what the input has.
        output: How it is written.
        prepare: What ``simdprep prepare`` makes of it; ``convert`` does not look at it.
    """

    simdprep: int = VERSION
    input: InputConfig = Field(default_factory=InputConfig)
    rows: Text = EVENTS
    select: Text | None = None
    objects: dict[str, ObjectConfig] = Field(default_factory=dict)
    output: OutputConfig = Field(default_factory=OutputConfig)
    prepare: PrepareConfig | None = None

    _document: Document = PrivateAttr(default_factory=lambda: Document(None))

    def __init__(self, **data: Any) -> None:
        self._validate(data, Document(None))

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Check what a YAML text says.

        Raises:
            ConfigError: a key or value breaks a rule; it names the file, the line and the path.
        """
        config = cls.__new__(cls)
        config._validate(document.data, document)
        return config

    def _validate(self, data: object, document: Document) -> None:
        try:
            self.__pydantic_validator__.validate_python(data, self_instance=self)
        except ValidationError as error:
            raise reword(error, _keys_at, lambda path: document.where(_as_written(path, data))) from None
        self._document = replace(document, data=None)

    @field_validator("simdprep", mode="before")
    @classmethod
    def _version(cls, value: object) -> object:
        if isinstance(value, bool) or value != VERSION:
            raise rule_broken("version of the config", str(VERSION), hint=f"simdprep: {VERSION}")
        return value

    @field_validator("objects")
    @classmethod
    def _object_rules(cls, value: dict[str, ObjectConfig]) -> dict[str, ObjectConfig]:
        for name, options in value.items():
            if not name or "/" in name or "\0" in name or name in (".", ".."):
                raise rule_broken("object name", "text without '/'", got=repr(name), path=(name,))
            if name == EVENTS:
                _check_events(options)
            chain = [name]
            while (parent := value[chain[-1]].parent if chain[-1] in value else None) is not None:
                if parent in chain:
                    rule = "an object that does not hang on this one"
                    raise rule_broken("parent", rule, got=repr(options.parent), path=(name, "parent"))
                chain.append(parent)
        return value

    @model_validator(mode="after")
    def _layout_holds_objects(self) -> Self:
        for name, options in self.objects.items():
            if options.ragged and self.output.layout == "compound":
                rule = "false: the compound layout has no ragged objects"
                hint = "a pad, or layout columns"
                raise rule_broken("ragged", rule, got="true", hint=hint, path=("objects", name, "ragged"))
        return self

    def where(self, *path: str | int) -> str:
        """Return the text that names ``path`` in errors: the file, where it came from one, the path, the line."""
        return self._document.where(path)

    def to_data(self) -> dict[str, Any]:
        """Return the config as plain data: what is not given and has no default is left out."""
        data = self.model_dump(by_alias=True, exclude_none=True)
        for options in data["objects"].values():
            if not options["ragged"]:
                del options["ragged"]
            if "link" in options:
                options["link"] = {key: value for key, value in options["link"].items() if value not in ([], "error")}
            if "fields" in options and not any(options["fields"].values()):
                options["fields"] = list(options["fields"])
        for empty in [key for key in ("files", "samples", "friends") if not data["input"][key]]:
            del data["input"][empty]
        for friend in data["input"].get("friends", ()):
            for empty in [key for key in ("index", "prefix") if not friend[key]]:
                del friend[empty]
        return {key: value for key, value in data.items() if value != {}}

    @property
    def names_rows(self) -> bool:
        """True where somebody said what the rows are, rather than nobody."""
        return "rows" in self.model_fields_set

    def _given(self) -> dict[str, Any]:
        """As :meth:`to_data`, without the rows if nobody said what they are: the input may."""
        data = self.to_data()
        if not self.names_rows:
            del data["rows"]
        return data

    def to_yaml(self) -> str:
        """Return YAML text that :func:`load_config` reads back to an equal config; the same for equal configs."""
        return dump(self.to_data())

    @property
    def config_text(self) -> str:
        """The text stored as provenance: :meth:`to_yaml`. It holds no option of how the work was done."""
        return self.to_yaml()

    @property
    def config_sha256(self) -> str:
        """SHA-256 of :attr:`config_text` in UTF-8, as hexadecimal digits."""
        return hashlib.sha256(self.config_text.encode()).hexdigest()

    def with_values(self, values: Mapping[ConfigPath, Any]) -> Self:
        """Return a copy with the values at some paths replaced, such as ``{("objects", "Jet", "pad"): 12}``.

        Raises:
            ConfigError: a path leads through something that is not a mapping, or the result breaks a rule.
        """
        data = self._given()
        for path, value in values.items():
            _put(data, path, value, self._document)
        lines = {path: line for path, line in self._document.lines.items() if path not in values}
        return self.from_document(replace(self._document, data=data, lines=lines))

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON schema (draft 2020-12) of the YAML, for editors and checkers."""
        from .json_schema import json_schema

        return json_schema(cls)


def load_config(source: str | Path | Mapping[str, Any] | Config | None = None, overrides: Sequence[str] = ()) -> Config:
    """Read and check a config.

    Args:
        source: A YAML file, a mapping of the same shape, a config, or ``None`` for an empty one.
        overrides: ``KEY=VALUE`` texts, applied in order: a dotted path such as ``objects.Jet.pad``
            and a value in YAML. An empty value puts the default back.

    Raises:
        ConfigError: the file cannot be read, or a key or value breaks a rule.
    """
    if isinstance(source, Config):
        if not overrides:
            return source
        document = replace(source._document, data=source._given())
    elif source is None or isinstance(source, Mapping):
        document = Document(_plain(source or {}))
    else:
        document = read_document(source)
        if document.data is None:
            where = document.name
            raise ConfigError("config", got="an empty file", expected="a mapping", where=where, hint="simdprep: 1")
    document = with_includes(document)
    if not isinstance(document.data, dict):
        where = document.where(())
        raise ConfigError("config", got=shown(document.data), expected="a mapping", where=where, hint="simdprep: 1")
    paths = set(document.overridden)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError("override", got=repr(override), expected="KEY=VALUE", where="--set")
        path = split_key(key.strip())
        _put(document.data, path, parse_document(text, f"--set {key.strip()}").data, document)
        paths.add(path)
    return Config.from_document(replace(document, overridden=frozenset(paths)))


def _keys_at(path: ConfigPath) -> list[str]:
    """Return the keys known at ``path``, which leads to a part of the config."""
    return [*keys_at(Config, path), *([] if path else [INCLUDE])]


def _as_written(path: ConfigPath, data: object) -> ConfigPath:
    """Return where samples stand in the YAML, which the models keep as one list."""
    if path[:2] != ("input", "samples") or len(path) < 3 or not isinstance(data, Mapping):
        return path
    given = data.get("input")
    named = given.get("samples") if isinstance(given, Mapping) else None
    if isinstance(named, Mapping) and isinstance(path[2], int):
        return ("input", "samples", str(list(named)[path[2]]), *path[3:])
    return path if named else ("input", "files", *path[2:])


def _check_events(options: ObjectConfig) -> None:
    hints = {"select": "select at the top of the config", "parent": "leaving it out"}
    for key in ("parent", "pad", "ragged", "order", "select"):
        value = getattr(options, key)
        if value is not None and value is not False:
            rule = "none: there is one entry of events per event"
            hint = hints.get(key, "another object, or leaving it out")
            raise rule_broken(key, rule, got=repr(value), hint=hint, path=(EVENTS, key))


def _put(data: dict[str, Any], path: ConfigPath, value: object, document: Document) -> None:
    """Set the value at ``path`` in plain data, making the mappings that lead to it."""
    place: dict[str, Any] = data
    for depth, part in enumerate(path[:-1]):
        inner = place.get(str(part))
        if isinstance(inner, list) and part == "fields" and all(isinstance(name, str) for name in inner):
            inner = {name: {} for name in inner}
        elif inner is None:
            inner = {}
        if not isinstance(inner, dict):
            where = document.where(path[: depth + 1])
            raise ConfigError("config path", got=dotted(path), expected=f"a mapping at {part}", where=where)
        place[str(part)] = inner
        place = inner
    place[str(path[-1])] = value


def _plain(value: object) -> Any:
    """Copy mappings and sequences to the dicts and lists that YAML has."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
