"""Strings as int32 codes, in order of first appearance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from ..schema.field import MAX_CATEGORIES


class Categories:
    """The strings of one field met so far; a string's position is its code.

    Args:
        known: Strings that already have codes.
        where: Object and field, for the error.
    """

    def __init__(self, known: tuple[str, ...] = (), *, where: str = "") -> None:
        self._codes = {text: code for code, text in enumerate(known)}
        self._where = where

    @property
    def texts(self) -> tuple[str, ...]:
        """The strings in order of their codes."""
        return tuple(self._codes)

    def encode(self, texts: list[str]) -> NDArray[np.int32]:
        """Return the codes of ``texts`` (int32, same length), giving new strings the next codes.

        Raises:
            SchemaError: there are more than 65,535 different strings.
        """
        codes = self._codes
        encoded = np.fromiter((codes.setdefault(text, len(codes)) for text in texts), np.int32, len(texts))
        if len(codes) > MAX_CATEGORIES:
            raise SchemaError(
                "categories of a string field",
                got=len(codes),
                expected=f"at most {MAX_CATEGORIES}",
                where=self._where,
                hint="leaving the field out, or hashing it before writing",
            )
        return encoded


def decode(codes: NDArray[Any], texts: tuple[str, ...]) -> NDArray[Any]:
    """Return the strings of ``codes`` (object array of the same shape); codes outside the list become ``None``."""
    table = np.array([*texts, None], dtype=object)
    inside = (codes >= 0) & (codes < len(texts))
    found: NDArray[Any] = table[np.where(inside, codes, len(texts))]
    return found
