"""Question: what a benchmark asks, who answers, and how the answers are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from .cases import Size

#: Numbers of threads that are measured where the machine has as many cores.
THREADS = (1, 2, 4)


class Program(Protocol):
    """A process of a peer."""

    def start(self) -> None:
        """Start it, and return at once."""

    def wait(self) -> None:
        """Wait until it has imported what it needs."""


@dataclass(frozen=True)
class Contender:
    """One way to the answer.

    Attributes:
        name: Of the way; ``simdprep`` for ours.
        run: Does the work once and returns what is compared.
        rows: Rows that one run works through.
        threads: Threads it may use.
        is_ours: It is measured against the others.
        stores: The file it writes, whose size counts; ``None`` where it writes none.
        measures_memory: Its work is done in this process, so that the peak says something.
        in_threads: A peer that uses threads: measured against ours with as many.
        once: It is run no more than once: too slow for rounds, or only the size of its file counts. It may work
            through fewer rows than the others; rates are told per row.
        isa: Instruction set that ours is told to use, in a process of its own; ``None`` for this process's.
        pid: The process that does the work, whose memory counts; ``None`` for this one.
        program: A peer's own program, which is started before anything is timed; ``None`` where there is none.
    """

    name: str
    run: Callable[[], Any]
    rows: int
    threads: int = 1
    is_ours: bool = False
    stores: Path | None = None
    measures_memory: bool = True
    in_threads: bool = False
    once: bool = False
    isa: str | None = None
    pid: int | None = None
    program: Program | None = None

    @property
    def key(self) -> str:
        """Name and threads, unique within a case."""
        return f"{self.name}, {self.threads} threads" if self.is_ours or self.in_threads else self.name

    def meets(self, peer: Contender) -> bool:
        """Return True where this one of ours is measured against ``peer``."""
        same_threads = not peer.in_threads or peer.threads == self.threads
        return self.is_ours and not peer.is_ours and same_threads


@dataclass(frozen=True)
class Target:
    """What a question must reach.

    Attributes:
        peer: Name of the contender it is measured against.
        threads: Of ours.
        what: ``speed`` (at least ``limit`` times as fast), ``size`` (a file at most ``limit`` times as large),
            ``chunks`` (the same of the stored chunks alone) or ``memory`` (at most ``limit`` times as much added).
        limit: The ratio.
        cases: Patterns (``toy *``) of the names of the cases it is asked of.
        ours: Name of ours.
    """

    peer: str
    threads: int
    what: Literal["speed", "size", "chunks", "memory"]
    limit: float
    cases: tuple[str, ...]
    ours: str = "simdprep"

    def asks_of(self, case: str) -> bool:
        """Return True where the target is meant for a case of this name."""
        return any(fnmatchcase(case, pattern) for pattern in self.cases)


class Named(Protocol):
    """What every case has."""

    @property
    def name(self) -> str:
        """Short, unique within a question."""

    @property
    def what(self) -> str:
        """What is in it, in a line."""


class Question(Protocol):
    """A benchmark: the modules ``bench_<question>``. :mod:`benchmarks.session` runs it.

    Where peers are left out for want of a package, ``missing()`` returns them, and ``TRY`` says how to get
    them where that is not ``pip install simdprep[bench]``; where runs are long,
    ``MOST_ROUNDS`` says how often they are timed at most. ``notes(runs)``, if there is one, returns what else is to be
    said of the runs of a case, one line each.
    """

    #: The question in a line.
    ASKS: str
    #: What must be reached.
    TARGETS: tuple[Target, ...]

    def cases(self, size: Size) -> Sequence[Named]:
        """Return the inputs it is asked of, the headline first."""

    def prepare(self, case: Any, folder: Path) -> Any:
        """Make what the contenders start from; files that are in ``folder`` already are taken as they are."""

    def contenders(self, prepared: Any, threads: Sequence[int]) -> list[Contender]:
        """Return who is measured, ours once for each number of threads."""

    def check(self, prepared: Any, results: Mapping[str, Any]) -> None:
        """Raise AssertionError unless all results, by the contenders' keys, are equal."""


def question(name: str) -> Question:
    """Return a question by name.

    Raises:
        ModuleNotFoundError: there is no such benchmark.
    """
    return cast(Question, import_module(f"benchmarks.bench_{name}"))
