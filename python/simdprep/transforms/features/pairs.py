"""Pairs: what two particles of a jet have in common, as the Particle Transformer takes it.

H. Qu, C. Li, S. Qian, Particle Transformer for Jet Tagging, arXiv:2202.03772, equation 3, with y the rapidity::

    delta = sqrt((y_a - y_b)^2 + (phi_a - phi_b)^2)     kT  = min(pT_a, pT_b) delta
    z     = min(pT_a, pT_b) / (pT_a + pT_b)             m^2 = (E_a + E_b)^2 - |p_a + p_b|^2

and the logarithm of each, of no less than ``eps``. weaver's ``pairwise_lv_fts`` gives the same as ln kT, ln z,
ln delta, ln m^2, in the precision of its input; here the squares are taken in float64.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..threads import over_rows
from .momenta import Valid, Values, checked

#: The features, in order.
PAIRWISE = ("ln_delta", "ln_kt", "ln_z", "ln_m2")

#: Least difference of energy and momentum along the beam.
TINY = 1e-20


def pairwise(
    momenta: Values,
    valid: Valid = None,
    *,
    eps: float = 1e-8,
    engine: Literal["numpy", "numba"] = "numba",
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Return the features of all pairs, float32 (B, 4, P, P) in the order of :data:`PAIRWISE`.

    Args:
        momenta: ``px, py, pz, energy`` (B, P, 4), see :func:`cartesian`.
        valid: True where a slot has a particle (B, P); a pair without one of them is 0.
        eps: Least value whose logarithm is taken.
        engine: ``numba``, or the plain form in ``numpy``.
        threads: At most so many; ``None`` for one per usable core.

    Raises:
        SchemaError: the shapes are others.
    """
    values, mask = checked(momenta, valid)
    if engine == "numpy":
        return _plain(values.astype(np.float64), mask, eps)
    from .pairs_kernel import pairs

    batch, slots = mask.shape
    out = np.empty((batch, 4, slots, slots), np.float32)
    over_rows(lambda begin, end: pairs(values[begin:end], mask[begin:end], eps, out[begin:end]), batch, threads)
    return out


def _plain(values: NDArray[np.float64], mask: NDArray[np.bool_], eps: float) -> NDArray[np.float32]:
    px, py, pz, energy = np.moveaxis(values, -1, 0)
    pt, phi = np.hypot(px, py), np.arctan2(py, px)
    rapidity = 0.5 * np.log(np.maximum(energy + pz, TINY) / np.maximum(energy - pz, TINY))

    def each(value: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return value[:, :, None], value[:, None, :]

    (pt_a, pt_b), (phi_a, phi_b), (y_a, y_b) = each(pt), each(phi), each(rapidity)
    delta = np.hypot(y_a - y_b, np.mod(phi_a - phi_b + np.pi, 2 * np.pi) - np.pi)
    least, total = np.minimum(pt_a, pt_b), pt_a + pt_b
    x, y, z, e = (one + other for one, other in (each(px), each(py), each(pz), each(energy)))
    features = [delta, least * delta, least / np.maximum(total, eps), e * e - x * x - y * y - z * z]
    both = mask[:, :, None] & mask[:, None, :]
    logs = np.stack([np.log(np.maximum(feature, eps)) for feature in features], axis=1)
    return np.where(both[:, None], logs, 0).astype(np.float32)
