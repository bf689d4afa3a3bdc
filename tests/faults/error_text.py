"""The grammar of error texts."""

from __future__ import annotations

import re

_FIRST = re.compile(r"\S.*")
_WHERE = re.compile(r"  in \S.*")
_HINT = re.compile(r"  try \S.*")
_LONG = 1000


def check_text(text: str) -> str:
    """Raise unless a text is one error in the grammar; return it.

    One line of what is wrong, then where (``  in ...``), then what to do (``  try ...``), each at most once.
    """
    lines = text.split("\n")
    assert 1 <= len(lines) <= 3, text
    assert _FIRST.fullmatch(lines[0]), text
    rules = {1: [], 2: [(_WHERE, _HINT)], 3: [(_WHERE,), (_HINT,)]}[len(lines)]
    for line, allowed in zip(lines[1:], rules, strict=True):
        assert any(rule.fullmatch(line) for rule in allowed), text
    if ": got " in lines[0]:
        assert ", expected " in lines[0] or "no memory" in lines[0], text
    for word in ("Traceback", 'File "', "object at 0x", "\t", "\r"):
        assert word not in text, text
    assert all(len(line) <= _LONG for line in lines), text
    return text
