"""Remote: contenders that need another instruction set, which a process chooses once, run in a process of their own.

    python -m benchmarks.remote QUESTION SIZE CASE FOLDER

takes pickled pairs of "run" or "answer" and a contender's key on its input, and replies with pickled results.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

from .cases import Size
from .question import THREADS, Contender, question

ROOT = Path(__file__).resolve().parent.parent


def environment(isa: str | None) -> dict[str, str]:
    """Return the variables of a process that uses an instruction set."""
    return os.environ | ({} if isa is None else {"SIMDPREP_ISA": isa})


def prepared_contenders(asked: str, size: str, case: str, folder: str) -> Mapping[str, Contender]:
    """Return the contenders of one case by their keys, made from what is in the folder already."""
    entry = question(asked)
    chosen = next(found for found in entry.cases(cast(Size, size)) if found.name == case)
    prepared = entry.prepare(chosen, Path(folder))
    return {found.key: found for found in entry.contenders(prepared, THREADS)}


class Remotes:
    """The processes of one case, started when first needed; a context manager that ends them."""

    def __init__(self, asked: str, size: Size, case: str, folder: Path) -> None:
        self._arguments = [asked, size, case, str(folder.absolute())]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def moved(self, contender: Contender) -> Contender:
        """Return the contender, running in the process of its instruction set where it asks for one."""
        if contender.isa is None:
            return contender
        return replace(contender, run=partial(self._ask, contender, "run"))

    def answer(self, contender: Contender) -> Any:
        """Run a contender and return its result, which timed runs elsewhere keep to themselves."""
        return contender.run() if contender.isa is None else self._ask(contender, "answer")

    def _ask(self, contender: Contender, what: str) -> Any:
        process = self._process(str(contender.isa))
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump((what, contender.key), process.stdin)
        process.stdin.flush()
        return pickle.load(process.stdout)

    def _process(self, isa: str) -> subprocess.Popen[bytes]:
        if isa not in self._processes:
            command = [sys.executable, "-m", "benchmarks.remote", *self._arguments]
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment(isa), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._processes[isa] = self._exits.enter_context(process)  # leaving closes its input, which ends it
        return self._processes[isa]


def _serve(*arguments: str) -> None:
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a contender prints is no reply
    contenders = prepared_contenders(*arguments)
    gc.disable()
    while True:
        try:
            what, key = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        result = contenders[key].run()
        pickle.dump(result if what == "answer" else None, replies)
        replies.flush()
        del result
        gc.collect()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
