"""Loader: datasets leave as batches. ``order`` says which rows, ``pool`` has them, ``Loader`` hands them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy_names import lazy_names

if TYPE_CHECKING:
    from .batch import Batch
    from .form import Graph, Jagged, Varlen
    from .frameworks.lightning_data import lightning_data
    from .loader import Loader
    from .measurement import Measurement, measure
    from .order import RowOrder
    from .sampler import Sampler
    from .sampling import Mix, Quotas, Weighted
    from .subset import Fold

__all__ = [
    "Batch",
    "Fold",
    "Graph",
    "Jagged",
    "Loader",
    "Measurement",
    "Mix",
    "Quotas",
    "RowOrder",
    "Sampler",
    "Varlen",
    "Weighted",
    "lightning_data",
    "measure",
]

_HOMES = {
    "Batch": ".batch",
    "Graph": ".form",
    "Jagged": ".form",
    "Varlen": ".form",
    "lightning_data": ".frameworks.lightning_data",
    "Fold": ".subset",
    "Loader": ".loader",
    "Measurement": ".measurement",
    "Mix": ".sampling",
    "Quotas": ".sampling",
    "RowOrder": ".order",
    "Sampler": ".sampler",
    "Weighted": ".sampling",
    "measure": ".measurement",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
