"""Arguments: objects that are given to functions, as the fields they stand for."""

from __future__ import annotations

from ..errors import ExpressionError
from .catalog import EVENTS, Collection
from .expressions import Expression
from .functions import FUNCTIONS
from .nodes import Binary, Call, Index, Lead, Member, Name, Node, Unary, fold, operands
from .scope import Scope

#: What an object may call its mass, and its energy where it has no mass.
MASSES, ENERGIES = ("mass", "m"), ("energy", "e", "E")


def expanded(expression: Expression, scope: Scope) -> Expression:
    """Return ``expression`` with numbers in place of objects: ``delta_r(Jet[0], lead)`` as its etas and phis.

    Raises:
        ExpressionError: an object has no field of the name that is needed, or a function has another number of them.
    """
    changed = False

    def visit(node: Node, inner: list[Node]) -> Node:
        nonlocal changed
        match node:
            case Call(function=function) if FUNCTIONS[function].objects:
                found = _with_fields(node, expression, scope)
                changed = changed or found is not None
                return found or Call(node.column, function, tuple(inner))
            case Call(function=function) if operands(node):
                return Call(node.column, function, tuple(inner))
            case Unary():
                return Unary(node.column, node.operator, inner[0])
            case Binary():
                return Binary(node.column, node.operator, inner[0], inner[1])
            case Index():
                return Index(node.column, inner[0], node.index)
            case _:
                return node

    root = fold(expression.root, visit)
    return Expression(expression.text, expression.where, root) if changed else expression


def _with_fields(node: Call, expression: Expression, scope: Scope) -> Node | None:
    """Return the call with the fields of its objects; ``None`` where its arguments are numbers."""
    function = FUNCTIONS[node.function]
    for argument in node.arguments:
        named = argument.operand if isinstance(argument, Index) else argument
        if isinstance(named, Name):
            scope.known(expression, named)
    found = [_object(argument, scope) for argument in node.arguments]
    if not any(found) and not function.fits(len(node.arguments)):
        raise _number(node, expression)
    if not any(found):
        return None
    fields: list[Node] = []
    for argument, collection in zip(node.arguments, found, strict=True):
        if collection is None:
            got, rule = "a number beside an object", "objects only, or numbers only"
            raise expression.error(node.function, argument.column, got=got, expected=rule)
        fields += [_field(argument, collection, name, expression) for name in function.objects]
    if not function.fits(len(fields)):
        raise _number(node, expression)
    # The mass of one object is that which it has.
    return fields[-1] if function.repeated and len(found) == 1 else Call(node.column, node.function, tuple(fields))


def _number(node: Call, expression: Expression) -> ExpressionError:
    got = f"{len(node.arguments)} arguments"
    return expression.error("call", node.column, got=got, expected=FUNCTIONS[node.function].signature(node.function))


def _object(node: Node, scope: Scope) -> Collection | None:
    """Return the object that an argument names as a whole: ``Jet``, ``Jet[0]`` or ``lead``."""
    if isinstance(node, Index):
        node = node.operand
    if not isinstance(node, Name):
        return None
    own, event = scope.catalog[scope.own], scope.catalog[EVENTS]
    if node.name in own.fields or node.name in event.fields:
        return None
    if node.name == "lead" and own.is_list:
        return own
    if node.name in scope.catalog and not scope.catalog[node.name].plain:
        return scope.catalog[node.name]
    return None


def _field(node: Node, collection: Collection, name: str, expression: Expression) -> Node:
    """Return a field of the object that ``node`` names."""
    if name != "mass":
        return _member(node, collection, (name,), expression)
    if not any(entry in collection.fields for entry in MASSES) and any(e in collection.fields for e in ENERGIES):
        pt, eta, phi = (_member(node, collection, (entry,), expression) for entry in ("pt", "eta", "phi"))
        energy = _member(node, collection, ENERGIES, expression)
        at = node.column
        x, y, z = Call(at, "px", (pt, phi)), Call(at, "py", (pt, phi)), Call(at, "pz", (pt, eta))
        return Call(at, "mass", (x, y, z, energy))
    return _member(node, collection, MASSES, expression)


def _member(node: Node, collection: Collection, names: tuple[str, ...], expression: Expression) -> Node:
    name = next((entry for entry in names if entry in collection.fields), None)
    if name is None:
        got, rule = f"{collection.name}, which has no {names[0]}", "an object with that field, or numbers"
        raise expression.error("object", node.column, got=got, expected=rule)
    if isinstance(node, Index):
        return Index(node.column, Member(node.operand.column, collection.name, name), node.index)
    if isinstance(node, Name) and node.name == "lead":
        return Lead(node.column, name)
    return Member(node.column, collection.name, name)
