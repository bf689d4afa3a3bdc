"""Levels: which list level each value of an expression has, and what the expression reads."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ExpressionError
from .arguments import expanded
from .catalog import EVENTS, Path
from .expressions import Expression
from .functions import FUNCTIONS
from .nodes import Binary, Call, Index, Lead, Match, Member, Name, Node, Number, Unary, fold
from .scope import Scope


@dataclass(frozen=True)
class Reference:
    """What an expression reads.

    Attributes:
        object: The object.
        field: Its field; ``None`` where only the number of entries counts.
        level: The level it is reduced to: the value depends on all entries of the lists below that.
    """

    object: str
    field: str | None
    level: Path


@dataclass(frozen=True)
class _Level:
    """Level of a value, and the name it comes from."""

    path: Path
    shown: str = ""
    column: int = 1
    reads: tuple[Reference, ...] = ()


def check_levels(expression: Expression, scope: Scope) -> list[Reference]:
    """Check names and levels, before anything is read; return what the expression reads.

    Raises:
        ExpressionError: a name is unknown, a list stands where one value should, or values of
            different objects are combined.
    """
    expression = expanded(expression, scope)
    levels = _Levels(expression, scope)
    level = fold(expression.root, levels.of)
    if level.path != scope.path[: len(level.path)]:
        raise levels.too_deep(level)
    return list(level.reads)


@dataclass(frozen=True)
class _Levels:
    """Of the values of one expression, where it stands."""

    expression: Expression
    scope: Scope

    def of(self, node: Node, inner: list[_Level]) -> _Level:
        reads = tuple(dict.fromkeys(read for level in inner for read in level.reads))
        match node:
            case Number():
                return _Level(())
            case Name() | Member() | Lead() | Match():
                name, entry = self.scope.resolve(self.expression, node)
                path = self.scope.catalog[name].path
                shown = f"{name}.{entry}" if name not in (self.scope.own, EVENTS) else entry
                if isinstance(node, Lead) or (isinstance(node, Match) and isinstance(node.field, Lead)):
                    return _Level(path[:-1], f"lead.{entry}", node.column, (Reference(name, entry, path[:-1]),))
                return _Level(path, shown, node.column, (Reference(name, entry, path),))
            case Call(function="num", arguments=(Name(name=name, column=column),)):
                collection = self.scope.object(self.expression, node, name, column)
                if not collection.is_list:
                    raise self.expression.error("num", column, got=repr(name), expected="an object with lists")
                outer = collection.path[:-1]
                return _Level(outer, f"num({name})", node.column, (Reference(name, None, outer),))
            case Index(operand=operand):
                return self._reduced(node, inner[0], "[...]", getattr(operand, "column", node.column))
            case Call(function=function) if FUNCTIONS[function].kind == "list":
                return self._reduced(node, inner[0], function, node.column)
            case Unary():
                return inner[0]
            case Binary(operator=operator):
                return self._combined(inner, reads, operator)
            case Call(function=function):
                return self._combined(inner, reads, function)

    def _reduced(self, node: Node, inner: _Level, what: str, column: int) -> _Level:
        if not inner.path:
            got = f"one value per event ({inner.shown})" if inner.shown else "a number"
            raise self.expression.error(what, column, got=got, expected="a list")
        outer = inner.path[:-1]
        reads = tuple(Reference(read.object, read.field, min(read.level, outer, key=len)) for read in inner.reads)
        return _Level(outer, inner.shown, inner.column, reads)

    def _combined(self, inner: list[_Level], reads: tuple[Reference, ...], what: str) -> _Level:
        deepest = inner[0]
        for level in inner[1:]:
            common = min(len(deepest.path), len(level.path))
            if deepest.path[:common] != level.path[:common]:
                mine = deepest.path == self.scope.path[: len(deepest.path)]
                other = level if mine else deepest
                raise self.expression.error(
                    f"values combined by {what}",
                    other.column,
                    got=f"{deepest.shown} per {deepest.path[-1]} and {level.shown} per {level.path[-1]}",
                    expected="values of one object",
                    hint=f"one value of the other list, such as max({other.shown}) or sum({other.shown})",
                )
            if len(level.path) > common:
                deepest = level
        return _Level(deepest.path, deepest.shown, deepest.column, reads)

    def too_deep(self, level: _Level) -> ExpressionError:
        one = f"one value per {self.scope.path[-1]}" if self.scope.path else "one value per event"
        depth = len(self.scope.path)
        extra = level.path[depth] if level.path[:depth] == self.scope.path else level.path[-1]
        first = "" if "(" in level.shown else f" or {level.shown}[0]"
        hint = f"any(...), max(...), num({level.path[-1]}){first}"
        got = f"one per {extra} ({level.shown})"
        return self.expression.error("level", level.column, got=got, expected=one, hint=hint)
