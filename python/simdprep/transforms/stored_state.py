"""Stored states: what every step checks of one before it is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import SchemaError


@contextmanager
def stored_state(state: Mapping[str, Any], transform: str, noun: str) -> Iterator[None]:
    """Read a state, within: what it lacks, or holds of another kind, is an error that says so.

    Args:
        state: Of any step.
        transform: Name of the step it must be of.
        noun: What the step is called in an error.

    Raises:
        SchemaError: it is of another step, or not what ``state()`` returns.
    """
    try:
        if state["transform"] != transform:
            raise SchemaError("transform", got=repr(state["transform"]), expected=transform)
        yield
    except (KeyError, TypeError, ValueError) as error:
        got = f"{type(error).__name__}: {error}"
        raise SchemaError(f"state of {noun}", got=got, expected="what state() returns") from error
