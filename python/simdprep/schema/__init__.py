"""What the data is: ``Config`` (the YAML), ``Schema`` (the resolved description both languages obey)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Config, FieldConfig, InputConfig, ObjectConfig, OutputConfig, load_config
    from .field import DTYPES, Field, check_fill, default_fill
    from .object_spec import ObjectSpec
    from .schema import EVENTS, LAYOUTS, Layout, Schema

__all__ = [
    "DTYPES",
    "EVENTS",
    "LAYOUTS",
    "Config",
    "Field",
    "FieldConfig",
    "InputConfig",
    "Layout",
    "ObjectConfig",
    "ObjectSpec",
    "OutputConfig",
    "Schema",
    "check_fill",
    "default_fill",
    "load_config",
]

#: Where each name lives; bound when first used, so that a config needs no core and a schema no pydantic.
_HOMES = {
    "DTYPES": ".field",
    "EVENTS": ".schema",
    "LAYOUTS": ".schema",
    "Config": ".config",
    "Field": ".field",
    "FieldConfig": ".config",
    "InputConfig": ".config",
    "Layout": ".schema",
    "ObjectConfig": ".config",
    "ObjectSpec": ".object_spec",
    "OutputConfig": ".config",
    "Schema": ".schema",
    "check_fill": ".field",
    "default_fill": ".field",
    "load_config": ".config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
