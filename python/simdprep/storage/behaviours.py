"""Behaviours: records with momenta are vectors, and what was stored comes before what can be computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import vector
from vector.backends import awkward as vector_awkward

from ..schema import ObjectSpec

_DIRECTION = ("pt", "eta", "phi")
_MASSES = ("mass", "m", "M")
_ENERGIES = ("energy", "E", "e")

#: What vector builds the others from; these say which stored fields are the coordinates.
_PARTS = ("azimuthal", "longitudinal", "temporal")

#: Names that vector takes from another attribute, which may be a stored field of another meaning.
_SYNONYMS = {
    "px": "x",
    "py": "y",
    "pz": "z",
    "pt": "rho",
    "pt2": "rho2",
    "p": "mag",
    "p2": "mag2",
    "pseudorapidity": "eta",
    **dict.fromkeys(_ENERGIES, "t"),
    **{f"{name}2": "t2" for name in _ENERGIES},
    **dict.fromkeys(_MASSES, "tau"),
    **{f"{name}2": "tau2" for name in _MASSES},
}


def record_name(spec: ObjectSpec) -> str | None:
    """Return ``Momentum4D`` or ``Momentum3D`` for an object with float pt, eta, phi (and mass or energy)."""
    floats = {field.name for field in spec.fields if field.dtype.startswith("float")}
    if not floats.issuperset(_DIRECTION):
        return None
    return "Momentum4D" if floats.intersection(_MASSES + _ENERGIES) else "Momentum3D"


class _Coordinates:
    """Takes pt, eta, phi and the mass as coordinates wherever they are stored.

    Left to itself vector prefers x, y, rho, z, theta and the energy, which are often something else:
    the rho of pile-up, or an energy that a small mass cannot be computed from in 32 bits.
    """

    fields: list[str]

    def __awkward_validation__(self) -> None:
        """Accept any record: vector refuses those that hold two coordinates for one axis."""

    @property
    def azimuthal(self) -> Any:
        if "pt" in self.fields and "phi" in self.fields:
            return vector_awkward.AzimuthalAwkwardRhoPhi(self["pt"], self["phi"])  # type: ignore[index]
        return super().azimuthal  # type: ignore[misc]


class _Longitudinal(_Coordinates):
    @property
    def longitudinal(self) -> Any:
        if "eta" in self.fields:
            return vector_awkward.LongitudinalAwkwardEta(self["eta"])  # type: ignore[index]
        return super().longitudinal  # type: ignore[misc]


class _Temporal(_Longitudinal):
    @property
    def temporal(self) -> Any:
        for name in _MASSES:
            if name in self.fields:
                return vector_awkward.TemporalAwkwardTau(self[name])  # type: ignore[index]
        return super().temporal  # type: ignore[misc]


def _stored_first(cls: type) -> type:
    """Let a stored field win over a property that vector computes under the same name."""
    names = {name for base in cls.__mro__ if base.__module__.startswith("vector.") for name in vars(base)}
    computed = {
        name: found
        for name in names
        if isinstance(found := getattr(cls, name, None), property) and not name.startswith("_") and name not in _PARTS
    }
    for name in computed:
        setattr(cls, name, _field_or(name, computed[_SYNONYMS.get(name, name)]))
    return cls


def _field_or(name: str, computed: property) -> property:
    def get(self: Any) -> Any:
        if name in self.fields:
            return self[name]
        return computed.__get__(self)

    return property(get, computed.fset, computed.fdel, computed.__doc__)


class _Touched(ak.Array):  # type: ignore[misc]  # awkward has no types
    """An array that numba can take although its fields have not been read yet: it reads them all."""

    @property
    def numba_type(self) -> Any:
        self.layout = ak.to_layout(ak.materialize(self))
        return super().numba_type


@_stored_first
class MomentumArray3D(_Longitudinal, vector_awkward.MomentumArray3D, _Touched):
    """Array of directions and transverse momenta."""


@_stored_first
class MomentumRecord3D(_Longitudinal, vector_awkward.MomentumRecord3D):
    """One direction and transverse momentum."""


@_stored_first
class MomentumArray4D(_Temporal, vector_awkward.MomentumArray4D, _Touched):
    """Array of four-momenta."""


@_stored_first
class MomentumRecord4D(_Temporal, vector_awkward.MomentumRecord4D):
    """One four-momentum."""


vector.register_awkward()

#: What arrays of events carry; the rest of vector's behaviours is registered for all arrays, because it
#: cannot be pickled with one.
BEHAVIOUR: Mapping[Any, type] = {
    ("*", "Momentum3D"): MomentumArray3D,
    "Momentum3D": MomentumRecord3D,
    ("*", "Momentum4D"): MomentumArray4D,
    "Momentum4D": MomentumRecord4D,
}
