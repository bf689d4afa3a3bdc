"""Annotated: the YAML of a config with comments for its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..schema.config import Config
from ..schema.config_yaml import ConfigPath, parse_document


def annotated(config: Config, comments: Mapping[ConfigPath, str], head: Sequence[str] = ()) -> str:
    """Return the YAML of a config, with comments that leave its meaning as it is.

    Args:
        config: What is written.
        comments: By the path of the value they stand behind.
        head: Lines of comment above all else.
    """
    text = config.to_yaml()
    lines = text.splitlines()
    places = parse_document(text).lines
    for path, comment in comments.items():
        if path in places:
            lines[places[path] - 1] += f"  # {_one_line(comment)}"
    return "\n".join([*(f"# {_one_line(line)}" for line in head), *lines, ""])


def _one_line(text: str) -> str:
    """What comes from names in a file may hold line breaks or characters that YAML does not take."""
    return "".join(char if char.isprintable() else "?" for char in text)
