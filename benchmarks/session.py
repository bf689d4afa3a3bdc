"""Session: the run of a question, from its inputs to its result."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .baselines import h5py_file
from .cases import Case, Size
from .machine import cores, machine, versions
from .measure import Spread, Times, alternate
from .memory import Memory, peak_memory
from .question import THREADS, Contender, Question, question
from .result import CaseResult, Ratio, Result, Run, Verdict

ROUNDS: dict[Size, int] = {"tiny": 1, "quick": 3, "full": 11}

#: Seconds that a case waits for quiet rounds on a shared machine.
PATIENCE: dict[Size, float] = {"tiny": 0.0, "quick": 0.0, "full": 300.0}


def run(
    name: str,
    size: Size,
    *,
    rounds: int | None = None,
    memory: bool = True,
    told: Callable[[str], None] = print,
) -> Result:
    """Check that all contenders of all cases agree, then time them.

    Args:
        name: Of the question.
        size: Of the cases.
        rounds: How often each contender is timed; ``None`` for what the size says.
        memory: Also measure peak memory, each contender in a process of its own.
        told: Called with what goes on.

    Raises:
        AssertionError: results differ.
    """
    asked = question(name)
    result = Result(name, asked.ASKS, size, machine(), versions())
    for case in asked.cases(size):
        told(f"{name}: {case.name} ...")
        with tempfile.TemporaryDirectory(prefix="simdprep-benchmark-") as folder:
            result.cases.append(_run_case(name, case, size, Path(folder), rounds or ROUNDS[size], memory=memory))
    result.targets.extend(_verdicts(asked, result))
    return result


def _run_case(name: str, case: Case, size: Size, folder: Path, rounds: int, *, memory: bool) -> CaseResult:
    asked = question(name)
    prepared = asked.prepare(case, folder)
    threads = [count for count in THREADS if count <= cores()]
    contenders = asked.contenders(prepared, threads)
    asked.check(prepared, {entry.key: entry.run() for entry in contenders})
    times = alternate(contenders, rounds=rounds, patience=PATIENCE[size])
    runs = []
    for entry in contenders:
        peak = None
        if memory and entry.measures_memory:
            peak = peak_memory(name, size, case.name, entry.key, folder)
        runs.append(_run_of(entry, times, peak))
    ratios = [
        _ratio(ours, peer, times) for ours in contenders if ours.is_ours for peer in contenders if not peer.is_ours
    ]
    return CaseResult(case.name, case.what, rounds, times.others, runs, ratios)


def _run_of(entry: Contender, times: Times, memory: Memory | None) -> Run:
    return Run(
        entry.name,
        entry.threads,
        entry.is_ours,
        entry.rows,
        Spread.of(times.seconds[entry.key]),
        None if entry.stores is None else entry.stores.stat().st_size,
        None if entry.stores is None else h5py_file.chunk_bytes(entry.stores),
        memory,
    )


def _ratio(ours: Contender, peer: Contender, times: Times) -> Ratio:
    speed = times.ratio(ours, peer)
    if ours.stores is None or peer.stores is None:
        return Ratio(ours.name, ours.threads, peer.name, speed)
    file_size = ours.stores.stat().st_size / peer.stores.stat().st_size
    chunk_size = h5py_file.chunk_bytes(ours.stores) / h5py_file.chunk_bytes(peer.stores)
    return Ratio(ours.name, ours.threads, peer.name, speed, file_size, chunk_size)


def _verdicts(asked: Question, result: Result) -> Sequence[Verdict]:
    verdicts = []
    for target in asked.TARGETS:
        for case in (entry for entry in result.cases if entry.case in target.cases):
            found = [ratio for ratio in case.ratios if ratio.peer == target.peer and ratio.threads == target.threads]
            got = (found[0].speed.median if target.what == "speed" else found[0].file_size) if found else None
            met = got is not None and (got >= target.limit if target.what == "speed" else got <= target.limit)
            verdicts.append(Verdict(case.case, target.peer, target.threads, target.what, target.limit, got, met))
    return verdicts
