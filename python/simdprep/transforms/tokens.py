"""Token: what the text of an expression is cut into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..errors import ExpressionError

#: Longest expression; a longer one is a mistake or an attack, and everything below stays quick.
MAX_LENGTH = 10_000

Kind = Literal["number", "name", "text", "operator", "end"]

_KINDS: dict[str, Kind] = {"number": "number", "name": "name", "operator": "operator"}
_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|`(?P<quoted>[^`]+)`"
    r"|\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<foreign>&&|\|\||<>|=(?!=)|!(?!=)|\^)"
    r"|(?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>&|~()\[\],.])"
    r"|(?P<end>\Z)"
    r")"
)
#: Operators of other languages, and what they are called here.
_FOREIGN = {"&&": "&", "||": "|", "!": "~", "=": "==", "<>": "!=", "^": "** for a power"}
_WORDS = {"and": "&", "or": "|", "not": "~"}
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Token:
    """A number, name, text or operator.

    Attributes:
        kind: What it is; ``end`` stands after the last one.
        text: The operator, name or text, without quotes; as written for a number.
        column: Where it starts, from 1.
        quoted: True for a name in backticks, which is never a word of the language.
    """

    kind: Kind
    text: str
    column: int
    quoted: bool = False


def tokenize(text: str, where: str) -> list[Token]:
    """Cut ``text`` into tokens, ``end`` last; ``and``, ``or``, ``not`` become ``&``, ``|``, ``~``.

    Raises:
        ExpressionError: a character that starts no token, or too long a text.
    """
    if len(text) > MAX_LENGTH:
        got, rule = f"{len(text)} characters", f"at most {MAX_LENGTH}"
        raise ExpressionError("expression", got=got, expected=rule, where=where)
    tokens: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unknown_character(text, position, where)
        kind = match.lastgroup
        assert kind is not None
        column = match.start(kind) + 1
        word = match[kind]
        position = match.end()
        if kind == "foreign":
            raise problem("operator", text, column, where, got=repr(word), hint=_FOREIGN[word])
        if kind == "number":
            _check_number(text, word, column, position, where)
        if kind == "name" and word in _WORDS:
            tokens.append(Token("operator", _WORDS[word], column))
        elif kind == "quoted":
            tokens.append(Token("name", word, column - 1, quoted=True))
        elif kind in ("single", "double"):
            tokens.append(Token("text", word, column - 1))
        elif kind != "end":
            tokens.append(Token(_KINDS[kind], word, column))
        else:
            tokens.append(Token("end", "", len(text.rstrip()) + 1))
            return tokens


def problem(
    what: str,
    text: str,
    column: int,
    where: str,
    *,
    got: str | None = None,
    expected: str | None = None,
    hint: str | None = None,
) -> ExpressionError:
    """Return the error about what stands at ``column`` (from 1) of ``text``; a long text is shown in part."""
    begin = max(0, column - 41) if len(text) > 100 else 0
    stop = min(len(text), begin + 80) if len(text) > 100 else len(text)
    shown = ("..." if begin else "") + text[begin:stop] + ("..." if stop < len(text) else "")
    place = f"{where}, column {column} of {shown!r}"
    return ExpressionError(what, got=got, expected=expected, where=place, hint=hint)


def _check_number(text: str, word: str, column: int, position: int, where: str) -> None:
    tail = re.compile(r"[\w.]+").match(text, position)
    if tail is not None:
        got = repr(word + tail[0])
        hint = "the number alone: expressions have no units" if tail[0].isalpha() else None
        raise problem("number", text, column, where, got=got, expected="digits", hint=hint)
    if word.isdigit() and (len(word) > 19 or int(word) > _LARGEST):
        rule, hint = "a whole number below 2**63", f"{word[:20]}.0 for a floating number"
        raise problem("number", text, column, where, got=word[:40], expected=rule, hint=hint)


def _unknown_character(text: str, position: int, where: str) -> ExpressionError:
    while text[position].isspace():
        position += 1
    char = text[position]
    hint = None
    if char in "'\"":
        hint = "a closing quote"
    elif char == "`":
        hint = "a closing backtick"
    rule = "a name, a number or an operator"
    return problem("character", text, position + 1, where, got=repr(char), expected=rule, hint=hint)
