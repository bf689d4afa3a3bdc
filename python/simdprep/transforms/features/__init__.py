"""Features of whole batches, which are no fields: of pairs, images, trees, classes of particles.

All take padded arrays, with a mask of the slots that are real, and give padded arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lazy_names import lazy_names

if TYPE_CHECKING:
    from .declusterings import LUND, Trees, cluster, lund
    from .images import jet_images
    from .momenta import cartesian, cylindrical
    from .pairs import PAIRWISE, pairwise
    from .particles import charges, one_hot

__all__ = [
    "LUND",
    "PAIRWISE",
    "Trees",
    "cartesian",
    "charges",
    "cluster",
    "cylindrical",
    "jet_images",
    "lund",
    "one_hot",
    "pairwise",
]

_HOMES = {
    "LUND": ".declusterings",
    "PAIRWISE": ".pairs",
    "Trees": ".declusterings",
    "cartesian": ".momenta",
    "charges": ".particles",
    "cluster": ".declusterings",
    "cylindrical": ".momenta",
    "jet_images": ".images",
    "lund": ".declusterings",
    "one_hot": ".particles",
    "pairwise": ".pairs",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
