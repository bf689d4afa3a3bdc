"""Loader: datasets leave as batches. ``order`` says which rows, ``pool`` has them, ``Loader`` hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .batch import Batch
    from .loader import Loader
    from .order import RowOrder

__all__ = ["Batch", "Loader", "RowOrder"]

_HOMES = {"Batch": ".batch", "Loader": ".loader", "RowOrder": ".order"}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
