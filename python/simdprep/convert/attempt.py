"""Attempt: one try of a task, and whether another may go better."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass
from typing import Any, Self

from .. import errors
from ..errors import InternalError, ResourceError, SimdprepError
from ..readers import is_transient
from .worker_process import WorkerDied


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
        return {"error": error_to_json(error), "may_pass": is_transient(error)}


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
    return Attempt(None, error_from_json(found["error"]), found["may_pass"])


def error_to_json(error: Exception) -> dict[str, Any]:
    """Return what an error says, as JSON; those of other libraries are a mistake of ours by now."""
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


def error_from_json(data: dict[str, Any]) -> SimdprepError:
    """Return the error of what :func:`error_to_json` gave."""
    kind = getattr(errors, data["kind"], SimdprepError)
    named = {key: value for key, value in data.items() if key not in ("kind", "what")}
    made: SimdprepError = kind(data["what"], **named)
    return made
