"""Node: the tree that an expression is parsed into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .functions import FUNCTIONS

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    column: int
    value: int | float


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name: a field of the object the expression belongs to, or of the event."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """``object.name``."""

    column: int
    object: str
    name: str


@dataclass(frozen=True, slots=True)
class Lead:
    """``lead.name``: the field of the first entry, after ordering, of the list the entry is in."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Match:
    """``field == "text"``: true where a text field holds exactly this text."""

    column: int
    field: Name | Member | Lead
    text: str


@dataclass(frozen=True, slots=True)
class Index:
    """``operand[index]``: one entry of the innermost list; missing where the list is shorter."""

    column: int
    operand: Node
    index: int


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``+x`` or ``~x``."""

    column: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``; the column is that of the operator."""

    column: int
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """``function(arguments)``."""

    column: int
    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Member | Lead | Match | Index | Unary | Binary | Call

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def fold(root: Node, visit: Callable[[Node, list[_T]], _T]) -> _T:
    """Return ``visit(root, results)``, the results being those of its operands, each visited before it.

    Goes through the tree without recursion: a sum of thousands of terms is a deep tree.
    """
    pending: list[tuple[Node, bool]] = [(root, False)]
    results: list[_T] = []
    while pending:
        node, ready = pending.pop()
        inner = operands(node)
        if not ready and inner:
            pending.append((node, True))
            pending.extend((operand, False) for operand in reversed(inner))
            continue
        start = len(results) - len(inner)
        result = visit(node, results[start:])
        results[start:] = [result]
    return results[0]


def operands(node: Node) -> tuple[Node, ...]:
    """Return the nodes ``node`` computes with, in order; ``num`` computes with none: its argument is an object."""
    match node:
        case Unary(operand=operand) | Index(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(function=function, arguments=arguments) if FUNCTIONS[function].kind != "count":
            return arguments
        case _:
            return ()
