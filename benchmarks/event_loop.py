"""EventLoop: the C++ program of ``benchmarks/cpp``, built here and asked for one file at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import weakref
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent

Writer = Literal["ours", "slab", "points"]
Form = Literal["gzip", "none", "half", "fill"]

#: Jets that are made; more are the same ones over and over.
POOL = 20_000


@cache
def program() -> Path:
    """Build the program if need be and return its path. It needs cmake, a C++ compiler and libhdf5-dev."""
    folder = ROOT / "build" / "benchmark-cpp"
    configure = ["-S", str(ROOT / "benchmarks" / "cpp"), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release"]
    for arguments in (configure, ["--build", str(folder), "-j", str(len(os.sched_getaffinity(0)))]):
        done = subprocess.run([_cmake(), *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"building {folder} failed:\n{done.stdout}{done.stderr}")
    return folder / "event_loop"


def _cmake() -> str:
    own = Path(sysconfig.get_path("scripts")) / "cmake"
    return str(own) if own.is_file() else shutil.which("cmake") or "cmake"


@dataclass(frozen=True)
class Job:
    """One file to be written."""

    writer: Writer
    form: Form
    num_jets: int
    path: Path
    threads: int = 1


class EventLoop:
    """A process that writes files; starting it and making the jets is not part of a job.

    Attributes:
        pid: Of the process.
    """

    def __init__(self, *, pool: int = POOL, bits: int = 12) -> None:
        self._process = subprocess.Popen(
            [program(), str(pool), str(bits)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        weakref.finalize(self, _end, self._process)
        if self._answer() != "ready":
            raise RuntimeError("the event loop did not start")

    def write(self, job: Job) -> float:
        """Write a file; returns the seconds that it took in the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{job.writer} {job.form} {job.threads} {job.num_jets} {job.path}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the event loop ended with {self._process.wait()}")
        return line


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate()
