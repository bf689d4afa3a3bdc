"""WorkerProcess: a Python process that calls functions for this one.

Unlike a process of ``multiprocessing`` it does not run the user's script again, so that ``simdprep.convert`` may be
called from one without ``if __name__ == "__main__"``. It ends when its parent does, however that ends.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from ..errors import SimdprepError

_START = (
    "import sys; sys.path[:] = eval(sys.argv[2]); from {module} import serve; serve(*map(int, sys.argv[1].split()))"
)


class WorkerDied(SimdprepError):
    """A worker ended while it did a task: it was killed, or crashed."""

    def __init__(self, got: str, *, hint: str | None = None) -> None:
        super().__init__("worker process", got=got, expected="one that lives until its task is done", hint=hint)


class WorkerProcess:
    """A process started anew, which calls one function after the other."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        alive, self._alive = os.pipe()  # closed with this process: that is how the worker learns of its end
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START.format(module=__name__), f"{theirs.fileno()} {alive}", repr(sys.path)],
                pass_fds=(theirs.fileno(), alive),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None if os.environ.get("SIMDPREP_DEBUG") else subprocess.DEVNULL,
            )
        except BaseException:
            os.close(self._alive)
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(alive)
        self._connection = Connection(ours.detach())
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of a module there and return what it returns.

        Raises:
            WorkerDied: the process ended meanwhile.
            Exception: whatever the function raised.
        """
        try:
            self._connection.send((function, arguments))
            raised, value = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.wait()
            raise WorkerDied(_ending(self._process.returncode), hint="fewer jobs, if memory ran out") from error
        if raised:
            raise value
        return value

    def kill(self) -> None:
        """End the process at once; any thread may."""
        self._process.kill()
        self._process.wait()
        with self._lock:
            with suppress(OSError):
                self._connection.close()
            if self._alive >= 0:
                os.close(self._alive)
                self._alive = -1


def _ending(status: int) -> str:
    if status < 0:
        with suppress(ValueError):
            return f"one that was ended by {signal.Signals(-status).name}"
    return f"one that ended with status {status}"


def serve(connection: int, alive: int) -> None:
    """Call what the parent asks for until it goes away; the main loop of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
    link = Connection(connection)
    gc.disable()  # what the first call imports is no garbage; to look for some in it takes a twentieth of the start
    while True:
        try:
            function, arguments = link.recv()
        except EOFError:
            return
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        try:
            answer = False, function(*arguments)
        except Exception as error:  # noqa: BLE001 - raised in the parent
            answer = True, error
        link.send(answer)


def import_modules(*names: str) -> None:
    """Import modules, in a process that has nothing to do yet; they are named so that the parent need not."""
    for name in names:
        import_module(name)


def _end_with_parent(alive: int) -> None:
    os.read(alive, 1)  # nothing is ever written: it returns when the parent is gone
    os._exit(1)
