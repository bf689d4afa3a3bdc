"""Console: lines and tables on stdout, notes and errors on stderr.

Colours only on a terminal. What comes from files is stripped of characters that would steer one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from .quantity import several

#: Names or objects shown of a long list unless all are asked for.
SHOWN = 12


def printable(text: str) -> str:
    """Return text with every character that is not for reading, line breaks excepted, replaced by ``?``."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)


def say(text: str = "", *, style: str = "") -> None:
    """Print lines on stdout."""
    _print(sys.stdout, text, style)


def note(text: str, *, style: str = "") -> None:
    """Print lines on stderr."""
    _print(sys.stderr, text, style)


def table(rows: Sequence[Sequence[str]], *, texts: int = 1) -> None:
    """Print rows on stdout as aligned columns.

    Args:
        rows: The first is the head. Columns without any text below the head are left out.
        texts: Columns from the left that are text; the others are numbers, aligned at the right.
    """
    head, *body = [[printable(cell) for cell in row] for row in rows]
    columns = [at for at in range(len(head)) if at < texts or any(row[at] for row in body)]
    widths = {at: max(len(row[at]) for row in (head, *body)) for at in columns}
    for row in (head, *body):
        cells = [row[at].ljust(widths[at]) if at < texts else row[at].rjust(widths[at]) for at in columns]
        say("  ".join(cells).rstrip(), style="bold" if row is head else "")


def shortened(lines: Sequence[str], limit: int | None) -> list[str]:
    """Return lines of the form ``what: name, name, ...`` with long lists cut, and so the lines themselves.

    Args:
        lines: What was told.
        limit: Names in a line, and lines; ``None`` for all.
    """
    if limit is None:
        return list(lines)
    cut = []
    for line in lines[: limit if len(lines) > limit + 1 else None]:
        what, colon, names = line.rpartition(": ")
        cut.append(what + colon + several(names.split(", "), limit))
    return cut + ([f"and {len(lines) - limit:,} more lines; --verbose shows them"] if len(cut) < len(lines) else [])


def _print(stream: TextIO, text: str, style: str) -> None:
    text = printable(text)
    if style and stream.isatty():
        from rich.console import Console
        from rich.text import Text

        Console(file=stream, soft_wrap=True).print(Text(text, style))
    else:
        stream.write(text + "\n")


def allow_any_text() -> None:
    """Let streams of a narrower encoding show ``?`` for what they cannot."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
