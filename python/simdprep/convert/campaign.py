"""Campaign: a conversion in tasks: planned, done anywhere, committed; it goes on after whatever ended it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError, OutputError, SimdprepError
from ..storage.staged_output import StagedOutput, staging_folder
from ..storage.staged_parts import StagedPart
from . import accounts
from .commit import commit_records
from .conversion_task import ReadyWork, convert_task
from .executors import Executor, LocalPool, Serial, local_width, width_of
from .growth import Growth
from .journal import Journal
from .kept_source import KEPT
from .parts_in_order import PartsInOrder
from .plan import Plan
from .staging import Staging
from .summary import ConvertSummary, Skipped
from .tasks import Task, run_tasks

#: Called after every step with the entries done and the entries in all.
Progress = Callable[[int, int], None]


def convert_in_tasks(
    plan: Plan,
    output: Path,
    executor: Executor,
    *,
    overwrite: bool = False,
    resume: bool = False,
    growth: Growth | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ConvertSummary:
    """Do all tasks of a plan and commit them.

    Args:
        plan: What is to be done.
        output: The dataset.
        executor: Where tasks are done.
        overwrite: Replace the output, when all is done.
        resume: Go on with what is staged.
        growth: The dataset that grows.
        threads: Threads of each task; ``None`` shares the cores.
        progress: Called after every task.

    Raises:
        SimdprepError: what ended it. What was done stays staged if there is any.
    """
    staged = StagedOutput(output, overwrite=overwrite, resume=resume, update=growth is not None)
    try:
        staging = Staging(staged.folder.absolute())
        staging.write(plan.data, plan.tasks)
        journal = staging.journal()
        merging = None if threads is None else threads * local_width(executor)
        ahead = PartsInOrder.of(plan, staged, merging) if width_of(executor) > 1 else None
        try:
            try:
                records = _do(plan, staged, journal, executor, threads, progress, ahead)
            except BaseException:
                if not journal.records:
                    staged.clear()
                raise
            made = None if ahead is None else ahead.merge
            return commit_records(staged, plan.data, records, growth=growth, threads=merging, ahead=made)
        finally:
            if ahead is not None:
                ahead.close()
    finally:
        staged.release()


def _do(
    plan: Plan,
    staged: StagedOutput,
    journal: Journal,
    executor: Executor,
    threads: int | None,
    progress: Progress | None,
    ahead: PartsInOrder | None,
) -> list[dict[str, Any]]:
    skips = plan.data["skip_bad_files"]
    is_ours = isinstance(executor, LocalPool | Serial)
    more = {"threads": share_of(executor, threads), "keeps": is_ours}
    tasks = [replace(task, payload={**task.payload, **more}) for task in plan.tasks]
    entries_done = 0

    def done(task: Task, record: dict[str, Any]) -> None:
        nonlocal entries_done
        entries_done += record["entries_in"]
        if ahead is not None:
            ahead.take(task, record)
        if progress is not None:
            progress(entries_done, plan.num_entries)

    try:
        return run_tasks(
            tasks,
            ReadyWork.of(staged.folder.absolute()) if isinstance(executor, LocalPool) else convert_task,
            executor=executor,
            journal=journal,
            believe=believer(staged, skips),
            quarantine=quarantine if skips else None,
            done=done,
        )
    finally:
        KEPT.close()


def share_of(executor: Executor, threads: int | None) -> int:
    """Return the threads of each task; ``None`` shares the cores."""
    return threads or max(len(os.sched_getaffinity(0)) // width_of(executor), 1)


def believer(staged: StagedOutput, skips: bool) -> Callable[[Task, dict[str, Any]], bool]:
    """Return what says whether a record holds: its parts are there, whole, and nothing is missing that may not be."""
    moves = staged.moves

    def believe(task: Task, record: dict[str, Any]) -> bool:
        if record["skipped"] and not skips:
            return False
        return all(staged.is_there(StagedPart.from_json(entry), moves) for entry in record["parts"])

    return believe


def quarantine(task: Task, error: SimdprepError) -> dict[str, Any]:
    """Return the record of a task that cannot be done."""
    pieces = [(path, start, stop) for path, start, stop, *_ in task.payload["inputs"]]
    return accounts.unread(pieces, Skipped.of(error, "", "").reason)


def write_plan(plan: Plan, output: Path, *, overwrite: bool = False) -> Staging:
    """Store a plan beside its output, for :func:`run_share` and :func:`commit_plan`; returns where.

    Raises:
        OutputError: the output exists, or cannot be written.
    """
    staged = StagedOutput(output, overwrite=overwrite)
    try:
        staging = Staging(staged.folder.absolute())
        staging.write({**plan.data, "output": str(output.absolute()), "overwrite": overwrite}, plan.tasks)
    finally:
        staged.release()
    return staging


def run_share(plan: str | os.PathLike[str], share: int, shares: int, *, executor: Executor | None = None) -> int:
    """Do one share of the tasks of a plan, on any machine that sees its folder.

    A share that was done is not done again, and one that died may be begun anew anywhere.

    Args:
        plan: As :func:`write_plan` made it.
        share: Which, from 1.
        shares: How many there are.
        executor: Where its tasks are done; ``None`` for this process.

    Returns:
        How many tasks left something out.

    Raises:
        SimdprepError: a task failed.
    """
    if not 1 <= share <= shares:
        raise InputError("share of the tasks", got=f"{share}/{shares}", expected="I/N with I from 1 to N")
    staging = Staging.of_plan(plan)
    data = staging.read()
    tasks = list(staging.tasks())[share - 1 :: shares]
    folder = str(staging.folder)
    keeps = executor is None or isinstance(executor, LocalPool | Serial)
    tasks = [replace(task, payload={**task.payload, "plan": folder, "keeps": keeps}) for task in tasks]
    skips = data["skip_bad_files"]
    try:
        records = run_tasks(
            tasks,
            convert_task,
            executor=executor,
            journal=staging.journal(own=f"{share}-of-{shares}"),
            believe=lambda _, record: all(
                (entry := StagedPart.from_json(part)).is_there(staging.folder / entry.name) for part in record["parts"]
            ),
            quarantine=quarantine if skips else None,
        )
    finally:
        KEPT.close()
    return sum(bool(record["skipped"]) for record in records)


def commit_plan(plan: str | os.PathLike[str], *, threads: int | None = None) -> ConvertSummary:
    """Make the dataset of a plan whose tasks are all done.

    Args:
        plan: As :func:`write_plan` made it.
        threads: Threads of merging.

    Raises:
        InputError: tasks are missing; the text says which.
        OutputError: the output exists, is locked, or cannot be written.
    """
    staging = Staging.of_plan(plan)
    data = staging.read()
    if "output" not in data:
        raise InputError(
            "plan",
            got="that of a conversion",
            expected="one of simdprep plan",
            where=str(staging.folder),
            hint="--resume",
        )
    output = Path(data["output"])
    if staging_folder(output) != staging.folder:
        raise OutputError("plan", got=str(staging.folder), expected=f"it beside its output {output}")
    staged = StagedOutput(output, overwrite=data["overwrite"], resume=True)
    try:
        tasks = list(staging.tasks())
        known = staging.journal().records
        believe = believer(staged, data["skip_bad_files"])
        missing = [
            number for number, task in enumerate(tasks, 1) if task.id not in known or not believe(task, known[task.id])
        ]
        if missing:
            raise _missing(missing, len(tasks), staging.folder)
        return commit_records(staged, data, [known[task.id] for task in tasks], threads=threads)
    finally:
        staged.release()


def _missing(missing: Sequence[int], count: int, folder: Path) -> InputError:
    named = ", ".join(str(number) for number in missing[:5]) + (", ..." if len(missing) > 5 else "")
    return InputError(
        "tasks that are not done",
        got=f"{len(missing)} of {count}: {named}",
        expected="none",
        where=str(folder),
        hint=f"simdprep run-task {folder} {missing[0]}/{count}",
    )


def planned(path: Path) -> Mapping[str, Any] | None:
    """Return the plan that waits beside an output for its tasks; ``None`` where there is none."""
    folder = staging_folder(path)
    try:
        data = Staging.of_plan(folder).read()
    except (SimdprepError, OSError):
        return None
    return data if "output" in data else None
