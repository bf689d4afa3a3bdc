"""Section: what all parts of the config share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .config_yaml import ConfigPath

Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of the config: unknown keys are errors, an empty value means the default."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: object) -> object:
        if data is None:
            return {}
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in known_keys(cls)}


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the YAML keys of a part of the config."""
    return [info.alias or name for name, info in model.model_fields.items()]


def keys_at(model: type[BaseModel], path: ConfigPath) -> list[str]:
    """Return the keys known at ``path``, which leads from ``model`` to a part of it; empty where it leads elsewhere."""
    part: Any = model
    for step in path:
        if isinstance(part, type) and issubclass(part, BaseModel):
            fields = {info.alias or name: info for name, info in part.model_fields.items()}
            if step not in fields:
                return []
            part = _section_of(fields[str(step)].annotation)
        else:
            part = _section_of(get_args(part)[-1]) if get_args(part) else None
    return known_keys(part) if isinstance(part, type) and issubclass(part, BaseModel) else []


def _section_of(annotation: Any) -> Any:
    """Look through optional and annotated types."""
    while True:
        inner = [entry for entry in get_args(annotation) if entry is not type(None)]
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        elif type(None) in get_args(annotation) and len(inner) == 1:
            annotation = inner[0]
        else:
            return annotation
