"""What the data is: ``Config`` (the YAML), ``Schema`` (the resolved description both languages obey)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import lazy_names

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

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
