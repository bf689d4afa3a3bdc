"""Includes: the parts of a config that lie in other files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .config_errors import shown
from .config_yaml import ConfigPath, Document, read_document

#: Key of the files to include: a path or a list, relative to the file it stands in.
INCLUDE = "include"


def with_includes(document: Document, above: tuple[Path, ...] = ()) -> Document:
    """Return ``document`` with what it includes in place of the key ``include``.

    Later files replace values of earlier ones, and the document those of all; mappings are joined, lists are not.

    Args:
        document: As read.
        above: The files that led here.

    Raises:
        ConfigError: a file cannot be read, is no mapping, or includes itself.
    """
    if not isinstance(document.data, dict) or INCLUDE not in document.data:
        return document
    mine = dict(document.data)
    wanted = mine.pop(INCLUDE)
    names = [wanted] if isinstance(wanted, str) else [] if wanted is None else wanted
    where = document.where((INCLUDE,))
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(INCLUDE, got=shown(wanted), expected="a path or a list of paths", where=where)
    here = Path(document.name) if document.name else None
    chain = (*above, here.resolve()) if here is not None else above
    data: dict[str, Any] = {}
    lines: dict[ConfigPath, int] = {}
    files: dict[ConfigPath, str] = {}
    for name in names:
        path = Path(name) if here is None else here.parent / name
        if path.resolve() in chain:
            rule = "a file that does not lead back to itself"
            raise ConfigError(INCLUDE, got=repr(name), expected=rule, where=where)
        if not path.is_file():
            raise ConfigError(INCLUDE, got=repr(name), expected="a YAML file", where=where)
        found = with_includes(read_document(path), chain)
        if found.data is None:
            continue
        if not isinstance(found.data, dict):
            raise ConfigError("config", got=shown(found.data), expected="a mapping", where=found.where(()))
        _join(data, found.data)
        lines.update(found.lines)
        files.update({place: found.files.get(place, found.name) for place in found.lines})
    _join(data, mine)
    lines.update(document.lines)
    for place in document.lines:
        files.pop(place, None)
    return replace(document, data=data, lines=lines, files=files)


def _join(data: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        old = data.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            data[key] = dict(old)
            _join(data[key], value)
        else:
            data[key] = value
