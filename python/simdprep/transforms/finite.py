"""Finite: where a value that must be finite is not, and what made it so."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ExpressionError
from .arguments import expanded
from .evaluate import visited
from .expressions import Expression
from .frame import Frame, Value
from .nodes import Call, Lead, Member, Name, Node
from .scope import Scope

_LOGARITHMS = ("log", "log2", "log10", "log1p")


def check_finite(expression: Expression, scope: Scope, frame: Frame, value: Value) -> None:
    """Raise where the values of ``expression``, which are ``value``, are not all finite; missing ones are left out.

    Raises:
        ExpressionError: some are NaN or infinite; it points at the first operation that gave no finite number.
    """
    wrong = _wrong(value)
    if wrong is None or not wrong.any():
        return
    found: list[tuple[Node, Value]] = []

    def note(node: Node, inner: Value) -> None:
        bad = _wrong(inner)
        if not found and bad is not None and bad.any() and _reaches(inner, bad, value, wrong, frame):
            found.append((node, inner))

    visited(expanded(expression, scope), scope, frame, note)
    node, made = found[0] if found else (expression.root, value)
    raise _error(expression, node, made, wrong)


def _wrong(value: Value) -> NDArray[np.bool_] | None:
    """Return where there is a number that is not finite."""
    if np.asarray(value.data).dtype.kind != "f":
        return None
    wrong = np.atleast_1d(~np.isfinite(value.data))
    return wrong if value.missing is None else wrong & ~value.missing


def _reaches(inner: Value, bad: NDArray[np.bool_], value: Value, wrong: NDArray[np.bool_], frame: Frame) -> bool:
    """Return whether one of the ``bad`` values stands where the result is ``wrong``; below its level, it may."""
    if not isinstance(inner.data, np.ndarray):
        return True
    if len(inner.path) > len(value.path):
        return True
    lifted = frame.lifted(Value(inner.path, bad), value.path)
    return bool((np.asarray(lifted.data) & wrong).any())


def _error(expression: Expression, node: Node, made: Value, wrong: NDArray[np.bool_]) -> ExpressionError:
    bad = _wrong(made)
    assert bad is not None
    at = int(np.flatnonzero(bad)[0])
    first: Any = np.atleast_1d(made.data)[at]
    got = f"{first} in entry {at:,} ({np.count_nonzero(wrong):,} of {len(wrong):,} results are not finite)"
    what = getattr(node, "operator", getattr(node, "function", getattr(node, "name", "value")))
    hint = "where(condition, x, 0) or a select"
    if isinstance(node, Call) and node.function in _LOGARITHMS:
        hint = f"{node.function}(maximum(x, 1e-6)) or a select"
    elif what in ("/", "//", "%"):
        hint = "where(b != 0, a / b, 0) or a select"
    elif isinstance(node, Name | Member | Lead):
        hint = f"where(isfinite({what}), {what}, 0) or a select"
    return expression.error(what, node.column, got=got, expected="finite numbers", hint=hint)
