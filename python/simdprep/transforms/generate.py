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
from .kernel_source import AT_ONCE, Block, Loops, kernel_text
from .nodes import Binary, Call, Index, Lead, Match, Member, Name, Node, Number, Unary, operands
from .operations import Term, Unfusable, binary, call, cast, choose, unary
from .probe import Kind, Probe
from .scope import Scope

MAX_DEPTH = 100
_MASK = np.dtype(bool)

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


@dataclass(frozen=True)
class Lifted:
    """A value of a level above that is written once per entry: ``text`` gives it there."""

    name: str
    dtype: np.dtype[Any]
    text: str


@dataclass
class _Generator:
    expression: Expression
    scope: Scope
    probe: Probe
    steps: list[str] = field(default_factory=list)
    fields: dict[tuple[str, str, str | None], int] = field(default_factory=dict)
    lifted: dict[tuple[str, str], Lifted] = field(default_factory=dict)
    sliced: dict[str, None] = field(default_factory=dict)
    loops: dict[tuple[int, Path], tuple[Block, Block]] = field(default_factory=dict)
    names: int = 0

    def __post_init__(self) -> None:
        self.own = Block(self.scope.path, "for j in range(stop - base):", "j")

    def whole(self) -> Generated:
        depth = len(self.scope.path)
        chain = [Block((), "for k in range(first, last):", "k")]
        for level in range(1, depth):
            chain.append(self.loop(chain[-1], self.scope.path[:level]))
        chain = [*chain, self.own] if depth else [self.own]
        kind = self.probe.kinds[id(self.expression.root)]
        assert kind.dtype is not None
        result = self.operand(self.expression.root, chain, self.own)
        self.own.lines.append(f"{self.array('out', self.own)}[j] = {cast(result, kind.dtype)}")
        if result.missing is not None:
            self.own.lines.append(f"{self.array('missing', self.own)}[j] = {result.missing}")
        borders = [self.offsets(step) for step in self.scope.path]
        if self.lifted:
            self.fill(chain[-2])
        for outer, inner in pairwise(chain[:-1]):
            outer.lines.append(inner)
        fields = [(*key, self.probe.may_miss(*key)) for key in self.fields]
        arguments = ["begin", "end", *(f"offsets_{index}" for index in range(len(self.steps)))]
        for index, (*_, may_miss) in enumerate(fields):
            arguments += [f"field_{index}", f"missing_{index}"] if may_miss else [f"field_{index}"]
        buffers = {lifted.name: str(lifted.dtype) for lifted in self.lifted.values()}
        loops = Loops(chain[0] if buffers else None, self.own, buffers, list(self.sliced), borders)
        types = ["int64", "int64", *("int64[:]" for _ in self.steps)]
        for name, entry, text, may_miss in fields:
            types += [f"{self.probe.dtype(name, entry, text)}[:]"] + ["bool[:]"] * may_miss
        source = kernel_text([*arguments, "out", "missing"], [*types, f"{kind.dtype}[:]", "bool[:]"], loops)
        return Generated(source, self.steps, fields, kind.dtype, result.missing is not None)

    def array(self, name: str, block: Block) -> str:
        """Return the name of an array in ``block``; the own one indexes it from the first entry of its run."""
        if block is not self.own:
            return name
        self.sliced.setdefault(name)
        return f"{name}_run"

    def operand(self, node: Node, chain: list[Block], consumer: Block) -> Term:
        """Return the term of ``node`` for use in ``consumer``.

        A value of a level above the expression's own, used in the loop of that or below, goes there by a buffer: the
        loop is one over the entries of many lists.
        """
        kind = self.probe.kinds[id(node)]
        depth = len(self.scope.path)
        term = self.term(node, chain)
        inside = len(chain) > depth and chain[depth] is self.own and len(consumer.path) >= depth
        if term.dtype is None or not inside or len(kind.path) >= depth:
            return term
        key = (term.text, str(term.dtype))
        value = self.lifted.setdefault(key, Lifted(f"lifted_{len(self.lifted)}", term.dtype, term.text))
        missing = None
        if term.missing is not None:
            mask = (term.missing, "bool")
            missing = self.lifted.setdefault(mask, Lifted(f"lifted_{len(self.lifted)}", _MASK, term.missing))
        return Term(f"{value.name}[j]", term.dtype, None if missing is None else f"{missing.name}[j]")

    def fill(self, outer: Block) -> None:
        """Write what the loop of the level above lifts, for each entry of a list.

        Always for ``AT_ONCE`` of them, without a branch: what is too much, the next list writes over.
        """
        offsets = self.offsets(self.scope.path[-1])
        begin, end = f"{offsets}[{outer.index}]", f"{offsets}[{outer.index} + 1]"
        outer.lines.append(f"place = uint64({begin} - base)")
        rest = Block((), f"for slot in range(place + uint64({AT_ONCE}), uint64({end} - base)):", "slot")
        for lifted in self.lifted.values():
            value = self.new()
            outer.lines.append(f"{value} = {lifted.text}")
            store: list[str | Block] = [f"{lifted.name}[place + uint64(slot)] = {value}"]
            outer.lines.append(Block((), f"for slot in range({AT_ONCE}):", "slot", store))
            rest.lines.append(f"{lifted.name}[slot] = {value}")
        outer.lines.append(Block((), f"if {end} - {begin} > {AT_ONCE}:", "", [rest]))

    def new(self, prefix: str = "v") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def offsets(self, step: str) -> str:
        if step not in self.steps:
            self.steps.append(step)
        return f"offsets_{self.steps.index(step)}"

    def loop(self, outer: Block, path: Path) -> Block:
        """Return the loop over the entries of ``path`` that belong to the one ``outer`` is at."""
        offsets, index = self.array(self.offsets(path[-1]), outer), self.new("k")
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
                return self.stored(node, block)
            case Lead() | Match():
                return self.lead(node, chain)
            case Index(operand=operand, index=index):
                return self.entry(operand, index, chain[: len(kind.path) + 1], kind)
            case Call(function="num", arguments=(Name(name=name),)):
                offsets = self.array(self.offsets(self.scope.catalog[name].path[-1]), block)
                return Term(f"({offsets}[{block.index} + 1] - {offsets}[{block.index}])", np.dtype(np.int64))
            case Call(function=function) if FUNCTIONS[function].kind == "list":
                return self.reduced(function, node.arguments[0], chain[: len(kind.path) + 1], kind.dtype)
            case _:
                return self.assigned(self.computed(node, chain, block, kind.dtype), block, kind.dtype)

    def computed(self, node: Node, chain: list[Block], block: Block, dtype: np.dtype[Any]) -> Term:
        terms = [self.operand(operand, chain, block) for operand in operands(node)]
        match node:
            case Unary(operator=sign):
                return unary(sign, terms[0], dtype)
            case Binary(operator=sign):
                return binary(sign, terms[0], terms[1], dtype)
            case Call(function="where"):
                return choose(terms[0], terms[1], terms[2], dtype)
            case Call(function=function):
                return call(function, terms, dtype, vectors=block is self.own)
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

    def stored(self, node: Name | Member | Lead | Match, block: Block) -> Term:
        """Return the field of an object at the entry that ``block`` is at."""
        key = (*self.scope.resolve(self.expression, node), node.text if isinstance(node, Match) else None)
        number = self.fields.setdefault(key, len(self.fields))
        missing = None
        if self.probe.may_miss(*key):
            missing = f"{self.array(f'missing_{number}', block)}[{block.index}]"
        return Term(f"{self.array(f'field_{number}', block)}[{block.index}]", self.probe.dtype(*key), missing)

    def lead(self, node: Lead | Match, chain: list[Block]) -> Term:
        """Write ``lead.field``; in an empty list of an event's own nothing is there that could ask for it."""
        name, _ = self.scope.resolve(self.expression, node)
        path = self.scope.catalog[name].path
        kind = self.probe.kinds[id(node)]

        def inner(first: Block) -> Term:
            return self.stored(node, first)

        found = self.picked(path, 0, chain[: len(path)], inner, kind)
        return found if kind.may_miss else Term(found.text, found.dtype)

    def entry(self, operand: Node, index: int, chain: list[Block], kind: Kind) -> Term:
        """Write ``operand[index]``, missing where the list is shorter."""
        path = self.probe.kinds[id(operand)].path
        return self.picked(path, index, chain, operand, kind)

    def picked(
        self, path: Path, index: int, chain: list[Block], operand: Node | Callable[[Block], Term], kind: Kind
    ) -> Term:
        outer, offsets = chain[-1], self.array(self.offsets(path[-1]), chain[-1])
        position, value, missing = self.new("k"), self.new(), self.new("m")
        begin, end = f"{offsets}[{outer.index}]", f"{offsets}[{outer.index} + 1]"
        assert kind.dtype is not None
        outer.lines += [
            f"{position} = {begin} + {index}" if index >= 0 else f"{position} = {end} - {-index}",
            f"{value} = {cast(Term('', None, number=0), kind.dtype)}",
            f"{missing} = True",
        ]
        block = Block(path, f"if {begin} <= {position} and {position} < {end}:", position)
        term = operand(block) if callable(operand) else self.term(operand, [*chain, block])
        block.lines += [f"{value} = {cast(term, kind.dtype)}", f"{missing} = {term.missing or 'False'}"]
        outer.lines.append(block)
        return Term(value, kind.dtype, missing)

    def reduced(self, function: str, operand: Node, chain: list[Block], dtype: np.dtype[Any]) -> Term:
        """Reduce the innermost list of ``operand`` in a loop; ``max`` and ``min`` of an empty one are missing.

        Reductions of one list share a loop, unless one needs the result of another.
        """
        outer, path, value = chain[-1], self.probe.kinds[id(operand)].path, self.new()
        _, known = self.loops.get((id(outer), path), (outer, None))
        block = self.loop(outer, path) if known is None else Block(path, known.header, known.index)
        before = [len(above.lines) for above in chain]
        term = self.term(operand, [*chain, block])
        shared = known is not None and before == [len(above.lines) for above in chain]
        there = Block(path, f"if not {term.missing}:", block.index) if term.missing else block
        if function in ("max", "min"):
            missing = self.new("m")
            begin = [f"{value} = {_bound(function, dtype)}", f"{missing} = True"]
            item, sign = self.new(), ">=" if function == "max" else "<="
            there.lines += [
                f"{item} = {cast(term, dtype)}",
                # NaN stays: no comparison with it is true, and it is not equal to itself. A choice, not a branch.
                f"{value} = {value} if ({value} {sign} {item}) | ({value} != {value}) else {item}",
                f"{missing} = False",
            ]
            result = Term(value, dtype, missing)
        elif function == "sum":
            wide = np.dtype(np.float64) if dtype.kind == "f" else dtype
            begin = [f"{value} = {cast(Term('', None, number=0), wide)}"]
            there.lines.append(f"{value} += {cast(term, wide)}")
            result = Term(cast(Term(value, wide), dtype), dtype)
        else:
            begin = [f"{value} = {function == 'all'}"]
            test = cast(term, np.dtype(bool))
            there.lines += [f"if {'' if function == 'any' else 'not '}{test}:", f"    {value} = {function == 'any'}"]
            result = Term(value, dtype)
        if there is not block:
            block.lines.append(there)
        if known is not None and shared:
            at = next(index for index, line in enumerate(outer.lines) if line is known)
            outer.lines[at:at] = begin
            known.lines += block.lines
        else:
            outer.lines += [*begin, block]
            self.loops[id(outer), path] = outer, block
        return result


def _bound(function: str, dtype: np.dtype[Any]) -> str:
    """Return what no number of a dtype is below (``max``), or above (``min``)."""
    number: bool | int | float = function == "min"
    if dtype.kind == "f":
        number = -np.inf if function == "max" else np.inf
    elif dtype.kind in "iu":
        number = int(np.iinfo(dtype).min if function == "max" else np.iinfo(dtype).max)
    return cast(Term("", None, number=number), dtype)
