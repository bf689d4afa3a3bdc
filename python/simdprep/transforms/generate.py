"""Generate: the source of the loop that computes an expression.

Values of one level are computed in the loop over that level's entries; a list is reduced by a loop of its own
in the loop of the level above. Every operation is done in the dtype that numpy would do it in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from .catalog import Path
from .expressions import Expression
from .functions import FUNCTIONS
from .kernel_source import Block, kernel_text
from .levels import Scope
from .nodes import Binary, Call, Index, Lead, Match, Member, Name, Node, Number, Unary
from .operations import Term, Unfusable, binary, call, cast, choose, unary
from .probe import Kind, Probe

MAX_DEPTH = 100

__all__ = ["MAX_DEPTH", "Generated", "Unfusable", "generate"]


@dataclass(frozen=True)
class Generated:
    """A kernel, and what to call it with.

    Attributes:
        source: Text of the module that defines it.
        steps: The lists whose offsets it takes.
        fields: Then ``(object, field, text, may miss)``: values, or where they are the text; and a mask where
            some may be missing.
        dtype: Of the result.
        may_miss: True where it writes a mask.
    """

    source: str
    steps: list[str]
    fields: list[tuple[str, str, str | None, bool]]
    dtype: np.dtype[Any]
    may_miss: bool


def generate(expression: Expression, scope: Scope, probe: Probe) -> Generated:
    """Return the kernel of an expression that was probed.

    Raises:
        Unfusable: compiled code would not give the same as numpy.
    """
    return _Generator(expression, scope, probe).whole()


@dataclass
class _Generator:
    expression: Expression
    scope: Scope
    probe: Probe
    steps: list[str] = field(default_factory=list)
    fields: dict[tuple[str, str, str | None], int] = field(default_factory=dict)
    names: int = 0

    def whole(self) -> Generated:
        root = Block((), "for k in range(begin, end):", "k")
        chain = [root]
        for depth in range(1, len(self.scope.path) + 1):
            chain.append(self.loop(chain[-1], self.scope.path[:depth]))
        kind = self.probe.kinds[id(self.expression.root)]
        result = self.term(self.expression.root, chain)
        innermost = chain[-1]
        assert kind.dtype is not None
        innermost.lines.append(f"out[{innermost.index}] = {cast(result, kind.dtype)}")
        if result.missing is not None:
            innermost.lines.append(f"missing[{innermost.index}] = {result.missing}")
        for outer, inner in pairwise(chain):
            outer.lines.append(inner)
        arguments = ["begin", "end", *(f"offsets_{index}" for index in range(len(self.steps)))]
        fields = [(*key, self.probe.may_miss(*key)) for key in self.fields]
        for index, (*_, may_miss) in enumerate(fields):
            arguments += [f"field_{index}", f"missing_{index}"] if may_miss else [f"field_{index}"]
        source = kernel_text([*arguments, "out", "missing"], root)
        return Generated(source, self.steps, fields, kind.dtype, result.missing is not None)

    def new(self, prefix: str = "v") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def offsets(self, step: str) -> str:
        if step not in self.steps:
            self.steps.append(step)
        return f"offsets_{self.steps.index(step)}"

    def loop(self, outer: Block, path: Path) -> Block:
        """Return the loop over the entries of ``path`` that belong to the one ``outer`` is at."""
        offsets, index = self.offsets(path[-1]), self.new("k")
        return Block(path, f"for {index} in range({offsets}[{outer.index}], {offsets}[{outer.index} + 1]):", index)

    def term(self, node: Node, chain: list[Block]) -> Term:
        """Write what computes ``node`` to the loop of its level; return the name of its value there."""
        kind = self.probe.kinds[id(node)]
        if kind.dtype is None:
            assert kind.number is not None
            return Term("", None, number=kind.number)
        if kind.dtype == np.float16:
            raise Unfusable
        block = chain[len(kind.path)]
        match node:
            case Name() | Member() | Match(field=Name() | Member()):
                return self.stored(node, block.index)
            case Lead() | Match():
                return self.lead(node, chain)
            case Index(operand=operand, index=index):
                return self.entry(operand, index, chain[: len(kind.path) + 1], kind)
            case Call(function="num", arguments=(Name(name=name),)):
                offsets = self.offsets(self.scope.catalog[name].path[-1])
                return Term(f"({offsets}[{block.index} + 1] - {offsets}[{block.index}])", np.dtype(np.int64))
            case Call(function=function) if FUNCTIONS[function].kind == "list":
                return self.reduced(function, node.arguments[0], chain[: len(kind.path) + 1], kind.dtype)
            case _:
                return self.assigned(self.computed(node, chain, kind.dtype), block, kind.dtype)

    def computed(self, node: Node, chain: list[Block], dtype: np.dtype[Any]) -> Term:
        match node:
            case Unary(operator=sign, operand=operand):
                return unary(sign, self.term(operand, chain), dtype)
            case Binary(operator=sign, left=left, right=right):
                return binary(sign, self.term(left, chain), self.term(right, chain), dtype)
            case Call(function="where", arguments=(condition, yes, no)):
                return choose(self.term(condition, chain), self.term(yes, chain), self.term(no, chain), dtype)
            case Call(function=function, arguments=arguments):
                return call(function, [self.term(argument, chain) for argument in arguments], dtype)
            case _:
                assert isinstance(node, Number)
                raise Unfusable

    def assigned(self, term: Term, block: Block, dtype: np.dtype[Any]) -> Term:
        value = self.new()
        block.lines.append(f"{value} = {term.text}")
        missing = term.missing
        if missing is not None and not missing.isidentifier():
            missing = self.new("m")
            block.lines.append(f"{missing} = {term.missing}")
        return Term(value, dtype, missing)

    def stored(self, node: Name | Member | Lead | Match, index: str) -> Term:
        """Return the field of an object at ``index``."""
        key = (*self.scope.resolve(self.expression, node), node.text if isinstance(node, Match) else None)
        number = self.fields.setdefault(key, len(self.fields))
        missing = f"missing_{number}[{index}]" if self.probe.may_miss(*key) else None
        return Term(f"field_{number}[{index}]", self.probe.dtype(*key), missing)

    def lead(self, node: Lead | Match, chain: list[Block]) -> Term:
        """Write ``lead.field``; in an empty list of an event's own nothing is there that could ask for it."""
        name, _ = self.scope.resolve(self.expression, node)
        path = self.scope.catalog[name].path
        kind = self.probe.kinds[id(node)]

        def inner(first: str) -> Term:
            return self.stored(node, first)

        found = self.picked(path, 0, chain[: len(path)], inner, kind)
        return found if kind.may_miss else Term(found.text, found.dtype)

    def entry(self, operand: Node, index: int, chain: list[Block], kind: Kind) -> Term:
        """Write ``operand[index]``, missing where the list is shorter."""
        path = self.probe.kinds[id(operand)].path
        return self.picked(path, index, chain, operand, kind)

    def picked(
        self, path: Path, index: int, chain: list[Block], operand: Node | Callable[[str], Term], kind: Kind
    ) -> Term:
        outer, offsets = chain[-1], self.offsets(path[-1])
        position, value, missing = self.new("k"), self.new(), self.new("m")
        begin, end = f"{offsets}[{outer.index}]", f"{offsets}[{outer.index} + 1]"
        assert kind.dtype is not None
        outer.lines += [
            f"{position} = {begin} + {index}" if index >= 0 else f"{position} = {end} - {-index}",
            f"{value} = {cast(Term('', None, number=0), kind.dtype)}",
            f"{missing} = True",
        ]
        block = Block(path, f"if {begin} <= {position} and {position} < {end}:", position)
        term = operand(position) if callable(operand) else self.term(operand, [*chain, block])
        block.lines += [f"{value} = {cast(term, kind.dtype)}", f"{missing} = {term.missing or 'False'}"]
        outer.lines.append(block)
        return Term(value, kind.dtype, missing)

    def reduced(self, function: str, operand: Node, chain: list[Block], dtype: np.dtype[Any]) -> Term:
        """Write a loop over the innermost list of ``operand``; ``max`` and ``min`` of an empty one are missing."""
        outer, value = chain[-1], self.new()
        block = self.loop(outer, self.probe.kinds[id(operand)].path)
        term = self.term(operand, [*chain, block])
        there = Block(block.path, f"if not {term.missing}:", block.index) if term.missing else block
        if function in ("max", "min"):
            missing = self.new("m")
            outer.lines += [f"{value} = {cast(Term('', None, number=0), dtype)}", f"{missing} = True"]
            item, sign = self.new(), ">" if function == "max" else "<"
            there.lines += [
                f"{item} = {cast(term, dtype)}",
                # NaN stays: no comparison with it is true, and it is not equal to itself.
                f"if {missing} or {item} {sign} {value} or {item} != {item}:",
                f"    {value} = {item}",
                f"    {missing} = False",
            ]
            result = Term(value, dtype, missing)
        elif function == "sum":
            wide = np.dtype(np.float64) if dtype.kind == "f" else dtype
            outer.lines.append(f"{value} = {cast(Term('', None, number=0), wide)}")
            there.lines.append(f"{value} += {cast(term, wide)}")
            result = Term(cast(Term(value, wide), dtype), dtype)
        else:
            outer.lines.append(f"{value} = {function == 'all'}")
            test = cast(term, np.dtype(bool))
            there.lines += [f"if {'' if function == 'any' else 'not '}{test}:", f"    {value} = {function == 'any'}"]
            result = Term(value, dtype)
        if there is not block:
            block.lines.append(there)
        outer.lines.append(block)
        return result
