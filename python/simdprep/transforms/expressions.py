"""Expression: the text of a cut, an order or a derived field, parsed by us into a tree.

The language, loosest binding first::

    |  or        &  and        ~  not        == != < <= > >=  (not chained)
    + -          * / // %      unary - +     **  (to the right)
    numbers   name   object.field   lead.field   object[0].field   object.field[0]   f(x, ...)
    name == "text"   name != "text"

A name in backticks may hold any character. ``&``, ``|`` and ``~`` bind looser than comparisons, so
that ``pt > 20 & abs(eta) < 2.5`` reads as it looks; in parentheses they mean what they mean in numpy.
Nothing is ever handed to ``eval``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import ExpressionError
from .functions import FUNCTIONS
from .nodes import Call, Index, Lead, Match, Member, Name, Node, Number, fold
from .parser import parse_tree
from .tokens import problem

#: What whole objects can stand for.
_FIELDS = ("pt", "eta", "phi", "mass", "m", "energy", "e", "E")


@dataclass(frozen=True)
class Expression:
    """A parsed expression. Two are equal when their texts are.

    Attributes:
        text: As written.
        where: Where it stands, for errors: a config path with its file.
        root: The tree.
    """

    text: str
    where: str = field(default="expression", compare=False)
    root: Node = field(default_factory=lambda: Number(1, 0), compare=False, repr=False)

    def error(
        self, what: str, column: int, *, got: str | None = None, expected: str | None = None, hint: str | None = None
    ) -> ExpressionError:
        """Return the error about what stands at ``column`` (from 1)."""
        return problem(what, self.text, column, self.where, got=got, expected=expected, hint=hint)

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickle, (self.text, self.where)  # a long sum is a tree too deep for pickle


def parse(text: str, *, where: str = "expression") -> Expression:
    """Parse ``text``; ``where`` is the place to name in errors, such as ``objects.Jet.select``.

    Raises:
        ExpressionError: the text is not an expression; it names the column.
    """
    return Expression(text, where, parse_tree(text, where))


def names(expression: Expression) -> frozenset[tuple[str | None, str | None]]:
    """Return the ``(object, field)`` pairs that are named, as written.

    The object is ``None`` for a bare name, ``"lead"`` for ``lead.x``; the field is ``None`` in ``num(object)``.
    A name that may be a whole object, as in ``mass(Jet[0], Jet[1])``, comes with all fields that it could stand for.
    """
    found: set[tuple[str | None, str | None]] = set()

    def visit(node: Node, _: list[None]) -> None:
        match node:
            case Name(name=name) | Match(field=Name(name=name)):
                found.add((None, name))
            case Member(object=name, name=inner) | Match(field=Member(object=name, name=inner)):
                found.add((name, inner))
            case Lead(name=name) | Match(field=Lead(name=name)):
                found.add(("lead", name))
            case Call(function="num", arguments=(Name(name=name),)):
                found.add((name, None))
            case Call(function=function, arguments=arguments) if FUNCTIONS[function].objects:
                for argument in arguments:
                    found.update((_whole(argument), entry) for entry in _FIELDS if _whole(argument) is not None)

    fold(expression.root, visit)
    return frozenset(found)


def _whole(argument: Node) -> str | None:
    """Return the object that an argument of a function of objects names, if it is one."""
    named = argument.operand if isinstance(argument, Index) else argument
    return named.name if isinstance(named, Name) else None


def _unpickle(text: str, where: str) -> Expression:
    return parse(text, where=where)
