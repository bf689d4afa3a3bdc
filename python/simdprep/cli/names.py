"""Names: the values of options that list some, such as ``--objects Jet,Muon``."""

from __future__ import annotations

from ..errors import ConfigError


def parse_names(option: str, text: str | None) -> list[str] | None:
    """Read names separated by commas; ``None`` stays so.

    Raises:
        ConfigError: there is no name, or an empty one.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise ConfigError(option, got=repr(text), expected="names separated by commas", hint="Jet,Muon")
    return names
