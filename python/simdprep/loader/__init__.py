"""Loader: datasets leave as batches. ``order`` says which rows, ``pool`` has them, ``Loader`` hands them out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import Batch
    from .loader import Loader
    from .order import RowOrder

__all__ = ["Batch", "Loader", "RowOrder"]

_HOMES = {"Batch": ".batch", "Loader": ".loader", "RowOrder": ".order"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
