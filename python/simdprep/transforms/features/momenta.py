"""Momenta: arrays of four components, and from one set of components to the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SchemaError
from .. import four_vectors

Values = NDArray[Any]
#: True where an entry is real; ``None``: all are.
Valid = NDArray[np.bool_] | None


def cartesian(momenta: Values) -> Values:
    """Return ``px, py, pz, energy`` (..., 4) of ``pt, eta, phi, mass`` (..., 4), in the same dtype.

    Formulas: :mod:`simdprep.transforms.four_vectors`.
    """
    pt, eta, phi, mass = np.moveaxis(_four(momenta), -1, 0)
    parts = (four_vectors.px(pt, phi), four_vectors.py(pt, phi), four_vectors.pz(pt, eta))
    return np.stack([*parts, four_vectors.energy(pt, eta, mass)], axis=-1)


def cylindrical(momenta: Values) -> Values:
    """Return ``pt, eta, phi, mass`` (..., 4) of ``px, py, pz, energy`` (..., 4), in the same dtype."""
    px, py, pz, energy = np.moveaxis(_four(momenta), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = (four_vectors.pt(px, py), four_vectors.eta(px, py, pz), four_vectors.phi(px, py))
    return np.stack([*parts, four_vectors.mass(px, py, pz, energy)], axis=-1)


def checked(momenta: Values, valid: Valid) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return momenta (B, P, 4) as float32 and the mask (B, P) of those that are real.

    Raises:
        SchemaError: their shapes are others.
    """
    values = np.ascontiguousarray(momenta, np.float32)
    if values.ndim != 3 or values.shape[2] != 4:
        rule = "(batch, slots, 4): px, py, pz, energy"
        raise SchemaError("momenta", got=f"shape {values.shape}", expected=rule)
    mask = np.ones(values.shape[:2], np.bool_) if valid is None else np.ascontiguousarray(valid, np.bool_)
    if mask.shape != values.shape[:2]:
        raise SchemaError("valid", got=f"shape {mask.shape}", expected=f"{values.shape[:2]}, as the momenta")
    return values, mask


def _four(momenta: Values) -> Values:
    values = np.asarray(momenta)
    if values.ndim < 1 or values.shape[-1] != 4:
        raise SchemaError("momenta", got=f"shape {values.shape}", expected="four components along the last axis")
    return values if values.dtype.kind == "f" else values.astype(np.float64)
