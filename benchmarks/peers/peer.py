"""Peer: a program in an environment of its own that takes its turn with ours."""

from __future__ import annotations

import json
import subprocess
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent


class Peer:
    """A peer's loader, started at its first request at the latest, and ended with this object.

    Args:
        program: File name of the program in this folder.
        python: Interpreter of its environment.
        settings: What it is told.
        folder: For the batches that it hands over.
    """

    def __init__(self, program: str, python: Path | str, settings: dict[str, Any], folder: Path) -> None:
        self._command = [str(python), str(FOLDER / program), json.dumps(settings)]
        self._name = Path(program).stem
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._is_ready = False

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_process": None, "_is_ready": False}

    def start(self) -> None:
        """Start the program, and return at once."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self._folder
            )
            weakref.finalize(self, _end, self._process)

    def wait(self) -> None:
        """Wait until the program has imported what it needs and takes requests; it need not have been started."""
        if not self._is_ready:
            self.start()
            self._answer()
            self._is_ready = True

    def epoch(self, batches: int = 0) -> int:
        """Let it go through an epoch, or the first batches of one; return how many batches there were."""
        return int(self._ask({"batches": batches})["batches"])

    def first_batches(self, batches: int) -> dict[str, NDArray[Any]]:
        """Return ``values``, ``valid`` and ``marks`` of the first batches of an epoch."""
        path = self._folder / f"{self._name}.npz"
        self._ask({"batches": batches, "keep": str(path)})
        with np.load(path) as kept:
            return {name: kept[name] for name in kept}

    def work(self, **request: Any) -> dict[str, Any]:
        """Let a program that is no loader do its work once, or what is requested; return what it says of it."""
        return self._ask(request)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.wait()
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._name} ended with code {self._process.wait()}; its words are above")
        result: dict[str, Any] = json.loads(answer)
        return result


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
