"""Function: what expressions can call, each with the plain numpy form that defines it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from . import four_vectors

Values = NDArray[Any]


@dataclass(frozen=True)
class Function:
    """A function of expressions.

    Attributes:
        arguments: Their names; how many it takes.
        kind: ``value`` works value by value; ``list`` reduces the innermost list of its argument;
            ``count`` takes an object and counts its entries; ``choice`` is ``where``.
        compute: For ``value``, the numpy form on equally shaped arrays or scalars.
        objects: Where whole objects may be given too: the fields that each of them stands for.
        repeated: True where there may be any number of groups of numbers, one for each of ``objects``.
    """

    arguments: tuple[str, ...]
    kind: Literal["value", "list", "count", "choice"] = "value"
    compute: Callable[..., Values] | None = None
    objects: tuple[str, ...] = ()
    repeated: bool = False

    def fits(self, count: int) -> bool:
        """Return whether it takes so many numbers."""
        return count == len(self.arguments) or (self.repeated and count > 0 and count % len(self.objects) == 0)

    def signature(self, name: str) -> str:
        """Return how it is called."""
        forms = [f"{name}({', '.join(self.arguments)})"]
        if self.repeated:
            forms.append(f"{name}(object, ...)")
        elif self.objects:
            forms.append(f"{name}({', '.join(['object'] * (len(self.arguments) // len(self.objects)))})")
        return " or ".join(forms)


def delta_phi(a: Values, b: Values) -> Values:
    """Return ``a - b`` brought into [-pi, pi); integers count as float64.

    pi is that of the floating type of the arguments.
    """
    dtype = np.result_type(a, b)
    kind = dtype.type if dtype.kind == "f" else np.float64
    # Python numbers stay as they are: they take the type of the arrays beside them.
    difference = np.subtract(_floating(a, kind), _floating(b, kind))
    wrapped = np.mod(difference + np.pi, 2 * np.pi) - np.pi
    return np.where(wrapped >= wrapped.dtype.type(np.pi), wrapped.dtype.type(-np.pi), wrapped)


def delta_r(eta1: Values, phi1: Values, eta2: Values, phi2: Values) -> Values:
    """Return the distance in eta and phi: ``hypot(eta1 - eta2, delta_phi(phi1, phi2))``."""
    dtype = np.result_type(eta1, eta2)
    kind = dtype.type if dtype.kind == "f" else np.float64
    return np.asarray(np.hypot(np.subtract(_floating(eta1, kind), _floating(eta2, kind)), delta_phi(phi1, phi2)))


def clip(x: Values, low: Values, high: Values) -> Values:
    """Return ``x`` between two bounds; NaN stays."""
    return np.asarray(np.minimum(np.maximum(x, low), high))


def _floating(values: Values, kind: type[np.floating[Any]]) -> Values:
    """Return integers and bools as ``kind``, so that differences of unsigned ones do not wrap."""
    return values if np.asarray(values).dtype.kind == "f" else np.asarray(values, dtype=kind)[()]


def _value(compute: Callable[..., Any], *arguments: str) -> Function:
    return Function(arguments or ("x",), "value", compute)


_LIST = Function(("x",), "list")

FUNCTIONS: Mapping[str, Function] = {
    "abs": _value(np.abs),
    "sqrt": _value(np.sqrt),
    "exp": _value(np.exp),
    "log": _value(np.log),
    "log10": _value(np.log10),
    "log1p": _value(np.log1p),
    "log2": _value(np.log2),
    "expm1": _value(np.expm1),
    "sign": _value(np.sign),
    "sin": _value(np.sin),
    "cos": _value(np.cos),
    "tan": _value(np.tan),
    "arcsin": _value(np.arcsin),
    "arccos": _value(np.arccos),
    "arctan": _value(np.arctan),
    "sinh": _value(np.sinh),
    "cosh": _value(np.cosh),
    "tanh": _value(np.tanh),
    "arcsinh": _value(np.arcsinh),
    "arccosh": _value(np.arccosh),
    "arctanh": _value(np.arctanh),
    "floor": _value(np.floor),
    "ceil": _value(np.ceil),
    "isnan": _value(np.isnan),
    "isfinite": _value(np.isfinite),
    "arctan2": _value(np.arctan2, "y", "x"),
    "hypot": _value(np.hypot, "x", "y"),
    "minimum": _value(np.minimum, "a", "b"),
    "maximum": _value(np.maximum, "a", "b"),
    "clip": _value(clip, "x", "low", "high"),
    "delta_phi": Function(("a", "b"), "value", delta_phi, ("phi",)),
    "delta_r": Function(("eta1", "phi1", "eta2", "phi2"), "value", delta_r, ("eta", "phi")),
    "px": _value(four_vectors.px, "pt", "phi"),
    "py": _value(four_vectors.py, "pt", "phi"),
    "pz": _value(four_vectors.pz, "pt", "eta"),
    "energy": _value(four_vectors.energy, "pt", "eta", "mass"),
    "pt": _value(four_vectors.pt, "px", "py"),
    "phi": _value(four_vectors.phi, "px", "py"),
    "eta": _value(four_vectors.eta, "px", "py", "pz"),
    "rapidity": _value(four_vectors.rapidity, "pz", "energy"),
    "mass": Function(
        ("px", "py", "pz", "energy"), "value", four_vectors.mass, ("pt", "eta", "phi", "mass"), repeated=True
    ),
    "where": Function(("condition", "a", "b"), "choice"),
    "num": Function(("object",), "count"),
    "sum": _LIST,
    "max": _LIST,
    "min": _LIST,
    "any": _LIST,
    "all": _LIST,
}

#: What functions of other languages are called here.
FOREIGN_FUNCTIONS: Mapping[str, str] = {
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "atan2": "arctan2",
    "count": "num(object)",
    "deltaphi": "delta_phi",
    "deltar": "delta_r",
    "fabs": "abs",
    "if": "where",
    "len": "num(object)",
    "ln": "log",
    "mean": "sum(x) / num(object)",
    "pow": "x ** y",
    "power": "x ** y",
    "size": "num(object)",
}
