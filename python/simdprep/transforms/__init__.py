"""Preparing events: expressions, selection, and transforms that are fitted once and applied to batches.

Names are bound when first used: nothing here loads numba until a kernel runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .catalog import Catalog, Collection
    from .cutflow import CutFlow, ObjectFlow
    from .expressions import Expression, names, parse
    from .projection import project
    from .protocol import Transform
    from .rules import ObjectRules, Rules
    from .selection import Selection, apply, settle
    from .standardise import Standardise

__all__ = [
    "Catalog",
    "Collection",
    "CutFlow",
    "Expression",
    "ObjectFlow",
    "ObjectRules",
    "Rules",
    "Selection",
    "Standardise",
    "Transform",
    "apply",
    "names",
    "parse",
    "project",
    "settle",
]

_HOMES = {
    "Catalog": ".catalog",
    "Collection": ".catalog",
    "CutFlow": ".cutflow",
    "Expression": ".expressions",
    "ObjectFlow": ".cutflow",
    "ObjectRules": ".rules",
    "Rules": ".rules",
    "Selection": ".selection",
    "Standardise": ".standardise",
    "Transform": ".protocol",
    "apply": ".selection",
    "names": ".expressions",
    "parse": ".expressions",
    "project": ".projection",
    "settle": ".selection",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
