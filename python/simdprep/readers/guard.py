"""Turning the many errors of reading libraries into one of ours."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError, ResourceError, SimdprepError, TransientError

#: What the system says of servers, networks and shared disks that may answer on the next try.
_TRANSIENT_CODES = frozenset({
    errno.EAGAIN, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.EIO,
    errno.ENETDOWN, errno.ENETUNREACH, errno.EPIPE, errno.ESTALE, errno.ETIMEDOUT,
})  # fmt: skip

#: Errors of HTTP clients that are about the connection, by name: the clients are not imported for it.
_TRANSIENT_NAMES = frozenset({
    "ClientConnectionError", "ClientPayloadError", "ServerTimeoutError", "FSTimeoutError", "IncompleteRead",
})  # fmt: skip

#: fsspec hands out the errors of some ranges in the place of their bytes, and uproot takes them for these.
_ERROR_AS_BYTES = re.compile(r"'\w*(Client|Connection|Disconnected|Timeout)\w*' object is not subscriptable")

#: What XRootD's client says of errors that are about the connection.
_TRANSIENT_TEXTS = (
    "[ERROR] Operation expired",
    "[ERROR] Socket",
    "[FATAL] Connection",
    "[FATAL] Socket",
    "[ERROR] Stream",
)


@contextmanager
def reading(what: str, *, expected: str, where: str, hint: str | None = None) -> Iterator[None]:
    """Run code that reads untrusted bytes; whatever it raises becomes one error of the house's grammar.

    Raises:
        InputError: the code raised; the original error is its cause.
        TransientError: the same, of a server or network that may answer on the next try.
        ResourceError: memory ran out.
    """
    try:
        yield
    except SimdprepError:
        raise
    except MemoryError as error:
        raise ResourceError(what, got="no memory left", where=where, hint="reading fewer branches") from error
    except Exception as error:
        raise failed(error, what, expected=expected, where=where, hint=hint) from error


def failed(error: BaseException, what: str, *, expected: str, where: str, hint: str | None = None) -> InputError:
    """Return the error that tells of another: a :class:`TransientError` where the next try may succeed."""
    kind = TransientError if is_transient(error) else InputError
    return kind(what, got=first_line(error), expected=expected, where=where, hint=hint)


def is_transient(error: BaseException) -> bool:
    """Return True where an error, or what caused it, is of a connection rather than of the bytes that were read."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TransientError | ConnectionError | TimeoutError):
            return True
        if isinstance(seen, OSError) and (
            seen.errno in _TRANSIENT_CODES or any(text in str(seen) for text in _TRANSIENT_TEXTS)
        ):
            return True
        status = getattr(seen, "status", None)  # of an HTTP response
        if isinstance(status, int) and (status == 429 or status >= 500):
            return True
        if not _TRANSIENT_NAMES.isdisjoint(kind.__name__ for kind in type(seen).__mro__):
            return True
        if isinstance(seen, TypeError) and _ERROR_AS_BYTES.match(str(seen)):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def first_line(error: BaseException, *, limit: int = 160) -> str:
    """Return an error's type and the first line of its text, at most ``limit`` characters."""
    text = str(error).strip().partition("\n")[0].strip()
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= limit else line[: limit - 3] + "..."
