"""The library that makes calls fail (``fault_shim.c``): built here, asked for through the environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cmake_build import kept, run

SOURCE = Path(__file__).with_suffix(".c")

#: A fault is one of these; ``+`` means that all later calls fail too.
DEADLY = ("kill", "tear")
FAILING = ("ENOSPC", "ENOSPC+", "EDQUOT", "EIO", "EIO+")
KINDS = (*DEADLY, "short", *FAILING)


@dataclass(frozen=True)
class Fault:
    """What happens to a process at one of its calls that change files.

    Attributes:
        call: Its number, from 1; 0 for none.
        kind: One of ``KINDS``.
    """

    call: int = 0
    kind: str = "kill"

    @property
    def lasts(self) -> bool:
        return self.kind.endswith("+")

    @property
    def word(self) -> str:
        return self.kind.removesuffix("+")

    def __str__(self) -> str:
        return f"{self.kind} at call {self.call}"


NONE = Fault()


@contextmanager
def built_shim() -> Iterator[Path]:
    """Build the library, if need be, with the compiler of this machine."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or "cc"
    with kept("fault-shim") as folder:
        library = folder / "fault_shim.so"
        if not library.is_file() or library.stat().st_mtime < SOURCE.stat().st_mtime:
            flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]
            run(*compiler.split(), *flags, "-o", library, SOURCE)
    yield library


def environment(library: Path, folder: Path, fault: Fault = NONE, log: Path | None = None) -> dict[str, str]:
    """The environment of a process that suffers a fault under ``folder``."""
    return {
        **os.environ,
        "LD_PRELOAD": str(library),
        "FAULT_FOLDER": str(folder),
        "FAULT_CALL": str(fault.call),
        "FAULT_KIND": fault.word,
        "FAULT_LASTS": str(int(fault.lasts)),
        **({} if log is None else {"FAULT_LOG": str(log)}),
    }


@dataclass(frozen=True)
class Call:
    """A call that a process made; ``failed`` if the shim let it fail."""

    name: str
    path: str
    failed: bool


def calls(log: Path) -> list[Call]:
    """The calls a process made, in order; one that killed it included."""
    if not log.is_file():
        return []
    lines = [line.split(" ", 1) for line in log.read_text().splitlines()]
    return [Call(name.removesuffix("!"), path, name.endswith("!")) for name, path in lines]
