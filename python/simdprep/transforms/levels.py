"""Scope: what names mean where an expression stands, and which list level each of its values has."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ExpressionError, nearest, nearest_hint
from .catalog import EVENTS, Catalog, Collection, Path
from .expressions import Expression
from .functions import FUNCTIONS
from .nodes import Binary, Call, Index, Lead, Match, Member, Name, Node, Number, Unary, fold


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


@dataclass(frozen=True)
class Scope:
    """Where an expression stands.

    Attributes:
        catalog: The objects there are.
        own: The object it belongs to: bare names are its fields first, then those of the event.
        lead: True where ``lead`` is known: after ordering.
    """

    catalog: Catalog
    own: str = EVENTS
    lead: bool = False

    @property
    def path(self) -> Path:
        """Level the expression must have, or be repeated to."""
        return self.catalog[self.own].path

    def resolve(self, expression: Expression, node: Name | Member | Lead | Match) -> tuple[str, str]:
        """Return the object and field that ``node`` names: one of numbers, or the one of text that is compared.

        Raises:
            ExpressionError: there is none; it proposes the nearest.
        """
        text = node.text if isinstance(node, Match) else None
        if isinstance(node, Match):
            node = node.field
        if isinstance(node, Lead):
            self._check_lead(expression, node)
            return self._field(expression, node, self.catalog[self.own], node.name, text)
        if isinstance(node, Member):
            return self._field(expression, node, self._object(expression, node, node.object), node.name, text)
        own, event = self.catalog[self.own], self.catalog[EVENTS]
        for collection in (own, event):
            if node.name in collection.fields or node.name in collection.texts:
                return self._field(expression, node, collection, node.name, text)
        if node.name in self.catalog:
            plain = self.catalog[node.name]
            if (plain.fields if text is None else plain.texts) == ("value",):
                return node.name, "value"
        raise self._unknown_name(expression, node, own, event, text)

    def known(self, expression: Expression, node: Name) -> None:
        """Check that a name is a field or an object.

        Raises:
            ExpressionError: it is neither; it proposes the nearest.
        """
        own, event = self.catalog[self.own], self.catalog[EVENTS]
        names = {*own.fields, *own.texts, *event.fields, *event.texts}
        if node.name in self.catalog or node.name in names or (node.name == "lead" and own.is_list):
            return
        known = [*(entry.name for entry in self.catalog if entry.name != EVENTS), *own.fields, *event.fields]
        hint = nearest_hint(node.name, dict.fromkeys(known))
        raise expression.error("unknown name", node.column, got=repr(node.name), expected="an object", hint=hint)

    def check(self, expression: Expression) -> list[Reference]:
        """Check names and levels, before anything is read; return what the expression reads.

        Raises:
            ExpressionError: a name is unknown, a list stands where one value should, or values of
                different objects are combined.
        """
        from .arguments import expanded  # which works with scopes

        expression = expanded(expression, self)
        level = fold(expression.root, lambda node, inner: self._level(expression, node, inner))
        if level.path != self.path[: len(level.path)]:
            raise self._too_deep(expression, level)
        return list(level.reads)

    def _level(self, expression: Expression, node: Node, inner: list[_Level]) -> _Level:
        reads = tuple(dict.fromkeys(read for level in inner for read in level.reads))
        match node:
            case Number():
                return _Level(())
            case Name() | Member() | Lead() | Match():
                name, entry = self.resolve(expression, node)
                path = self.catalog[name].path
                shown = f"{name}.{entry}" if name not in (self.own, EVENTS) else entry
                if isinstance(node, Lead) or (isinstance(node, Match) and isinstance(node.field, Lead)):
                    return _Level(path[:-1], f"lead.{entry}", node.column, (Reference(name, entry, path[:-1]),))
                return _Level(path, shown, node.column, (Reference(name, entry, path),))
            case Call(function="num", arguments=(Name(name=name, column=column),)):
                collection = self._object(expression, node, name, column)
                if not collection.is_list:
                    raise expression.error("num", column, got=repr(name), expected="an object with lists")
                outer = collection.path[:-1]
                return _Level(outer, f"num({name})", node.column, (Reference(name, None, outer),))
            case Index(operand=operand):
                return self._reduced(expression, node, inner[0], "[...]", getattr(operand, "column", node.column))
            case Call(function=function) if FUNCTIONS[function].kind == "list":
                return self._reduced(expression, node, inner[0], function, node.column)
            case Unary():
                return inner[0]
            case Binary(operator=operator):
                return self._combined(expression, inner, reads, operator)
            case Call(function=function):
                return self._combined(expression, inner, reads, function)

    def _reduced(self, expression: Expression, node: Node, inner: _Level, what: str, column: int) -> _Level:
        if not inner.path:
            got = f"one value per event ({inner.shown})" if inner.shown else "a number"
            raise expression.error(what, column, got=got, expected="a list")
        outer = inner.path[:-1]
        reads = tuple(Reference(read.object, read.field, min(read.level, outer, key=len)) for read in inner.reads)
        return _Level(outer, inner.shown, inner.column, reads)

    def _combined(self, expression: Expression, inner: list[_Level], reads: tuple[Reference, ...], what: str) -> _Level:
        deepest = inner[0]
        for level in inner[1:]:
            common = min(len(deepest.path), len(level.path))
            if deepest.path[:common] != level.path[:common]:
                mine = deepest.path == self.path[: len(deepest.path)]
                other = level if mine else deepest
                raise expression.error(
                    f"values combined by {what}",
                    other.column,
                    got=f"{deepest.shown} per {deepest.path[-1]} and {level.shown} per {level.path[-1]}",
                    expected="values of one object",
                    hint=f"one value of the other list, such as max({other.shown}) or sum({other.shown})",
                )
            if len(level.path) > common:
                deepest = level
        return _Level(deepest.path, deepest.shown, deepest.column, reads)

    def _check_lead(self, expression: Expression, node: Lead) -> None:
        if not self.catalog[self.own].is_list:
            lists = [entry.name for entry in self.catalog if entry.is_list and node.name in entry.fields]
            hint = f"{lists[0]}[0].{node.name}" if lists else None
            raise expression.error(
                "lead", node.column, got=f"'lead.{node.name}'", expected="object[0].field", hint=hint
            )
        if not self.lead:
            rule = "no lead: it is the first entry after select and order"
            raise expression.error("lead", node.column, got=f"'lead.{node.name}'", expected=rule, hint="a field (expr)")

    def _object(self, expression: Expression, node: Node, name: str, column: int | None = None) -> Collection:
        if name in self.catalog:
            return self.catalog[name]
        known = [entry.name for entry in self.catalog]
        hint = f"lead.{node.name}" if name == "lead" and isinstance(node, Member) else nearest_hint(name, known)
        at = node.column if column is None else column
        raise expression.error("unknown object", at, got=repr(name), expected=_listed(known), hint=hint)

    def _field(
        self, expression: Expression, node: Name | Member | Lead, collection: Collection, name: str, text: str | None
    ) -> tuple[str, str]:
        if name in (collection.fields if text is None else collection.texts):
            return collection.name, name
        if name in collection.texts:
            rule, example = "a field of numbers", f'{name} == "..."'
            raise expression.error("text field", node.column, got=repr(name), expected=rule, hint=example)
        if name in collection.fields:
            got, rule = f"{name!r}, a field of numbers", f"a field of text, to compare with {text!r}"
            raise expression.error("field", node.column, got=got, expected=rule, hint="a number instead of the text")
        owner = "the event" if collection.name == EVENTS else collection.name
        known = collection.fields if text is None else collection.texts or collection.fields
        hint = nearest_hint(name, known, otherwise=_listed(known)) or None
        raise expression.error("unknown name", node.column, got=repr(name), expected=f"a field of {owner}", hint=hint)

    def _unknown_name(
        self, expression: Expression, node: Name, own: Collection, event: Collection, text: str | None
    ) -> ExpressionError:
        rule = "a field of the event" if own.name == EVENTS else f"a field of {own.name} or of the event"
        known = list(dict.fromkeys([*own.fields, *event.fields] if text is None else [*own.texts, *event.texts]))
        if node.name in self.catalog:
            fields = self.catalog[node.name].fields
            hint = f"{node.name}.{fields[0]}" if fields else f"num({node.name})"
        else:
            members = [
                f"{entry.name}.{name}" for entry in self.catalog if entry.name != EVENTS for name in entry.fields
            ]
            dotted = [name for name in members if name.replace(".", "_") == node.name or name.endswith(f".{node.name}")]
            hint = " or ".join(dotted[:2] or nearest(node.name, known) or nearest(node.name, members, count=1))
        return expression.error("unknown name", node.column, got=repr(node.name), expected=rule, hint=hint or None)

    def _too_deep(self, expression: Expression, level: _Level) -> ExpressionError:
        one = f"one value per {self.path[-1]}" if self.path else "one value per event"
        extra = level.path[len(self.path)] if level.path[: len(self.path)] == self.path else level.path[-1]
        first = "" if "(" in level.shown else f" or {level.shown}[0]"
        hint = f"any(...), max(...), num({level.path[-1]}){first}"
        got = f"one per {extra} ({level.shown})"
        return expression.error("level", level.column, got=got, expected=one, hint=hint)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
