"""Attempt: one try of a task, and whether another may go better."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass
from typing import Any, Self

from .. import errors
from ..errors import InternalError, ResourceError, SimdprepError
from .worker_process import WorkerDied

#: What a disk of many users or a network says on a bad day.
_PASSING = frozenset({
    errno.EAGAIN, errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTDOWN, errno.EHOSTUNREACH,
    errno.EINTR, errno.EIO, errno.EMFILE, errno.ENETDOWN, errno.ENETRESET, errno.ENETUNREACH, errno.ENFILE,
    errno.ENOTCONN, errno.EPIPE, errno.EREMOTEIO, errno.ESTALE, errno.ETIMEDOUT,
})  # fmt: skip

#: Names of errors of remote files (aiohttp, requests, fsspec, xrootd), whose libraries may not be there to ask.
_PASSING_NAMES = frozenset({
    "ChunkedEncodingError", "ClientConnectionError", "ClientError", "ClientOSError", "ClientPayloadError",
    "ClientResponseError", "FSTimeoutError", "IncompleteRead", "ReadTimeout", "RemoteDisconnected",
    "RequestException", "ServerDisconnectedError", "ServerTimeoutError",
})  # fmt: skip


class ExecutorLost(SimdprepError):
    """The executor died or was closed; what was done is kept."""

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Return the error for what the executor raised."""
        text = str(error).partition("\n")[0]
        got = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return cls("executor", got=got, expected="one that takes tasks", hint="--resume, once it does again")


@dataclass(frozen=True)
class Retries:
    """How often a task is done again.

    Attributes:
        count: Further attempts after the first.
        first: Seconds before the second attempt; every further pause is twice as long.
        longest: Seconds that no pause exceeds.
    """

    count: int = 3
    first: float = 1.0
    longest: float = 60.0

    def pause(self, task_id: str, tries: int) -> float:
        """Return the seconds to wait after so many attempts, spread by the task so that not all come back at once."""
        spread = hashlib.sha256(f"{task_id} {tries}".encode()).digest()[0] / 255
        return min(self.first * 2.0 ** (tries - 1), self.longest) * (0.75 + 0.5 * spread)


@dataclass(frozen=True)
class Attempt:
    """How one try ended.

    Attributes:
        record: What the work returned; ``None`` if it failed.
        error: Why it failed.
        may_pass: Another try may go better.
    """

    record: dict[str, Any] | None
    error: SimdprepError | None = None
    may_pass: bool = False

    @property
    def is_of_input(self) -> bool:
        """True where the data are at fault, or what reads them, and neither this machine nor simdprep."""
        return not isinstance(self.error, (InternalError, ResourceError, errors.OutputError, errors.ConfigError))


def attempt(work: Callable[[Any], dict[str, Any]], task: Any) -> dict[str, Any]:
    """Do a task where the executor runs it; return its record or what went wrong, as JSON.

    Errors travel as JSON too: those of other libraries may not survive the way, or need them on the other side.
    """
    try:
        return {"record": work(task)}
    except Exception as error:  # noqa: BLE001 - it is raised on the other side
        return {"error": _to_json(error), "may_pass": may_pass(error)}


def attempt_of(future: Any) -> Attempt:
    """Return how a future ended that was to call :func:`attempt`.

    Raises:
        ExecutorLost: not the task failed, but what should do it.
    """
    try:
        found = future.result()
    except WorkerDied as error:
        return Attempt(None, error, may_pass=True)
    except (BrokenExecutor, CancelledError) as error:
        raise ExecutorLost.of(error) from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # of dask, which has tried a few times itself
            return Attempt(None, WorkerDied("of dask", hint="the logs of its workers"), may_pass=True)
        raise ExecutorLost.of(error) from error
    if "record" in found:
        return Attempt(found["record"])
    return Attempt(None, _from_json(found["error"]), found["may_pass"])


def may_pass(error: BaseException) -> bool:
    """Return True where an error, or what caused it, may go away by itself."""
    return any(_passes(cause) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _passes(error: BaseException) -> bool:
    if isinstance(error, (ConnectionError, TimeoutError)):
        return True
    if isinstance(error, OSError) and error.errno in _PASSING:
        return True
    status = getattr(error, "status", None)  # of HTTP: the server's own fault, or too many requests
    if isinstance(status, int) and 400 <= status < 500 and status not in (408, 425, 429):
        return False
    return type(error).__name__ in _PASSING_NAMES


def _to_json(error: Exception) -> dict[str, Any]:
    if isinstance(error, SimdprepError):
        got = None if error.got is None else str(error.got)
        return {
            "kind": type(error).__name__,
            "what": error.what,
            "got": got,
            "expected": error.expected,
            "where": error.where,
            "hint": error.hint,
        }
    if isinstance(error, MemoryError):
        return {"kind": "ResourceError", "what": "memory exhausted", "hint": "fewer jobs"}
    text = f"{type(error).__name__}: {error}".partition("\n")[0]
    return {"kind": "InternalError", "what": text}


def _from_json(data: dict[str, Any]) -> SimdprepError:
    kind = getattr(errors, data["kind"], SimdprepError)
    named = {key: value for key, value in data.items() if key not in ("kind", "what")}
    made: SimdprepError = kind(data["what"], **named)
    return made
