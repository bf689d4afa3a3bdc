"""Config paths: ``objects.Jet.fields.eta.dtype``, as keys of ``--set`` and as places in error texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import ConfigError

_PLAIN = re.compile(r"[^\s.\"'\[\]=]+")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def dotted(path: Sequence[str | int]) -> str:
    """Return ``path`` as text: keys joined by dots, quoted where they would not read back, indices in brackets."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        shown = part if _PLAIN.fullmatch(part) else f'"{part}"'
        text += f".{shown}" if text else shown
    return text


def split_key(key: str) -> tuple[str, ...]:
    """Return the parts of a dotted key; a part that contains a dot or a space stands in quotes.

    Raises:
        ConfigError: the key is empty, has an empty part, or a quote that does not close.
    """
    parts: list[str] = []
    position = 0
    while True:
        quoted = _QUOTED.match(key, position)
        plain = _PLAIN.match(key, position)
        if quoted is not None:
            parts.append(quoted[1] if quoted[1] is not None else quoted[2])
            position = quoted.end()
        elif plain is not None:
            parts.append(plain[0])
            position = plain.end()
        else:
            raise _bad_key(key)
        if position == len(key):
            return tuple(parts)
        if key[position] != ".":
            raise _bad_key(key)
        position += 1


def _bad_key(key: str) -> ConfigError:
    return ConfigError(
        "config path",
        got=repr(key),
        expected="names joined by dots, such as objects.Jet.pad",
        where="--set",
        hint='quotes around a name that contains a dot or a space: objects."a.b".pad',
    )
