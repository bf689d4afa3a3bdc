"""Expressions the slow way: one value at a time, from nested Python lists, without the parser.

A tree knows its text and how to compute itself. Missing values are ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Path = tuple[str, ...]

#: Path of each object, and the dtype of each field.
PATHS: dict[str, Path] = {"events": (), "Jet": ("Jet",), "Muon": ("Muon",), "tracks": ("Jet", "tracks")}
FIELDS: dict[str, dict[str, str]] = {
    "events": {"met": "float32", "run": "int32", "flag": "bool"},
    "Jet": {"pt": "float32", "eta": "float64", "charge": "int32", "tight": "bool"},
    "Muon": {"pt": "float32", "charge": "int32", "tight": "bool"},
    "tracks": {"d0": "float32", "layer": "int32", "good": "bool"},
}
#: Binding of each operator: larger is tighter.
BINDING = {
    "|": 1, "&": 2, "~": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6,
    "%": 6, "neg": 7,
}  # fmt: skip
ATOM = 9

COMPUTE: dict[str, Callable[..., Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "neg": lambda a: -a,
    "abs": abs,
    "floor": np.floor,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "isnan": np.isnan,
    "isfinite": np.isfinite,
}

#: ``events[i]`` is a dict of numbers and of lists of dicts; ``tracks`` is a list per jet.
Events = list[dict[str, Any]]


@dataclass(frozen=True)
class Tree:
    """A subexpression.

    Attributes:
        text: As one would write it, with no more parentheses than needed.
        binding: How tightly its outermost operator binds.
        path: Its list level.
        compute: Its value for the entry at some indices: the event, then one per level.
    """

    text: str
    binding: int
    path: Path
    compute: Callable[[Events, tuple[int, ...]], Any]

    def at(self, events: Events, indices: tuple[int, ...]) -> Any:
        """Return the value for an entry at this level or deeper."""
        return self.compute(events, indices[: len(self.path) + 1])

    def inside(self, binding: int) -> str:
        """Return the text as an operand of something that binds like ``binding``."""
        return self.text if self.binding > binding else f"({self.text})"


def entries(events: Events, name: str, indices: tuple[int, ...]) -> list[Any]:
    """Return the list of the object ``name`` that belongs to the entry of the level above."""
    found = events[indices[0]][name]
    for index in indices[1:]:
        found = found[index]
    return found


def number(value: float) -> Tree:
    return Tree(repr(value), ATOM if value >= 0 else BINDING["neg"], (), lambda events, indices: value)


def field(name: str, entry: str, text: str) -> Tree:
    path, dtype = PATHS[name], np.dtype(FIELDS[name][entry]).type

    def compute(events: Events, indices: tuple[int, ...]) -> Any:
        holder = events[indices[0]] if not path else entries(events, name, indices[:-1])[indices[-1]]
        value = holder[entry]
        return None if value is None else dtype(value)

    return Tree(text, ATOM, path, compute)


def element(name: str, entry: str, index: int, text: str) -> Tree:
    """``object[index].entry``, or ``lead.entry``."""
    inner = field(name, entry, "")

    def compute(events: Events, indices: tuple[int, ...]) -> Any:
        length = len(entries(events, name, indices))
        position = index if index >= 0 else length + index
        return inner.at(events, (*indices, position)) if 0 <= position < length else None

    return Tree(text, ATOM, PATHS[name][:-1], compute)


def count(name: str) -> Tree:
    return Tree(
        f"num({name})", ATOM, PATHS[name][:-1], lambda events, indices: np.int64(len(entries(events, name, indices)))
    )


def unary(operator: str, operand: Tree) -> Tree:
    def compute(events: Events, indices: tuple[int, ...]) -> Any:
        value = operand.at(events, indices)
        return None if value is None else (not value) if operator == "~" else COMPUTE[operator](value)

    sign = "-" if operator == "neg" else operator
    # What binds like the sign itself may follow it: --x, ~~x.
    return Tree(sign + operand.inside(BINDING[operator] - 1), BINDING[operator], operand.path, compute)


def binary(operator: str, left: Tree, right: Tree) -> Tree:
    binding = BINDING[operator]

    def compute(events: Events, indices: tuple[int, ...]) -> Any:
        a, b = left.at(events, indices), right.at(events, indices)
        if operator in ("&", "|"):
            decisive = operator == "|"
            if any(value is not None and bool(value) == decisive for value in (a, b)):
                return decisive
            return None if a is None or b is None else not decisive
        return None if a is None or b is None else COMPUTE[operator](a, b)

    chained = binding == BINDING["=="]  # comparisons do not chain
    text = f"{left.inside(binding if chained else binding - 1)} {operator} {right.inside(binding)}"
    if "~" in (left.text[:1], right.text[:1]):  # it takes all that follows it, so it stands in parentheses
        left_text = f"({left.text})" if left.text[:1] == "~" else left.inside(binding if chained else binding - 1)
        right_text = f"({right.text})" if right.text[:1] == "~" else right.inside(binding)
        text = f"{left_text} {operator} {right_text}"
    return Tree(text, binding, max(left.path, right.path, key=len), compute)


def call(function: str, *operands: Tree) -> Tree:
    def compute(events: Events, indices: tuple[int, ...]) -> Any:
        values = [operand.at(events, indices) for operand in operands]
        if function == "where":
            return None if values[0] is None else values[1] if values[0] else values[2]
        return None if None in [value if value is None else 0 for value in values] else COMPUTE[function](*values)

    text = f"{function}({', '.join(operand.text for operand in operands)})"
    return Tree(text, ATOM, max((operand.path for operand in operands), key=len), compute)


def reduction(function: str, operand: Tree) -> Tree:
    def compute(events: Events, indices: tuple[int, ...]) -> Any:
        length = len(entries(events, operand.path[-1], indices))
        values = [operand.at(events, (*indices, index)) for index in range(length)]
        return reduced(function, [value for value in values if value is not None])

    return Tree(f"{function}({operand.text})", ATOM, operand.path[:-1], compute)


def reduced(function: str, values: list[Any]) -> Any:
    if function in ("any", "all"):
        return any(values) if function == "any" else all(values)
    if function == "sum":
        return sum(values[1:], start=np.add(values[0], 0)) if values else 0
    if not values:
        return None
    if any(math.isnan(value) for value in values):
        return math.nan
    return max(values) if function == "max" else min(values)


def every(tree: Tree, events: Events, path: Path) -> Any:
    """Return the values for all entries of the level ``path``, as nested lists."""

    def level(indices: tuple[int, ...]) -> Any:
        if len(indices) == len(path) + 1:
            return tree.at(events, indices)
        length = len(entries(events, path[len(indices) - 1], indices))
        return [level((*indices, index)) for index in range(length)]

    return [level((index,)) for index in range(len(events))]
