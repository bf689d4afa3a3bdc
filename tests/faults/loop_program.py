"""The C++ event loop of ``tests/cpp/programs``, built here: run as it is, with a fault, or killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cmake_build import RELEASE, ROOT, build, configure, kept
from tests.faults.fault_matrix import Ended
from tests.faults.fault_shim import NONE, Fault, environment


@contextmanager
def built_program(name: str = "event_loop", *definitions: str, folder: str = "cpp-programs") -> Iterator[Path]:
    """Build a program, if need be; skips where there is no HDF5 for C."""
    with kept(folder) as place:
        configure(ROOT, place, *RELEASE, "SIMDPREP_TESTS=ON", *definitions)
        if not (place / "tests" / "cpp" / "programs").is_dir():
            pytest.skip("libhdf5-dev is not installed")
        build(place, name)
        yield place / "tests" / "cpp" / "programs" / name


class LoopProgram:
    """Runs the event loop, each time as a process of its own.

    Args:
        program: Its path.
        library: The shim.
        words: Of its command line, behind the output.
    """

    def __init__(self, program: Path, library: Path, *words: object) -> None:
        self._program, self._library = program, library
        self._words = [str(word) for word in words]

    def start(self, output: Path, *words: object, fault: Fault = NONE) -> subprocess.Popen[str]:
        """Start it; it says ``filling`` on stdout when its output is open."""
        return subprocess.Popen(
            [str(self._program), str(output), *self._words, *(str(word) for word in words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(self._library, output.parent, fault),
        )  # fmt: skip

    def run(self, output: Path, fault: Fault, log: Path | None, overwrite: bool) -> Ended:
        """Run it to its end, which may be that of the fault; what it logs is left out."""
        words = ["own_log", *(["overwrite"] if overwrite else [])]
        done = subprocess.run(
            [str(self._program), str(output), *self._words, *words], capture_output=True, text=True, check=False,
            env=environment(self._library, output.parent, fault, log), timeout=300,
        )  # fmt: skip
        return Ended(done.returncode, done.stderr.strip())
