"""Argument: checks of what users pass, with one wording for all."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import ConfigError, nearest_hint


def check_integer(what: str, value: object, *, least: int | None = None, where: str = "Loader") -> None:
    """Refuse what is no integer, or less than ``least``.

    Raises:
        ConfigError: naming ``what``.
    """
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_integer or (least is not None and value < least):  # type: ignore[operator]
        rule = "an integer" if least is None else f"an integer of at least {least}"
        raise ConfigError(what, got=repr(value), expected=rule, where=where)


def check_choice(what: str, value: object, known: Iterable[str | None], *, where: str = "Loader") -> None:
    """Refuse what is none of the ``known`` names.

    Raises:
        ConfigError: naming ``what``, and the nearest of the names.
    """
    known = tuple(known)
    if value not in known:
        names = [str(name) for name in known]
        hint = nearest_hint(str(value), names)
        raise ConfigError(what, got=repr(value), expected=" or ".join(names), where=where, hint=hint)
