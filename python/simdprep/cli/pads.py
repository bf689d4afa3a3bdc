"""Pads: the values of ``--pad``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import ConfigError

_NUMBER = re.compile(r"[+-]?\d+")


def parse_pads(texts: Sequence[str]) -> dict[str, int | str]:
    """Read ``OBJECT=N``, ``OBJECT=p99`` or ``OBJECT=max``; ``*`` stands for all objects not named.

    Returns:
        Rules by object; of two for the same object the last. That they make sense is checked where they are used.

    Raises:
        ConfigError: a text has no object or no rule.
    """
    pads: dict[str, int | str] = {}
    for text in texts:
        name, equals, rule = (part.strip() for part in text.rpartition("="))
        if not (name and equals and rule):
            raise ConfigError(
                "--pad",
                got=repr(text),
                expected="OBJECT=N, OBJECT=p99 or OBJECT=max",
                hint="Jet=10, or '*=max' for all",
            )
        pads[name] = int(rule) if _NUMBER.fullmatch(rule) else rule
    return pads
