"""Measure: contenders in turns, so that what slows the machine down slows all of them."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .question import Contender

#: A run shorter than this is repeated and the mean taken, or the clock's grain would show.
SHORTEST = 0.05

#: A round is quiet where other processes used no more than this share of the processors.
QUIET = 0.05


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Spread:
        """Summarise measurements."""
        low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
        return cls(float(median), float(low), float(high))


@dataclass(frozen=True)
class Times:
    """Seconds per run of every contender, one array entry per round.

    Attributes:
        seconds: By the contenders' keys.
        others: Share of the machine's processor time that went to other processes meanwhile.
    """

    seconds: Mapping[str, NDArray[np.float64]]
    others: float

    def ratio(self, ours: Contender, peer: Contender) -> Spread:
        """Return how many times as many rows per second ours gets through, each round for itself."""
        return Spread.of(self.seconds[peer.key] / peer.rows * ours.rows / self.seconds[ours.key])

    def with_single(self, seconds: Mapping[str, float]) -> Times:
        """Return these times, and one of each contender that was not timed in rounds."""
        single = {key: np.array([found]) for key, found in seconds.items()}
        return Times({**single, **self.seconds}, self.others)


def alternate(contenders: Sequence[Contender], *, rounds: int, patience: float = 0.0) -> Times:
    """Time contenders in turns; every other round goes backwards. They must have run once before.

    On a shared machine further rounds are run for ``patience`` seconds, until enough of them were
    quiet. Those in which other processes used the processors least are taken: the choice does not
    look at the times.

    Args:
        contenders: Who is timed.
        rounds: How many rounds are taken.
        patience: Seconds after which no round is added to the first ``rounds``.
    """
    if not contenders:
        return Times({}, 0.0)
    repeats = {entry.key: _repeats(entry) if rounds > 1 else 1 for entry in contenders}
    found: list[tuple[float, dict[str, float]]] = []
    begun = time.perf_counter()
    while not _is_enough(found, rounds, time.perf_counter() - begun > patience):
        usage = ProcessorUsage()
        order = contenders if len(found) % 2 == 0 else contenders[::-1]
        seconds = {entry.key: _time(entry, repeats[entry.key]) for entry in order}
        found.append((usage.others(), seconds))
    taken = sorted(found, key=lambda entry: entry[0])[:rounds]
    return Times(
        {entry.key: np.array([seconds[entry.key] for _, seconds in taken]) for entry in contenders},
        float(np.mean([others for others, _ in taken])),
    )


def _is_enough(found: Sequence[tuple[float, object]], rounds: int, is_late: bool) -> bool:
    quiet = sum(others <= QUIET for others, _ in found)
    return quiet >= rounds or (is_late and len(found) >= rounds)


def _repeats(contender: Contender) -> int:
    once = _time(contender, 1)
    return 1 if once >= SHORTEST else int(np.ceil(SHORTEST / max(once, 1e-6)))


def _time(contender: Contender, repeats: int) -> float:
    gc.collect()
    gc.disable()
    try:
        begun = time.perf_counter()
        for _ in range(repeats):
            contender.run()
        return (time.perf_counter() - begun) / repeats
    finally:
        gc.enable()


class ProcessorUsage:
    """Who used the machine's processors since this was made."""

    def __init__(self) -> None:
        self._machine, self._own = _machine_seconds(), _own_seconds()
        self._begun = time.perf_counter()

    def others(self) -> float:
        """Return the share of the processors' time that other processes used, 0 to 1; NaN where it is not known."""
        elapsed = (time.perf_counter() - self._begun) * (os.cpu_count() or 1)
        busy = _machine_seconds() - self._machine - (_own_seconds() - self._own)
        return float(np.clip(busy / elapsed, 0, 1)) if elapsed > 0 else float("nan")


def _own_seconds() -> float:
    """Seconds of this process, its ended children, and those that run: peers are programs of their own."""
    times = os.times()
    running = sum(_ticks_of_descendants()) / os.sysconf("SC_CLK_TCK")
    return times.user + times.system + times.children_user + times.children_system + running


def _ticks_of_descendants() -> Iterator[int]:
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            entries = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        process = int(path.parent.name)
        parents[process] = int(entries[1])
        ticks[process] = sum(map(int, entries[11:15]))  # user and system, its own and of its ended children
    for process in parents:
        ancestor: int | None = parents[process]
        while ancestor is not None and ancestor != os.getpid():
            ancestor = parents.get(ancestor)
        if ancestor is not None:
            yield ticks[process]


def _machine_seconds() -> float:
    """Seconds of all processors that were not idle."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()
    except OSError:
        return float("nan")
    ticks = [int(entry) for entry in first[1:9]]  # user nice system idle iowait irq softirq steal
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
