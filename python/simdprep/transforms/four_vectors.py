"""FourVectors: momenta in cylindrical and Cartesian components, the plain numpy form.

Formulas: Particle Data Group, Review of Particle Physics, chapter Kinematics: with the beam along z,
px = pt cos(phi), py = pt sin(phi), pz = pt sinh(eta), E^2 = p^2 + m^2, rapidity = artanh(pz / E). A negative
mass, as files have it from rounding, counts as a negative square; a negative square has a negative root.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def px(pt: Values, phi: Values) -> Values:
    """Return the component along x."""
    return np.asarray(pt * np.cos(phi))


def py(pt: Values, phi: Values) -> Values:
    """Return the component along y."""
    return np.asarray(pt * np.sin(phi))


def pz(pt: Values, eta: Values) -> Values:
    """Return the component along the beam."""
    return np.asarray(pt * np.sinh(eta))


def energy(pt: Values, eta: Values, mass: Values) -> Values:
    """Return the energy; 0 where the square is negative."""
    square = (pt * np.cosh(eta)) ** 2 + mass * np.abs(mass)
    return np.asarray(np.sqrt(np.maximum(square, 0)))


def pt(px: Values, py: Values) -> Values:
    """Return the transverse momentum."""
    return np.asarray(np.hypot(px, py))


def phi(px: Values, py: Values) -> Values:
    """Return the azimuth, from -pi to pi."""
    return np.asarray(np.arctan2(py, px))


def eta(px: Values, py: Values, pz: Values) -> Values:
    """Return the pseudorapidity: infinite along the beam, 0 for no momentum."""
    ratio = np.asarray(pz / np.hypot(px, py))
    return np.asarray(np.where(np.equal(pz, 0), ratio.dtype.type(0), np.arcsinh(ratio)))


def rapidity(pz: Values, energy: Values) -> Values:
    """Return the rapidity."""
    return np.asarray(np.arctanh(pz / energy))


def mass(*components: Values) -> Values:
    """Return the invariant mass, worked out in float64: the root of a difference loses half the digits.

    Args:
        components: ``px, py, pz, energy``; or ``pt, eta, phi, mass`` of each of several, whose sum it is of.
    """
    dtype = np.result_type(*components)
    wide = [np.asarray(component, np.float64) for component in components]
    if len(wide) == 4:
        x, y, z, e = wide
    else:
        groups = [wide[at : at + 4] for at in range(0, len(wide), 4)]
        x = np.sum([px(one[0], one[2]) for one in groups], axis=0)
        y = np.sum([py(one[0], one[2]) for one in groups], axis=0)
        z = np.sum([pz(one[0], one[1]) for one in groups], axis=0)
        e = np.sum([energy(one[0], one[1], one[3]) for one in groups], axis=0)
    square = e * e - x * x - y * y - z * z
    return np.asarray(np.copysign(np.sqrt(np.abs(square)), square), dtype if dtype.kind == "f" else np.float64)
