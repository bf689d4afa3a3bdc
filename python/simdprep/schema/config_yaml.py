"""YAML text to plain data and back: the one door to PyYAML.

Scalars follow the core schema of YAML 1.2: ``on`` and ``no`` are text, ``1e3`` is a number, and there
are no dates. Tags that make objects are refused, as are duplicate keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError
from .config_path import dotted

#: No config is longer; a longer file is something else given by mistake.
MAX_BYTES = 4 << 20
#: Values a text may stand for once its aliases are followed (a few lines can stand for billions).
MAX_VALUES = 200_000

ConfigPath = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_RESOLVERS: tuple[tuple[str, str, str], ...] = (  # tag, rule, first characters it can have
    ("null", r"(?:~|null|Null|NULL|)", "~nN\0"),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", "tTfF"),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", "-+0123456789"),
    (
        "float",
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))",
        "-+.0123456789",
    ),
)
_HINTS = (  # part of PyYAML's text, what to do about it
    ("'\\t'", "spaces instead of tabs"),
    ("mapping values are not allowed", "quotes around a value that contains a colon"),
    ("could not find expected ':'", "a colon and a space after the key"),
    ("found undefined alias", "quotes around a value that starts with *"),
    ("while scanning an alias", "quotes around a value that starts with *"),
    ("but found another document", "one config per file"),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own attribute


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as above: what is quoted must match what is read

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # PyYAML folds the rarer line breaks (NEL, LS, PS) in plain text, from which they do not come back.
    style = '"' if any(char in text for char in "\r\x85\u2028\u2029\ufeff") else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)

for _name, _rule, _first in _RESOLVERS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            _TAG + _name, re.compile(rf"^{_rule}\Z"), ["" if char == "\0" else char for char in _first]
        )


@dataclass(frozen=True)
class Document:
    """What a YAML text says.

    Attributes:
        data: Plain dicts with text keys, lists and scalars.
        name: The file it came from; empty when it came from none.
        lines: Line (from 1) of each value, by path.
        overridden: Paths that ``--set`` has put in.
        files: File of the values that come from another one than ``name``, by path.
    """

    data: Any
    name: str = field(default="", compare=False)
    lines: Mapping[ConfigPath, int] = field(default_factory=dict, compare=False)
    overridden: frozenset[ConfigPath] = field(default=frozenset(), compare=False)
    files: Mapping[ConfigPath, str] = field(default_factory=dict, compare=False)

    def where(self, path: ConfigPath) -> str:
        """Return ``train.yaml : objects.Jet.pad, line 7``, as far as it is known."""
        if any(path[:depth] in self.overridden for depth in range(1, len(path) + 1)):
            return f"--set : {dotted(path)}"
        place = " : ".join(part for part in (self.files.get(path, self.name), dotted(path)) if part) or "config"
        line = self.lines.get(path)
        return place if line is None else f"{place}, line {line}"


def read_document(path: str | Path) -> Document:
    """Read a YAML file.

    Raises:
        ConfigError: the file is missing, unreadable, too large, not UTF-8, or not plain YAML.
    """
    name = str(path).replace("\0", "\\0")
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError("no such config file", got=repr(name), expected="a YAML file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(
            "config file", got=reason.lower(), expected="a YAML file that can be read", where=name
        ) from None
    if len(raw) > MAX_BYTES:
        rule = f"YAML of at most {MAX_BYTES >> 20} MiB"
        raise ConfigError("config file", got="a larger one", expected=rule, where=name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        got = f"byte 0x{raw[error.start]:02x}"
        raise ConfigError("config file", got=got, expected="UTF-8 text", where=f"{name}, line {line}") from None
    return parse_document(text, name)


def parse_document(text: str, name: str = "") -> Document:
    """Read YAML text; ``name`` is the file to show in errors.

    Raises:
        ConfigError: the text is not plain YAML; it says where.
    """
    loader = None
    try:
        loader = _Loader(text)  # the constructor already refuses some characters
        node = loader.get_single_node()
        if node is None:
            return Document(None, name)
        builder = _Builder(name)
        data = builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        raise _reworded(error, name) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        got = (
            f"character {error.character!r}" if isinstance(error.character, str) else f"character {error.character:#x}"
        )
        raise ConfigError("not YAML", got=got, expected="text", where=_place(name, line)) from None
    except RecursionError:
        raise ConfigError("YAML", got="lists or mappings nested too deep", expected="a config", where=name) from None
    finally:
        if loader is not None:
            loader.dispose()
    return Document(data, name, builder.lines)


def dump(data: Any) -> str:
    """Return plain ``data`` as YAML that :func:`parse_document` reads back to the same."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=110
    )
    return text


