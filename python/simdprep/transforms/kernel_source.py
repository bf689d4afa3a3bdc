"""Block: the text of a generated loop, and the loops within it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .catalog import Path

_HEAD = """\
import math
import numpy as np
from numpy import (
    float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64,
)
from simdprep.transforms.fused_four_vectors import energy, eta, mass, phi, pt, px, py, pz, rapidity
from simdprep.transforms.fused_functions import (
    delta_phi, delta_phi_single, exp_single, float_floor_divide, float_remainder, hypot_single, int_floor_divide,
    int_power, int_remainder, log_single,
)
"""

#: Entries that are computed in one loop; a longer list makes its run longer.
RUN = 1024

#: Entries that a value of the level above is written for at once; the buffers have room for as many more.
AT_ONCE = 16


@dataclass
class Block:
    """A loop over the entries of one level.

    Attributes:
        path: The level.
        header: Its ``for`` or ``if``; empty for what is on its own.
        index: Name of the variable that says which entry of the level this is.
        lines: What is done for an entry, in order.
    """

    path: Path
    header: str
    index: str
    lines: list[str | Block] = field(default_factory=list)

    def text(self, depth: int) -> Iterator[str]:
        """Give the lines, indented."""
        yield "    " * depth + self.header
        if not self.lines:
            yield "    " * (depth + 1) + "pass"
        for line in self.lines:
            if isinstance(line, Block):
                yield from line.text(depth + 1)
            else:
                yield "    " * (depth + 1) + line


@dataclass(frozen=True)
class Loops:
    """The loops of a kernel.

    Attributes:
        outer: Over events, for what is computed above the expression's own level; ``None`` where nothing is.
        own: Over the entries of the own level, of all events of a run.
        buffers: What ``outer`` writes for ``own``: dtype by name, one value per entry of a run.
        sliced: Arrays that ``own`` reads and writes, from its first entry on.
        borders: Offsets of each list on the way from the event to the own level.
    """

    outer: Block | None
    own: Block
    buffers: dict[str, str]
    sliced: list[str]
    borders: list[str]

    def entry(self, event: str) -> str:
        """Return where the entries of an event begin."""
        for offsets in self.borders:
            event = f"{offsets}[{event}]"
        return event


def kernel_text(arguments: list[str], types: list[str], loops: Loops) -> str:
    """Return the module that defines ``kernel`` and ``TYPES``, those of its arguments.

    Where values of the levels above are needed it goes through the events in runs of so many entries that the
    buffers stay in the cache; each run is one loop over all its entries, which the compiler can turn into vectors.
    """
    slices: list[str | Block] = [
        f"{name}_run = {name}[base:{'stop + 1' if name.startswith('offsets') else 'stop'}]" for name in loops.sliced
    ]
    if loops.outer is None:
        borders = [f"base = {loops.entry('begin')}", f"stop = {loops.entry('end')}"]
        lines = [*borders, *slices, loops.own]
    else:
        run = Block((), "while first < end:", "")
        run.lines += [f"base = {loops.entry('first')}", "last = first + 1"]
        run.lines.append(
            Block((), f"while last < end and {loops.entry('last + 1')} - base <= size:", "", ["last += 1"])
        )
        run.lines += [f"stop = {loops.entry('last')}", *slices, loops.outer, loops.own, "first = last"]
        longest = f"size = max(size, {loops.entry('k + 1')} - {loops.entry('k')})"
        lines = [f"size = {RUN}", Block((), "for k in range(begin, end):", "k", [longest])]
        for name, dtype in loops.buffers.items():
            lines.append(f"{name} = np.empty(size + {AT_ONCE}, {'np.bool_' if dtype == 'bool' else dtype})")
        lines += ["first = begin", run]
    whole = Block((), f"def kernel({', '.join(arguments)}):", "", lines)
    return "\n".join([_HEAD, f"TYPES = {types!r}", "", "", *whole.text(0), ""])
