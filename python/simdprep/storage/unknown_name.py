"""UnknownName: an object or field that a dataset does not have."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import SchemaError, nearest_hint


class UnknownName(SchemaError, KeyError):
    """A dataset or object was asked for a name it does not have; a ``KeyError`` too, as mappings promise.

    Args:
        name: What was asked for.
        known: The names there are.
        what: ``object`` or ``field``.
        where: The dataset or object.
    """

    def __init__(self, name: object, known: Iterable[str], *, what: str, where: str) -> None:
        names = list(known)
        hint = nearest_hint(str(name), names, otherwise=", ".join(names[:10]) or None)
        super().__init__(
            f"no such {what}", got=repr(name), expected=f"one of the {len(names)} there are", where=where, hint=hint
        )

    __str__ = Exception.__str__  # KeyError would show the repr
