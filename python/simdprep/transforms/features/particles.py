"""Particles: the codes of the Particle Data Group as numbers a network can take.

Codes: Particle Data Group, Review of Particle Physics, Monte Carlo Particle Numbering Scheme. Charges come from the
package ``particle`` (optional: ``pip install simdprep[particle]``), which holds the group's tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from .momenta import Valid


def one_hot(
    codes: NDArray[Any], classes: Sequence[int | Sequence[int]], valid: Valid = None, *, signed: bool = False
) -> NDArray[np.float32]:
    """Return to which class each code belongs, float32 (..., n_classes): 1 for its class, 0 for all others.

    Args:
        codes: Integers (...), such as ``pdgId``.
        classes: For each class its code, or codes: ``[11, 13, 22, (211, 321)]``. A code in none has zeros only.
        valid: True where an entry is real (...); zeros elsewhere.
        signed: Tell particles from antiparticles; without it the sign of a code is left out.

    Raises:
        ConfigError: a code is in two classes, or the codes are no integers.
    """
    values = np.asarray(codes)
    if values.dtype.kind not in "iu":
        raise ConfigError("codes", got=str(values.dtype), expected="integers", hint="codes.astype(int)")
    if not signed:
        values = np.abs(values.astype(np.int64))
    result = np.zeros((*values.shape, len(classes)), np.float32)
    owner: dict[int, int] = {}
    for index, members in enumerate(classes):
        for code in [members] if isinstance(members, int | np.integer) else members:
            key = int(code) if signed else abs(int(code))
            if owner.setdefault(key, index) != index:
                got, hint = f"code {code} in classes {owner[key]} and {index}", None if signed else "signed=True"
                raise ConfigError("classes", got=got, expected="a code in one class", hint=hint)
            result[..., index][values == key] = 1
    if valid is not None:
        result[~np.asarray(valid, np.bool_)] = 0
    return result


def charges(codes: NDArray[Any], valid: Valid = None) -> NDArray[np.float32]:
    """Return the electric charge of each code, float32 (...); NaN for a code that stands for no particle.

    Args:
        codes: Integers (...), such as ``pdgId``.
        valid: True where an entry is real (...); 0 elsewhere.

    Raises:
        ConfigError: the package ``particle`` is not installed.
    """
    try:
        from particle import PDGID
    except ImportError:
        rule = "the package particle to be installed"
        raise ConfigError("charges", expected=rule, hint="pip install simdprep[particle]") from None
    values = np.asarray(codes)
    known, index = np.unique(values, return_inverse=True)
    table = [PDGID(int(code)) for code in known]
    charge = np.array([np.nan if entry.charge is None else entry.charge for entry in table], np.float32)
    result = charge[index].reshape(values.shape)
    if valid is not None:
        result[~np.asarray(valid, np.bool_)] = 0
    return result
