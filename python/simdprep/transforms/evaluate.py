"""Evaluating a checked expression on a frame: plain numpy on flat values, list level by list level.

dtypes and NaN are numpy's: a float32 field and a number give float32, a comparison with NaN is false,
``max`` of a list with NaN is NaN. A missing value (``None`` in Parquet, the first of an empty list, the
``max`` of one) makes the result missing, but ``&`` and ``|`` give what holds whatever the value would
be, and lists are reduced over what is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ExpressionError
from .arguments import expanded
from .expressions import Expression
from .frame import Frame, Value
from .functions import FUNCTIONS
from .nodes import Binary, Call, Index, Lead, Match, Member, Name, Node, Number, Unary, fold
from .scope import Scope


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, int) and exponent < 0 and np.asarray(base).dtype.kind in "biu":
        raise ValueError("a negative power")  # numpy says so only where there is a value
    return base**exponent


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "//": np.floor_divide, "%": np.mod,
    "**": _power, "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal, "&": np.bitwise_and, "|": np.bitwise_or,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {"-": np.negative, "+": np.positive, "~": np.invert}
_IDENTITIES = {"any": False, "all": True, "sum": 0}


def evaluate(expression: Expression, scope: Scope, frame: Frame) -> Value:
    """Return the values of ``expression``, one per entry of the scope's object.

    Args:
        expression: The expression, which :meth:`Scope.check` has passed.
        scope: Where it stands.
        frame: The events.

    Raises:
        ExpressionError: an operation does not take the dtypes it is given; the column is named.
    """

    value = frame.lifted(visited(expanded(expression, scope), scope, frame), scope.path)
    if isinstance(value.data, np.ndarray):
        return value
    return Value(scope.path, np.full(frame.length(scope.path), value.data))


def visited(
    expression: Expression, scope: Scope, frame: Frame, note: Callable[[Node, Value], None] | None = None
) -> Value:
    """Return the values of ``expression`` at its own level; ``note`` is told those of every node on the way.

    Raises:
        ExpressionError: as :func:`evaluate`.
    """

    def visit(node: Node, inner: list[Value]) -> Value:
        try:
            with np.errstate(all="ignore"):
                value = _visit(node, inner, expression, scope, frame)
        except (TypeError, ValueError, OverflowError) as error:
            raise _reworded(error, expression, node, inner) from error
        if note is not None:
            note(node, value)
        return value

    return fold(expression.root, visit)


def _visit(node: Node, inner: list[Value], expression: Expression, scope: Scope, frame: Frame) -> Value:
    match node:
        case Number(value=number):
            return Value((), number)
        case Name() | Member() | Match(field=Name() | Member()):
            return _stored(node, expression, scope, frame)
        case Lead() | Match():
            value = _stored(node, expression, scope, frame)
            first = _entry(value, 0, frame)
            # In an event without entries there is nothing the lead could be compared with.
            return Value((), first.data) if len(value.path) == 1 and value.missing is None else first
        case Index(index=index):
            return _entry(inner[0], index, frame)
        case Unary(operator=sign):
            return Value(inner[0].path, _weak(_UNARY[sign](_strong(inner[0].data)), inner), inner[0].missing)
        case Binary(operator=sign):
            left, right = _together(inner, frame)
            if sign in ("&", "|"):
                return _logical(sign, left, right)
            compute = _BINARY[sign]
            return Value(left.path, _weak(compute(*_operands(left, right)), inner), _either(left, right))
        case Call(function="num", arguments=(Name(name=name),)):
            path = scope.catalog[name].path
            return Value(path[:-1], frame.counts(path[-1]))
        case Call(function="where"):
            return _where(*_together(inner, frame))
        case Call(function=function) if FUNCTIONS[function].kind == "list":
            return _reduced(function, inner[0], frame)
        case Call(function=function):
            together = _together(inner, frame)
            compute_values = FUNCTIONS[function].compute
            assert compute_values is not None
            data = compute_values(*(_strong(value.data, together) for value in together))
            return Value(together[0].path, _weak(data, inner), _either(*together))


def _stored(node: Name | Member | Lead | Match, expression: Expression, scope: Scope, frame: Frame) -> Value:
    """Return a field, or where a field of text is the one it is compared with."""
    return frame.value(*scope.resolve(expression, node), node.text if isinstance(node, Match) else None)


def _together(values: list[Value], frame: Frame) -> list[Value]:
    """Bring values to the deepest of their levels."""
    path = max((value.path for value in values), key=len)
    return [Value(path, lifted.data, lifted.missing) for lifted in (frame.lifted(value, path) for value in values)]


def _strong(data: Any, beside: list[Value] | None = None) -> Any:
    """Return a lone Python number as int64, float64 or bool; beside arrays it takes their dtype."""
    if isinstance(data, np.ndarray) or any(isinstance(value.data, np.ndarray) for value in beside or ()):
        return data
    return np.asarray(data)[()]


def _operands(left: Value, right: Value) -> tuple[Any, Any]:
    return _strong(left.data, [left, right]), _strong(right.data, [left, right])


def _weak(data: Any, inner: list[Value]) -> Any:
    """Return what only numbers went into as a Python number again, so that ``x / (1 / 3)`` keeps the dtype of x."""
    if any(isinstance(value.data, np.ndarray) for value in inner):
        return data
    return np.asarray(data).item()


def _either(*values: Value) -> NDArray[np.bool_] | None:
    missing: NDArray[np.bool_] | None = None
    for value in values:
        if value.missing is not None:
            missing = value.missing if missing is None else missing | value.missing
    return missing


def _logical(sign: str, left: Value, right: Value) -> Value:
    """``&`` and ``|``: of two conditions, or bit by bit of two integers."""
    one, two = _operands(left, right)
    kinds = np.asarray(one).dtype.kind + np.asarray(two).dtype.kind
    if "b" in kinds and kinds != "bb":
        raise TypeError("a condition and a number")
    data = _weak(_BINARY[sign](one, two), [left, right])
    missing = _either(left, right)
    if missing is None or kinds != "bb":
        return Value(left.path, data, missing)
    decides = sign == "|"  # true decides an or, false an and, whatever the other is
    decided = (np.equal(one, decides) & ~_mask(left)) | (np.equal(two, decides) & ~_mask(right))
    return Value(left.path, np.where(decided, decides, data), missing & ~decided)


def _mask(value: Value) -> Any:
    return np.False_ if value.missing is None else value.missing


def _where(condition: Value, yes: Value, no: Value) -> Value:
    test = np.asarray(condition.data)
    if test.dtype.kind != "b":
        raise TypeError("a number as condition")
    values = [condition, yes, no]
    if not any(isinstance(value.data, np.ndarray) for value in values):
        return yes if test else no
    if isinstance(yes.data, np.ndarray) or isinstance(no.data, np.ndarray):
        dtype = np.result_type(yes.data, no.data)
        data = np.where(test, np.asarray(yes.data, dtype), np.asarray(no.data, dtype))
    else:
        data = np.where(test, yes.data, no.data)
    missing: NDArray[np.bool_] | None = None
    if any(value.missing is not None for value in values):
        missing = np.asarray(_mask(condition) | np.where(test, _mask(yes), _mask(no)))
    return Value(condition.path, data, missing)


def _present(value: Value, frame: Frame) -> tuple[Any, NDArray[np.int64]]:
    """Return the values that are there, and how many each innermost list has of them."""
    counts = frame.counts(value.path[-1])
    if value.missing is None:
        return value.data, counts
    owners = np.repeat(np.arange(len(counts)), counts)
    there = ~value.missing
    return value.data[there], np.bincount(owners[there], minlength=len(counts)).astype(np.int64)


def _reduced(function: str, value: Value, frame: Frame) -> Value:
    """Reduce the innermost lists; ``max`` and ``min`` of an empty one are missing."""
    data, counts = _present(value, frame)
    path = value.path[:-1]
    filled = counts > 0
    starts = (np.cumsum(counts) - counts)[filled]
    dtype = data.dtype
    if function in ("any", "all"):
        data = data.astype(bool)
        dtype = np.dtype(bool)
    elif function == "sum" and dtype.kind in "biu":
        dtype = np.dtype("uint64" if dtype.kind == "u" else "int64")
    elif function == "sum" and dtype == np.float16:
        dtype = np.dtype("float32")
    ufunc = {"sum": np.add, "max": np.maximum, "min": np.minimum, "any": np.logical_or, "all": np.logical_and}[function]
    result = np.full(len(counts), _IDENTITIES.get(function, 0), dtype)
    if len(starts):
        result[filled] = ufunc.reduceat(data, starts, dtype=dtype)
    return Value(path, result, None if function in _IDENTITIES else ~filled)


def _entry(value: Value, index: int, frame: Frame) -> Value:
    """Return one entry of each innermost list, missing where the list is shorter."""
    counts = frame.counts(value.path[-1])
    starts = np.cumsum(counts) - counts
    offset = index if index >= 0 else counts + index
    there = (offset >= 0) & (counts > offset)
    positions = np.where(there, starts + offset, 0)
    data = value.data[positions] if len(value.data) else np.zeros(len(counts), value.data.dtype)
    missing = ~there
    if value.missing is not None and len(value.data):
        missing = missing | value.missing[positions]
    return Value(value.path[:-1], data, missing)


def _reworded(error: Exception, expression: Expression, node: Node, inner: list[Value]) -> ExpressionError:
    what = getattr(node, "operator", getattr(node, "function", "value"))
    kinds = [_kind(value.data) for value in inner]
    got = " and ".join(kinds)
    if isinstance(error, OverflowError):
        hint = "a floating number, such as 1000.0"
        return expression.error(what, node.column, got=str(error), expected="a number of that dtype", hint=hint)
    if what in ("&", "|") and "bool" in kinds:
        rule, hint = "two conditions", "a comparison such as x != 0, or parentheses around (x & y)"
        return expression.error(what, node.column, got=got, expected=rule, hint=hint)
    if what == "**" and isinstance(error, ValueError):
        hint = "a floating base, such as 1.0 * x"
        return expression.error(what, node.column, got="a negative power of an integer", expected="a float", hint=hint)
    rule = {
        "where": "a condition and two values",
        "&": "two conditions or two integers",
        "|": "two conditions or two integers",
        "~": "a condition or an integer",
    }.get(what, "numbers it can compute with")
    number = "where(condition, 1, 0) for a number" if "bool" in kinds and what in ("-", "+") else None
    return expression.error(what, node.column, got=got, expected=rule, hint=number)


def _kind(data: Any) -> str:
    return str(data.dtype) if isinstance(data, np.ndarray) else type(data).__name__
