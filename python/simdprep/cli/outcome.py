"""Outcome: how a run ends. What went wrong becomes lines on stderr and an exit code.

0 ok, 1 bad input or config, 2 our bug, 3 finished but something was skipped, 4 disk or memory
exhausted, 130 interrupted, 141 whoever reads our output went away.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress

import typer

from ..errors import InternalError, ResourceError, SimdprepError, compose
from .console import note
from .usage import ParserError

OK, BAD_INPUT, BUG, SKIPPED, EXHAUSTED, INTERRUPTED, UNREAD = 0, 1, 2, 3, 4, 130, 141

_EXHAUSTED = {errno.ENOSPC: "disk full", errno.EDQUOT: "disk quota exhausted", errno.ENOMEM: "memory exhausted"}


def guarded(work: Callable[[], object]) -> int:
    """Run ``work`` and return the exit code it gives, or the one of what it raised.

    Warnings of libraries are not shown, nor tracebacks, unless SIMDPREP_DEBUG is set.
    """
    debug = bool(os.environ.get("SIMDPREP_DEBUG"))
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")
            code = work()
        _flush()
    except (typer.Exit, typer.Abort, ParserError):
        raise
    except BrokenPipeError:
        _discard()
        return UNREAD
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last resort
        if debug:
            traceback.print_exc()
        text, code = explained(error)
        note(text, style="bold red" if code in (BUG, EXHAUSTED) else "")
    return code if isinstance(code, int) else OK


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _discard()
        raise


def _discard() -> None:
    """What is left of stdout goes nowhere: it would fail again when the process ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explained(error: BaseException) -> tuple[str, int]:
    """Return what to say of an error, and the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", INTERRUPTED
    if isinstance(error, SimdprepError) and not isinstance(error, InternalError):
        return str(error), error.exit_code
    if isinstance(error, MemoryError):
        return compose("memory exhausted", hint="fewer objects or fields, or smaller pads"), ResourceError.exit_code
    if isinstance(error, OSError) and error.errno in _EXHAUSTED:
        return compose(_EXHAUSTED[error.errno], where=_place(error)), ResourceError.exit_code
    if isinstance(error, OSError) and error.filename is not None:
        return compose("file", got=(error.strerror or str(error)).lower(), where=_place(error)), BAD_INPUT
    said = str(error) if isinstance(error, InternalError) else f"{type(error).__name__}: {error}".splitlines()[0]
    return f"a mistake of simdprep, please report it: {said}\n  try SIMDPREP_DEBUG=1 for the traceback", BUG


def _place(error: OSError) -> str | None:
    return None if error.filename is None else os.fsdecode(error.filename)
