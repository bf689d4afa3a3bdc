"""Preparing events: expressions, selection, and transforms that are fitted once and applied to batches.

Names are bound when first used: nothing here loads numba until a kernel runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import lazy_names

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

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
