"""Every error simdprep raises, and the one grammar their texts follow.

The grammar, shared with the C++ core::

    <what>: got <value>, expected <rule>
      in <file : tree/object/field, entry range, or config path>
      try <one action>
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class SimdprepError(Exception):
    """Base of all errors of simdprep.

    Args:
        what: What is wrong; ``got`` and ``expected`` complete the first line when given.
        got: The offending value, shown with ``repr`` unless it is a string made for reading.
        expected: The rule the value broke.
        where: File, tree, object, field, entry range or config path.
        hint: One action that would help; printed after ``try``.

    Attributes:
        exit_code: What the command line exits with: 1 bad input or config, 2 our bug,
            4 disk or memory exhausted.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        what: str,
        *,
        got: object | None = None,
        expected: str | None = None,
        where: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.where = where
        self.hint = hint
        super().__init__(compose(what, got=got, expected=expected, where=where, hint=hint))


class ConfigError(SimdprepError):
    """A YAML key, value or command-line option is wrong."""


class SchemaError(SimdprepError):
    """A schema breaks a rule of the format, or data does not fit its schema."""


class AlignmentError(SchemaError):
    """Datasets that share rows were given different numbers of them."""


class ExpressionError(SimdprepError):
    """An expression does not parse, or names something that is not there."""


class InputError(SimdprepError):
    """An input file, tree or branch cannot be read."""


class TransientError(InputError):
    """Reading failed for a reason that may be gone on the next try: a server or network that does not answer."""


class DatasetError(SimdprepError):
    """A simdprep dataset is damaged, incomplete or of another version."""


class OutputError(SimdprepError):
    """The output exists, is locked, or cannot be written."""


class ResourceError(SimdprepError):
    """Disk or memory is exhausted."""

    exit_code: ClassVar[int] = 4


class InternalError(SimdprepError):
    """A mistake of simdprep itself."""

    exit_code: ClassVar[int] = 2


class SimdprepWarning(UserWarning):
    """Something was changed on the user's behalf, such as entries truncated; once per dataset, with counts."""


def compose(
    what: str,
    *,
    got: object | None = None,
    expected: str | None = None,
    where: str | None = None,
    hint: str | None = None,
) -> str:
    """Put an error's parts into the grammar of this module; returns at most three lines."""
    first = what
    if got is not None:
        first += f": got {got}"
    if expected is not None:
        first += f", expected {expected}" if got is not None else f": expected {expected}"
    lines = [first]
    if where:
        lines.append(f"  in {where}")
    if hint:
        lines.append(f"  try {hint}")
    return "\n".join(lines)


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Return up to ``count`` names of ``known`` that look like ``name``, best first."""
    names = [str(entry) for entry in known]
    close = difflib.get_close_matches(name, names, n=count, cutoff=0.5)
    folded = {entry.casefold(): entry for entry in names}
    if name.casefold() in folded and folded[name.casefold()] not in close:
        close.insert(0, folded[name.casefold()])
    return close[:count]


def nearest_hint(name: str, known: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """Return the text after ``try`` for an unknown name: its nearest known names, or ``otherwise``."""
    close = nearest(name, known)
    if close:
        return " or ".join(close)
    return otherwise
