"""Work for the tests of tasks: functions of a module, as other processes need them."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path
from typing import Any

from simdprep.convert.tasks import Task
from simdprep.errors import InputError, ResourceError


def square(task: Task) -> dict[str, Any]:
    """Count how often it was done in a file of its own, and return the square of its number."""
    number = task.payload["number"]
    if "folder" in task.payload:
        with (Path(task.payload["folder"]) / f"done-{number}").open("a") as file:
            file.write(f"{os.getpid()}\n")
    time.sleep(task.payload.get("seconds", 0))
    return {"square": number * number, "pid": os.getpid()}


def trouble(task: Task) -> dict[str, Any]:
    """Fail as the payload says for so many attempts, then go well."""
    place = Path(task.payload["folder"]) / f"tries-{task.payload['number']}"
    tries = len(place.read_text()) if place.exists() else 0
    place.write_text("x" * (tries + 1))
    if tries < task.payload.get("times", 1 << 30):
        _fail(task.payload["how"])
    return {"square": task.payload["number"] ** 2, "last": task.last}


def _fail(how: str) -> None:
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "exit":
        os._exit(7)
    if how == "network":
        try:
            raise OSError(errno.ETIMEDOUT, "timed out")
        except OSError as error:
            raise InputError("entries", got="timed out", expected="data", where="a.root") from error
    if how == "damage":
        raise InputError("damaged basket", got="garbage", expected="data", where="b.root : Events", hint="copying")
    if how == "full":
        raise ResourceError("disk full", where="out.h5")
    if how == "bug":
        raise KeyError("missing")
