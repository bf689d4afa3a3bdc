"""Declusterings: those of the Lund plane, taken from jets along their harder branch, and the trees they are taken from.

F. Dreyer, G. Salam, G. Soyez, The Lund Jet Plane, arXiv:1807.04758. The particles of a jet are clustered with a
generalised kT algorithm (Cambridge/Aachen by default: the nearest first), four-momenta added. From the last merging on,
each is undone, and the harder of its two branches followed. Of the branches a (harder) and b (softer)::

    delta = sqrt((y_a - y_b)^2 + (phi_a - phi_b)^2)      kT  = pT_b delta
    z     = pT_b / (pT_a + pT_b)                         m^2 = (E_a + E_b)^2 - |p_a + p_b|^2

fastjet's ``LundGenerator`` gives the same delta, kT and z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ..threads import over_rows
from .momenta import Valid, Values, checked

#: The numbers of a declustering, in order.
LUND = ("ln_inverse_delta", "ln_kt", "ln_inverse_z", "ln_m")

#: Power of pT in the distance of each algorithm.
POWERS = {"cambridge": 0.0, "kt": 1.0, "antikt": -1.0}

Algorithm = Literal["cambridge", "kt", "antikt"]


@dataclass(frozen=True)
class Trees:
    """How the particles of jets were merged.

    Attributes:
        branches: int32 (B, P - 1, 2): the two that each merging took, the one of larger pT first. Numbers below P are
            particles, P + k is what merging k made; -1 beyond the last merging.
        momenta: float64 (B, 2 P - 1, 4): ``px, py, pz, energy`` of particles, then of what mergings made.
        count: int64 (B,): mergings; one fewer than there are particles.
    """

    branches: NDArray[np.int32]
    momenta: NDArray[np.float64]
    count: NDArray[np.int64]


def cluster(
    momenta: Values,
    valid: Valid = None,
    *,
    algorithm: Algorithm = "cambridge",
    threads: int | None = None,
) -> Trees:
    """Merge the particles of each jet until one is left, whatever their distance.

    Args:
        momenta: ``px, py, pz, energy`` (B, P, 4).
        valid: True where a slot has a particle (B, P).
        algorithm: ``cambridge``, ``kt`` or ``antikt``.
        threads: At most so many; ``None`` for one per usable core.

    Raises:
        ConfigError: the algorithm is unknown.
        SchemaError: the shapes are others.
    """
    if algorithm not in POWERS:
        raise ConfigError("algorithm", got=repr(algorithm), expected=", ".join(POWERS))
    values, mask = checked(momenta, valid)
    from .declusterings_kernel import merge

    batch, slots = mask.shape
    branches = np.full((batch, max(slots - 1, 0), 2), -1, np.int32)
    nodes = np.zeros((batch, max(2 * slots - 1, 0), 4), np.float64)
    count = np.zeros(batch, np.int64)
    power = POWERS[algorithm]

    def work(begin: int, end: int) -> None:
        part = slice(begin, end)
        merge(values[part], mask[part], power, branches[part], nodes[part], count[part])

    over_rows(work, batch, threads)
    return Trees(branches, nodes, count)


def lund(
    momenta: Values,
    valid: Valid = None,
    *,
    algorithm: Algorithm = "cambridge",
    eps: float = 1e-8,
    threads: int | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the declusterings along the harder branch, first the last merging, and which are real.

    Args:
        momenta: ``px, py, pz, energy`` (B, P, 4).
        valid: True where a slot has a particle (B, P).
        algorithm: That of :func:`cluster`.
        eps: Least value whose logarithm is taken.
        threads: At most so many; ``None`` for one per usable core.

    Returns:
        float32 (B, P - 1, 4) in the order of :data:`LUND`, 0 beyond the last, and bool (B, P - 1).
    """
    trees = cluster(momenta, valid, algorithm=algorithm, threads=threads)
    from .declusterings_kernel import follow

    batch, steps = trees.branches.shape[:2]
    found, real = np.zeros((batch, steps, 4), np.float64), np.zeros((batch, steps), np.bool_)
    follow(trees.branches, trees.momenta, trees.count, found, real)
    logs = np.log(np.maximum(found, eps))
    logs[..., 0::2] *= -1
    return np.where(real[..., None], logs, 0).astype(np.float32), real
