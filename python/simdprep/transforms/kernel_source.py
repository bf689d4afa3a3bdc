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
from simdprep.transforms.fused_functions import (
    delta_phi, float_floor_divide, float_remainder, int_floor_divide, int_power, int_remainder,
)
"""


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

    def text(self, depth: int = 1) -> Iterator[str]:
        """Give the lines, indented."""
        yield "    " * depth + self.header
        if not self.lines:
            yield "    " * (depth + 1) + "pass"
        for line in self.lines:
            if isinstance(line, Block):
                yield from line.text(depth + 1)
            else:
                yield "    " * (depth + 1) + line


def kernel_text(arguments: list[str], block: Block) -> str:
    """Return the module that defines ``kernel``."""
    return "\n".join([_HEAD, "", f"def kernel({', '.join(arguments)}):", *block.text(), ""])
