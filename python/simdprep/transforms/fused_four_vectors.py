"""The functions of :mod:`.four_vectors`, number by number; generated loops call them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .fused_functions import inlined


@inlined
def px(pt: Any, phi: Any) -> Any:
    """Return the component along x."""
    return pt * np.cos(phi)


@inlined
def py(pt: Any, phi: Any) -> Any:
    """Return the component along y."""
    return pt * np.sin(phi)


@inlined
def pz(pt: Any, eta: Any) -> Any:
    """Return the component along the beam."""
    return pt * np.sinh(eta)


@inlined
def energy(pt: Any, eta: Any, mass: Any) -> Any:
    """Return the energy; 0 where the square is negative."""
    momentum = pt * np.cosh(eta)
    square = momentum * momentum + mass * np.abs(mass)
    return square - square if square < 0 else np.sqrt(square)


@inlined
def pt(px: Any, py: Any) -> Any:
    """Return the transverse momentum."""
    return np.hypot(px, py)


@inlined
def phi(px: Any, py: Any) -> Any:
    """Return the azimuth, from -pi to pi."""
    return np.arctan2(py, px)


@inlined
def eta(px: Any, py: Any, pz: Any) -> Any:
    """Return the pseudorapidity: infinite along the beam, 0 for no momentum."""
    return pz * 0 if pz == 0 else np.arcsinh(pz / np.hypot(px, py))


@inlined
def rapidity(pz: Any, energy: Any) -> Any:
    """Return the rapidity."""
    return np.arctanh(pz / energy)


@inlined
def mass(x: Any, y: Any, z: Any, e: Any) -> Any:
    """Return the invariant mass of float64 components."""
    square = e * e - x * x - y * y - z * z
    return np.copysign(np.sqrt(np.abs(square)), square)
