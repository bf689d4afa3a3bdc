"""Scope: what names mean where an expression stands."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ExpressionError, nearest, nearest_hint
from .catalog import EVENTS, Catalog, Collection, Path
from .expressions import Expression
from .nodes import Lead, Match, Member, Name, Node


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
            return self._field(expression, node, self.object(expression, node, node.object), node.name, text)
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

    def object(self, expression: Expression, node: Node, name: str, column: int | None = None) -> Collection:
        """Return the object of a name.

        Raises:
            ExpressionError: there is none; it proposes the nearest.
        """
        if name in self.catalog:
            return self.catalog[name]
        known = [entry.name for entry in self.catalog]
        hint = f"lead.{node.name}" if name == "lead" and isinstance(node, Member) else nearest_hint(name, known)
        at = node.column if column is None else column
        raise expression.error("unknown object", at, got=repr(name), expected=_listed(known), hint=hint)

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


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
