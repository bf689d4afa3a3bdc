"""Standardise: each field to mean 0 and standard deviation 1 over its valid entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from .normalise import Normalise


class Standardise(Normalise):
    """``(x - mean) / std`` on valid entries, with the mean and standard deviation of a training set.

    It is :class:`~simdprep.transforms.Normalise` with its method ``standard`` for all fields, no logarithm and no
    bounds. The standard deviation is that of the population (divided by n). NaN and infinities are never part of it.

    Args:
        fields: Names of the fields, in the order of the last axis.
        nonfinite: What :meth:`apply` makes of NaN and infinities in valid entries: ``keep`` leaves
            them (NaN stays NaN, inf stays inf), ``zero`` writes 0, which is the mean.

    Raises:
        SchemaError: no field, or a name twice.
    """

    NAME: ClassVar[str] = "standardise"

    def __init__(self, fields: Sequence[str], *, nonfinite: Literal["keep", "zero"] = "keep") -> None:
        if nonfinite not in ("keep", "zero"):
            raise SchemaError("nonfinite", got=repr(nonfinite), expected="keep or zero")
        super().__init__(fields, nonfinite=nonfinite)
        self.nonfinite = nonfinite

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean per field (n_fields,), float64.

        Raises:
            SchemaError: as :attr:`centre`.
        """
        return self.centre

    @property
    def std(self) -> NDArray[np.float64]:
        """Standard deviation per field (n_fields,), float64.

        Raises:
            SchemaError: as :attr:`centre`.
        """
        return self.scale
