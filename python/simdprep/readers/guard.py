"""Turning the many errors of reading libraries into one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError, ResourceError, SimdprepError


@contextmanager
def reading(what: str, *, expected: str, where: str, hint: str | None = None) -> Iterator[None]:
    """Run code that reads untrusted bytes; whatever it raises becomes one error of the house's grammar.

    Raises:
        InputError: the code raised; the original error is its cause.
        ResourceError: memory ran out.
    """
    try:
        yield
    except SimdprepError:
        raise
    except MemoryError as error:
        raise ResourceError(what, got="no memory left", where=where, hint="reading fewer branches") from error
    except Exception as error:
        raise InputError(what, got=first_line(error), expected=expected, where=where, hint=hint) from error


def first_line(error: BaseException, *, limit: int = 160) -> str:
    """Return an error's type and the first line of its text, at most ``limit`` characters."""
    text = str(error).strip().partition("\n")[0].strip()
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= limit else line[: limit - 3] + "..."
