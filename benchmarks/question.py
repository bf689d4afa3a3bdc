"""Question: what a benchmark asks, who answers, and how the answers are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from .cases import Case, Size

#: Numbers of threads that are measured where the machine has as many cores.
THREADS = (1, 2, 4)


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
    """

    name: str
    run: Callable[[], Any]
    rows: int
    threads: int = 1
    is_ours: bool = False
    stores: Path | None = None
    measures_memory: bool = True

    @property
    def key(self) -> str:
        """Name and threads, unique within a case."""
        return f"{self.name}, {self.threads} threads" if self.is_ours else self.name


@dataclass(frozen=True)
class Target:
    """What a question must reach.

    Attributes:
        peer: Name of the contender it is measured against.
        threads: Of ours.
        what: ``speed`` (at least ``limit`` times as fast) or ``size`` (at most ``limit`` times as large).
        limit: The ratio.
        cases: Names of the cases it is asked of.
    """

    peer: str
    threads: int
    what: Literal["speed", "size"]
    limit: float
    cases: tuple[str, ...]


class Question(Protocol):
    """A benchmark: the modules ``bench_<question>``. :mod:`benchmarks.session` runs it."""

    #: The question in a line.
    ASKS: str
    #: What must be reached.
    TARGETS: tuple[Target, ...]

    def cases(self, size: Size) -> Sequence[Case]:
        """Return the inputs it is asked of, the headline first."""

    def prepare(self, case: Case, folder: Path) -> Any:
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
