"""Axis: a field and the borders of its bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError

Floats = NDArray[np.float64]


class Axis:
    """The bins of one field: half open, ``low <= x < high``; the last one has its high border too, as in numpy.

    Args:
        name: The field, or the expression, that is binned.
        edges: Borders, ascending; the first and the last may be infinite.

    Raises:
        ConfigError: they are not.
    """

    def __init__(self, name: str, edges: Sequence[float | str] | Floats) -> None:
        self.name = name
        try:
            self.edges: Floats = np.array([float(edge) for edge in edges], np.float64)
        except (TypeError, ValueError):
            self.edges = np.zeros(0)
        widths = np.diff(self.edges) if len(self.edges) else np.zeros(0)
        if not len(widths) or not (widths > 0).all() or isinstance(edges, str):
            rule = "two or more ascending borders"
            raise ConfigError(f"bins of {name}", got=str(edges), expected=rule, hint="[20, 50, 100]")
        #: Whether all bins are equally wide, so that a bin is found without a search.
        self.regular = bool(np.isfinite(widths).all() and np.allclose(widths, widths[0], rtol=1e-9, atol=0))

    def __len__(self) -> int:
        return len(self.edges) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Axis) and self.name == other.name and np.array_equal(self.edges, other.edges)

    __hash__ = None  # type: ignore[assignment]

    def state(self) -> dict[str, Any]:
        """Return name and borders, as JSON can hold them; infinite ones are texts."""
        edges = [edge if math.isfinite(edge) else str(edge) for edge in self.edges.tolist()]
        return {"name": self.name, "edges": edges}

    def describe(self, index: int) -> str:
        """Return the text of a bin: ``pt 20 to 30``."""
        return f"{self.name} {self.edges[index]:g} to {self.edges[index + 1]:g}"