class _Builder:
    """Turns PyYAML's nodes into plain data, noting lines and counting values."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[ConfigPath, int] = {}
        self.open: set[int] = set()
        self.values = 0

    def build(self, node: yaml.Node, path: ConfigPath) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        self.values += 1
        if self.values > MAX_VALUES or id(node) in self.open:
            got = "an alias of what it stands in" if id(node) in self.open else "aliases of aliases"
            rule = f"at most {MAX_VALUES} values"
            raise ConfigError("YAML", got=got, expected=rule, where=_place(self.name, line))
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        self.open.add(id(node))
        result: Any
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            result = [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            result = self.mapping(node, path)
        else:
            raise self.bad_tag(node)
        self.open.discard(id(node))
        return result

    def mapping(self, node: yaml.MappingNode, path: ConfigPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.build(key_node, path) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                got = repr(key) if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
                hint = f"quotes: {str(key)!r}" if isinstance(key_node, yaml.ScalarNode) and key is not None else None
                where = Document(None, self.name, {path: line}).where(path)
                raise ConfigError("key", got=got, expected="text", where=where, hint=hint)
            if key in result:
                where = Document(None, self.name, {(*path, key): line}).where((*path, key))
                first = self.lines[(*path, key)]
                raise ConfigError(
                    "duplicate key",
                    got=repr(key),
                    expected=f"each key once (first on line {first})",
                    where=where,
                )
            result[key] = self.build(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return result

    def scalar(self, node: yaml.ScalarNode, path: ConfigPath) -> Any:
        text: str = node.value
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return text
        if kind == "null":
            return None
        try:
            if kind == "bool":
                return {"true": True, "false": False}[text.lower()]
            if kind == "int":
                return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
            if kind == "float":
                return float(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.lower()))
        except (ValueError, KeyError):  # more digits than Python reads, or a tag that does not fit its text
            where = Document(None, self.name, self.lines).where(path)
            shown = repr(text if len(text) <= 40 else text[:37] + "...")
            raise ConfigError("value", got=shown, expected=f"a YAML {kind}", where=where) from None
        raise self.bad_tag(node)

    def bad_tag(self, node: yaml.Node) -> ConfigError:
        shown = node.tag.replace(_TAG, "!!")
        where = _place(self.name, node.start_mark.line + 1)
        return ConfigError("YAML tag", got=repr(shown), expected="plain text, numbers, lists and mappings", where=where)


def _reworded(error: yaml.MarkedYAMLError, name: str) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    where = name if mark is None else f"{_place(name, mark.line + 1)}, column {mark.column + 1}"
    said = " ".join(part for part in (error.context, error.problem) if part)
    hint = next((action for part, action in _HINTS if part in said), None)
    problem = error.problem or said
    found = re.fullmatch(r"(?:expected (.*), )?but (?:found|got) (.*)", problem)
    expected, got = (found[1] or "YAML", found[2]) if found else ("YAML", problem.removeprefix("found "))
    return ConfigError("not YAML", got=got, expected=expected, where=where, hint=hint)


def _place(name: str, line: int) -> str:
    return f"{name}, line {line}" if name else f"line {line}"
