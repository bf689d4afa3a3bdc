"""Transform: what is fitted on training data once and then applied to every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

#: Numbers of an object: the last axis is its fields, those before it rows and slots.
Values = NDArray[Any]
#: True where an entry is real; shaped as the values without their last axis. ``None``: all are.
Valid = NDArray[np.bool_] | None


@runtime_checkable
class Transform(Protocol):
    """A step that learns constants from data and then changes batches with them.

    ``fit`` is called once per chunk, in any number of chunks, and holds no data: memory does not
    grow. Only valid entries count, in ``fit`` as in ``apply``; padded slots pass through unchanged.
    ``state`` is all that was learned: a transform made from it gives the same numbers, and can be
    fitted further.

    A transform with an attribute ``elementwise`` that is true changes every number by itself, and may
    be applied by several threads at once: the loader then applies it once to what it decodes, rather
    than to every batch. If it has a method ``item_transforms``, this gives the same, bit by bit, as
    one ``_core.ItemTransform`` per field, and the core does it while it interleaves the fields; what a method
    ``behind_core`` returns is then applied to the interleaved items.
    """

    def fit(self, values: Values, valid: Valid = None) -> None:
        """Take a chunk into account: ``values`` (..., n_fields) of any real dtype, ``valid`` (...) bool."""
        ...

    def apply(self, values: Values, valid: Valid = None, *, out: Values | None = None) -> Values:
        """Return the changed ``values`` (..., n_fields), in ``out`` where given, which may be ``values``."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what was learned, as JSON can hold it."""
        ...

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Make the transform whose :meth:`state` this is."""
        ...
