"""Session: the run of a question, from its inputs to its result."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .baselines import h5py_file
from .cases import Size
from .machine import cores, machine, versions
from .measure import Spread, Times, alternate
from .memory import Memory, peak_memory
from .question import THREADS, Contender, Named, Question, question
from .remote import Remotes
from .result import CaseResult, Ratio, Result, Run, Verdict

ROUNDS: dict[Size, int] = {"tiny": 1, "quick": 3, "full": 11}

#: A case whose contenders take longer than this one after the other, in seconds, is timed no more than so often.
SLOW, SLOW_ROUNDS = 40.0, 5

#: Seconds that a case waits for quiet rounds on a shared machine.
PATIENCE: dict[Size, float] = {"tiny": 0.0, "quick": 0.0, "full": 300.0}


def run(
    name: str,
    size: Size,
    *,
    rounds: int | None = None,
    memory: bool = True,
    patience: float | None = None,
    told: Callable[[str], None] = print,
) -> Result:
    """Check that all contenders of all cases agree, then time them.

    Args:
        name: Of the question.
        size: Of the cases.
        rounds: How often each contender is timed; ``None`` for what the size says.
        memory: Also measure peak memory, each contender in a process of its own.
        patience: Seconds that each case waits for quiet rounds; ``None`` for what the size says.
        told: Called with what goes on.

    Raises:
        AssertionError: results differ.
    """
    asked = question(name)
    waits = PATIENCE[size] if patience is None else patience
    result = Result(name, asked.ASKS, size, machine(), versions())
    left_out: list[str] = getattr(asked, "missing", list)()
    if left_out:
        hint = getattr(asked, "TRY", "pip install simdprep[bench]")
        told(f"{name}: peers are left out, for want of {', '.join(left_out)}; try {hint}")
    for case in asked.cases(size):
        told(f"{name}: {case.name} ...")
        with tempfile.TemporaryDirectory(prefix="simdprep-benchmark-") as folder:
            result.cases.append(_run_case(name, case, size, Path(folder), rounds, memory=memory, patience=waits))
    result.targets.extend(_verdicts(asked, result))
    return result


def _run_case(
    name: str, case: Named, size: Size, folder: Path, rounds: int | None, *, memory: bool, patience: float
) -> CaseResult:
    asked = question(name)
    prepared = asked.prepare(case, folder)
    threads = [count for count in THREADS if count <= cores()]
    with Remotes(name, size, case.name, folder) as remotes:
        contenders = [remotes.moved(entry) for entry in asked.contenders(prepared, threads)]
        firsts = _check(asked, prepared, contenders, remotes)
        again = [entry for entry in contenders if not entry.once]
        is_slow = sum(firsts[entry.key] for entry in again) > SLOW
        most = min(getattr(asked, "MOST_ROUNDS", ROUNDS[size]), SLOW_ROUNDS if is_slow else ROUNDS[size])
        rounds = rounds or min(most, ROUNDS[size])
        times = alternate(again, rounds=rounds, patience=patience).with_single(firsts)
    runs = []
    for entry in contenders:
        peak = None
        if memory and entry.measures_memory and not entry.once:
            peak = peak_memory(name, size, case.name, entry, folder)
        runs.append(_run_of(entry, times, peak))
    ratios = [_ratio(ours, peer, times) for ours in contenders for peer in contenders if ours.meets(peer)]
    notes = getattr(asked, "notes", lambda _: [])(runs)
    return CaseResult(case.name, case.what, rounds, times.others, runs, ratios, notes)


def _check(asked: Question, prepared: Any, contenders: Sequence[Contender], remotes: Remotes) -> dict[str, float]:
    """Run all once and compare what they found; return how long each took."""
    seconds, answers = {}, {}
    programs = [entry.program for entry in contenders if entry.program is not None]
    for program in programs:
        program.start()
    for program in programs:
        program.wait()
    for entry in contenders:
        begun = time.perf_counter()
        answers[entry.key] = remotes.answer(entry)
        seconds[entry.key] = time.perf_counter() - begun
    asked.check(prepared, answers)
    return seconds


def _run_of(entry: Contender, times: Times, memory: Memory | None) -> Run:
    return Run(
        entry.name,
        entry.threads,
        entry.is_ours,
        entry.rows,
        entry.once,
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
        for case in (entry for entry in result.cases if target.asks_of(entry.case)):
            wanted = (target.ours, target.peer, target.threads)
            found = [ratio for ratio in case.ratios if (ratio.ours, ratio.peer, ratio.threads) == wanted]
            got = _measured(found[0], target.what, case.runs) if found else None
            met = got is not None and (got >= target.limit if target.what == "speed" else got <= target.limit)
            verdicts.append(
                Verdict(case.case, target.ours, target.peer, target.threads, target.what, target.limit, got, met)
            )
    return verdicts


def _measured(ratio: Ratio, what: str, runs: Sequence[Run]) -> float | None:
    if what == "memory":
        added = {
            (run.name, run.is_ours and run.threads): run.memory["peak"] - run.memory["before"]
            for run in runs
            if run.memory is not None
        }
        ours, peer = added.get((ratio.ours, ratio.threads)), added.get((ratio.peer, False))
        return None if ours is None or peer is None else ours / max(peer, 1)
    return {"speed": ratio.speed.median, "size": ratio.file_size, "chunks": ratio.chunk_size}[what]
