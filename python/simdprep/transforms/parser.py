"""Parser: from tokens to the tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ExpressionError, nearest_hint
from .functions import FOREIGN_FUNCTIONS, FUNCTIONS
from .nodes import COMPARISONS, Binary, Call, Index, Lead, Match, Member, Name, Node, Number, Unary
from .tokens import Token, problem, tokenize

#: Deepest nesting of parentheses, calls, signs and powers; what leans to the left has no limit.
MAX_DEPTH = 50

_BINDING = {
    "|": 10, "&": 20, **dict.fromkeys(COMPARISONS, 40), "+": 50, "-": 50, "*": 60, "/": 60, "//": 60, "%": 60, "**": 80,
}  # fmt: skip
_NOT, _SIGN = 30, 70


@dataclass(frozen=True, slots=True)
class _Text:
    """A text, until what it is compared with is known."""

    column: int
    value: str


def parse_tree(text: str, where: str) -> Node:
    """Return the tree of ``text``; ``where`` is the place to name in errors.

    Raises:
        ExpressionError: the text is not an expression; it names the column.
    """
    return _Parser(text, where, tokenize(text, where)).whole()


class _Parser:
    """Reads tokens from left to right; an operator takes what binds tighter than it on its right."""

    def __init__(self, text: str, where: str, tokens: list[Token]) -> None:
        self.text = text
        self.where = where
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.next
        self.position += 1
        return token

    def accept(self, operator: str) -> bool:
        if self.next.kind == "operator" and self.next.text == operator:
            self.position += 1
            return True
        return False

    def error(self, what: str, token: Token, expected: str | None = None, hint: str | None = None) -> ExpressionError:
        got = "the end" if token.kind == "end" else repr(token.text)
        return problem(what, self.text, token.column, self.where, got=got, expected=expected, hint=hint)

    def whole(self) -> Node:
        if self.next.kind == "end":
            raise self.error("expression", self.next, "something to compute")
        root = self.parse(0)
        token = self.next
        if token.kind != "end":
            hint = "an operator such as * or &" if token.kind in ("name", "number") or token.text == "(" else None
            raise self.error("syntax", token, "an operator or the end", hint)
        return root

    def parse(self, binding: int) -> Node:
        """Read an expression whose operators bind tighter than ``binding``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise problem("nesting", self.text, self.next.column, self.where, expected=f"at most {MAX_DEPTH} levels")
        begin = self.next
        left = self.prefix(binding)
        while self.next.kind == "operator" and _BINDING.get(self.next.text, 0) > binding:
            operator = self.advance()
            tightness = _BINDING[operator.text]
            middle = self.next
            right = self.parse(tightness - 1 if operator.text == "**" else tightness)
            left = self.combined(operator, left, right)
            if operator.text in COMPARISONS and self.next.text in COMPARISONS and self.next.kind == "operator":
                raise self.chained(begin, operator, middle)
        self.depth -= 1
        return left

    def combined(self, operator: Token, left: Node, right: Node) -> Node:
        """Return ``left operator right``; a comparison with a text becomes one of its field, ``!=`` the opposite."""
        if isinstance(left, _Text):
            left, right = right, left
        if not isinstance(right, _Text):
            return Binary(operator.column, operator.text, left, right)
        match = self.matched(left, right)
        return match if operator.text == "==" else Unary(operator.column, "~", match)

    def matched(self, node: Node, text: _Text) -> Node:
        """Return ``node == text``; of one entry of a list, the entry of the comparison."""
        if isinstance(node, Index):
            return Index(node.column, self.matched(node.operand, text), node.index)
        if isinstance(node, Name | Member | Lead):
            return Match(node.column, node, text.value)
        got, rule = repr(text.value), "the name of a text field on the other side"
        raise problem("text", self.text, text.column, self.where, got=got, expected=rule)

    def literal(self, token: Token) -> Node:
        """Return a text that ``==`` or ``!=`` stands beside."""
        before, after = self.tokens[self.position - 2] if self.position > 1 else token, self.next
        if not any(beside.kind == "operator" and beside.text in ("==", "!=") for beside in (before, after)):
            hint = f"name == {token.text!r}"
            raise self.error("text", token, "a text field on the other side of == or !=", hint)
        return _Text(token.column, token.text)  # type: ignore[return-value]  # gone when its operator is read

    def chained(self, begin: Token, first: Token, middle: Token) -> ExpressionError:
        second = self.advance()
        after = self.position
        ends = (")", "]", ",", "&", "|", *COMPARISONS)
        depth = 0
        while self.next.kind != "end" and (depth or self.next.text not in ends):
            depth += {"(": 1, ")": -1}.get(self.next.text, 0)
            self.position += 1
        low = self.text[begin.column - 1 : first.column - 1].strip()
        mid = self.text[middle.column - 1 : second.column - 1].strip()
        high = self.text[self.tokens[after].column - 1 : self.next.column - 1].strip()
        hint = f"({low} {first.text} {mid}) & ({mid} {second.text} {high})"
        return self.error("chained comparison", second, "one comparison", hint if high else None)

    def prefix(self, binding: int) -> Node:
        token = self.next
        if token.kind == "operator" and token.text in ("-", "+", "~"):
            self.advance()
            if token.text != "~":
                return Unary(token.column, token.text, self.parse(_SIGN))
            if binding > _NOT:
                rule, hint = "parentheses: ~ binds looser than the operator before it", "(~ ...)"
                raise self.error("syntax", token, rule, hint)
            return Unary(token.column, "~", self.parse(_NOT))
        node = self.primary()
        while self.next.kind == "operator" and self.next.text == "[":
            column = self.advance().column
            node = Index(column, node, self.index())
            if self.next.text == "." and self.next.kind == "operator":
                node = self.member_of(node)
        return node

    def primary(self) -> Node:
        token = self.advance()
        if token.kind == "number":
            return Number(token.column, int(token.text) if token.text.isdigit() else float(token.text))
        if token.kind == "name":
            return self.named(token)
        if token.kind == "text":
            return self.literal(token)
        if token.kind == "operator" and token.text == "(":
            inner = self.parse(0)
            self.close(")", token)
            return inner
        raise self.error("syntax", token, "a name, a number or a parenthesis")

    def named(self, token: Token) -> Node:
        if not token.quoted and self.accept("("):
            return self.call(token)
        if not self.accept("."):
            return Name(token.column, token.text)
        inner = self.field_name()
        if self.next.kind == "operator" and self.next.text == ".":
            raise self.error("syntax", self.next, "object.field: objects do not nest in names", f"{inner.text}.field")
        if token.text == "lead" and not token.quoted:
            return Lead(token.column, inner.text)
        return Member(token.column, token.text, inner.text)

    def field_name(self) -> Token:
        token = self.advance()
        if token.kind != "name":
            raise self.error("syntax", token, "the name of a field")
        return token

    def member_of(self, node: Index) -> Node:
        """Read ``.field`` after ``object[index]``."""
        dot = self.advance()
        if not isinstance(node.operand, Name):
            raise self.error("syntax", dot, "object[0].field or object.field[0]")
        inner = self.field_name()
        return Index(node.column, Member(node.operand.column, node.operand.name, inner.text), node.index)

    def index(self) -> int:
        sign = -1 if self.accept("-") else 1
        token = self.advance()
        if token.kind != "number" or not token.text.isdigit() or int(token.text) >= 2**31:
            raise self.error("index", token, "a whole number, such as 0 for the first")
        self.close("]", token)
        return sign * int(token.text)

    def call(self, token: Token) -> Node:
        function = FUNCTIONS.get(token.text)
        if function is None:
            hint = FOREIGN_FUNCTIONS.get(token.text.lower()) or nearest_hint(token.text, FUNCTIONS)
            raise self.error("unknown function", token, "one of " + ", ".join(FUNCTIONS), hint)
        arguments: list[Node] = []
        if not self.accept(")"):
            arguments.append(self.parse(0))
            while self.accept(","):
                arguments.append(self.parse(0))
            self.close(")", token)
        # How many objects a function takes is seen when it is known which names are objects.
        if not function.fits(len(arguments)) and not (function.objects and arguments):
            hint = f"{token.text}imum(a, b)" if token.text in ("min", "max") and len(arguments) == 2 else None
            got, rule = f"{len(arguments)} arguments", function.signature(token.text)
            raise problem("call", self.text, token.column, self.where, got=got, expected=rule, hint=hint)
        if function.kind == "count" and not isinstance(arguments[0], Name):
            hint = "sum(...) to count where something is true"
            raise problem("num", self.text, token.column, self.where, expected="the name of an object", hint=hint)
        return Call(token.column, token.text, tuple(arguments))

    def close(self, bracket: str, opened: Token) -> None:
        token = self.advance() if self.next.kind != "end" else self.next
        if token.text != bracket or token.kind != "operator":
            raise self.error("syntax", token, f"{bracket!r} for what opens at column {opened.column}")
