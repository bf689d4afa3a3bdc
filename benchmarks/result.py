"""Result: what a question's run found, as it is printed and kept in ``results/<question>.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .measure import Spread
from .memory import Memory

FOLDER = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Run:
    """One contender in one case.

    Attributes:
        name: Of the contender.
        threads: It used.
        is_ours: It is ours.
        rows: Rows of one run.
        once: It was run once, for it is slow; its rate is that of these rows.
        seconds: Of one run.
        file_bytes: Size of the file it wrote.
        chunk_bytes: That of the stored chunks alone, without metadata.
        memory: Resident bytes before the run and at its peak, in a process of its own.
    """

    name: str
    threads: int
    is_ours: bool
    rows: int
    once: bool
    seconds: Spread
    file_bytes: int | None = None
    chunk_bytes: int | None = None
    memory: Memory | None = None


@dataclass(frozen=True)
class Ratio:
    """Ours against a peer: how many times as fast in the same round, and how many times as large."""

    ours: str
    threads: int
    peer: str
    speed: Spread
    file_size: float | None = None
    chunk_size: float | None = None


@dataclass(frozen=True)
class CaseResult:
    """One case.

    Attributes:
        case: Its name.
        what: What is in it.
        rounds: How often every contender was timed.
        others: Share of the processors' time that other processes used meanwhile.
        runs: The contenders.
        ratios: Ours against each peer.
        notes: What the question says of these runs beyond the ratios, one line each.
    """

    case: str
    what: str
    rounds: int
    others: float
    runs: list[Run]
    ratios: list[Ratio]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """A target and whether it was met; ``got`` is ``None`` where the machine has too few cores."""

    case: str
    ours: str
    peer: str
    threads: int
    what: str
    limit: float
    got: float | None
    met: bool

    def line(self) -> str:
        """Return it as text."""
        sign = "at least" if self.what == "speed" else "at most"
        got = "not measured" if self.got is None else f"{self.got:.2f}"
        threads = f", {self.threads} thread{'s' * (self.threads > 1)}" if self.what == "speed" else ""
        rule = f"{sign} {self.limit:g} times {self.peer}"
        return (
            f"target {'met' if self.met else 'MISSED'}: {self.what} {got}, {rule} ({self.ours}{threads}; {self.case})"
        )


@dataclass(frozen=True)
class Result:
    """All cases of a question, and what they were taken on."""

    question: str
    asks: str
    size: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    cases: list[CaseResult] = field(default_factory=list)
    targets: list[Verdict] = field(default_factory=list)

    def write(self, folder: Path = FOLDER) -> Path:
        """Write ``<question>.json``."""
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.question}.json"
        path.write_text(json.dumps(_rounded(asdict(self)), indent=1) + "\n")
        return path

    def lines(self) -> Iterable[str]:
        """Yield the result as text."""
        yield f"{self.question}: {self.asks}"
        for case in self.cases:
            yield f"  {case.case}: {case.what}"
            yield f"  ({case.rounds} rounds, {case.others:.0%} of the processors used by others)"
            for run in case.runs:
                yield "    " + _line(run, [ratio for ratio in case.ratios if ratio.ours == run.name])
            yield from (f"    {note}" for note in case.notes)
        yield from (f"  {target.line()}" for target in self.targets)


def _line(run: Run, ratios: list[Ratio]) -> str:
    rate = run.rows / run.seconds.median
    parts = [f"{run.name:28} {run.threads} threads  {run.seconds.median:8.4f} s  {rate:12,.0f} rows/s"]
    if run.once:
        parts.append(f"(one run of {run.rows:,} rows)")
    if run.file_bytes is not None:
        parts.append(f"{run.file_bytes / 1e6:8.3f} MB")
    if run.memory is not None:
        parts.append(f"+{(run.memory['peak'] - run.memory['before']) / 1e6:,.0f} MB memory")
    for ratio in ratios:
        if ratio.threads == run.threads:
            size = "" if ratio.file_size is None else f", size {ratio.file_size:.3f} (chunks {ratio.chunk_size:.3f})"
            speed = f"{ratio.speed.median:.2f} ({ratio.speed.low:.2f}-{ratio.speed.high:.2f})"
            parts.append(f"{speed} x {ratio.peer}{size}")
    return "  ".join(parts)


def _rounded(value: Any) -> Any:
    """Cut floats to the digits that mean something."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value
