"""Prepare: from files of events to train, val and test, with the constants of the training rows."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..convert.executors import executor_of
from ..convert.tasks import run_tasks
from ..errors import SimdprepWarning
from ..schema.config import load_config
from ..transforms import Balance, ClassSums, Labels, Parametric, State, balance_from_state
from .balancing import solve
from .block import Tally
from .constants import Constants
from .expressions import UNLABELLED_CLASS
from .factors import Factors
from .job import PARTS, make_tasks
from .part_task import write_part
from .plan import Plan, make_plan
from .publish import Staging, publish
from .report import Outcome, check_labels
from .setting import Setting
from .summary import PrepareSummary
from .survey_task import BALANCE, PARAMETRIC, SUMS, survey

if TYPE_CHECKING:
    from ..convert.request import ConfigLike
    from ..convert.tasks import Record, Task, Work

#: Up to so many tasks for each job are done by threads of this process: starting others takes longer.
SHARES_FOR_THREADS = 32

#: Called after every task with those done and those in all.
Progress = Callable[[int, int], None]


def prepare(
    config: ConfigLike,
    output: str | os.PathLike[str],
    *,
    overrides: Sequence[str] = (),
    overwrite: bool = False,
    jobs: int | None = None,
    dask: str | None = None,
    executor: Any = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> PrepareSummary:
    """Select, label, weight or resample, split and fit, as the section ``prepare`` of a config says.

    Args:
        config: A YAML file, mapping or :class:`Config`.
        output: Folder that gets ``train``, ``val`` and ``test`` (datasets), ``state.json`` and ``report.json``.
        overrides: ``KEY=VALUE`` texts that replace values of the config.
        overwrite: Replace what an earlier run wrote there.
        jobs: Threads, or processes where there is much to do; ``None`` for all cores. Outputs do not depend on it.
        dask: Address of a scheduler whose workers do it instead.
        executor: Anything with ``submit`` that does it instead.
        resume: Go on with what an interrupted run has done.
        progress: Called with tasks done and in all.

    Raises:
        SimdprepError: one of its kinds, for any mistake in inputs, config or output.

    Memory: per job, about five times what a task reads (128 MB).
    """
    started = time.perf_counter()
    settings = load_config(Path(config) if isinstance(config, (str, os.PathLike)) else config, overrides)
    with Staging(output, overwrite=overwrite, resume=resume) as staging, ExitStack() as stack:
        plan = make_plan(settings)
        setting = plan.setting
        count = min(len(os.sched_getaffinity(0)) if jobs is None else jobs, len(plan.shares))
        alone = count == 1 and executor is None and dask is None
        staging.begin({**plan.job, "threads": 0 if alone else 1})
        if executor is None and dask is None and count > 1 and len(plan.shares) <= SHARES_FOR_THREADS * count:
            pool: Any = stack.enter_context(ThreadPoolExecutor(count))
        else:
            pool = stack.enter_context(executor_of(executor, jobs=count, dask=dask))
        passes = _Passes(staging, plan, pool, progress)
        factors = _survey(plan, passes)
        records = passes.do("write", write_part, factors)
        outcome = Outcome(setting, records, factors.balance)
        outcome.check(plan.paths)
        balance = outcome.balance
        balance.check()
        state = _state(setting, records, outcome, factors)
        report = {"inputs": [dict(entry.identity) for entry in plan.files], **outcome.data()}
        publish(staging, setting, records, state, report)
    told = [*staging.told, *plan.told, *(f"no row of sample {name} was written" for name in outcome.empty_samples)]
    summary = PrepareSummary(str(output), dict(outcome.rows), balance, report, told)
    summary.seconds = time.perf_counter() - started
    if summary.truncated:
        warnings.warn(f"{output}: {'; '.join(summary.truncated)}", SimdprepWarning, stacklevel=2)
    return summary


class _Passes:
    """The passes of a run over all inputs: all by the same executor and journal."""

    def __init__(self, staging: Staging, plan: Plan, executor: Any, progress: Progress | None) -> None:
        self._staging, self._plan, self._executor, self._progress = staging, plan, executor, progress
        self._journal = staging.journal

    def do(self, stage: str, work: Work, factors: Factors) -> list[Record]:
        """Do one pass and return its records, in the order of the tasks."""
        plan = self._plan
        tasks = make_tasks(stage, self._staging.folder, plan.job, plan.shares, factors.state())
        done = 0

        def tell(task: Task, record: Record) -> None:
            nonlocal done
            done += 1
            if self._progress is not None:
                self._progress(done, len(tasks))

        return run_tasks(tasks, work, executor=self._executor, journal=self._journal, believe=self._believe, done=tell)

    def _believe(self, task: Task, record: Record) -> bool:
        """Whether the parts that a record names are still there."""
        parts = [(split, part["file"]) for split, part in record.get("parts", {}).items() if "file" in part]
        return all((self._staging.folder / PARTS / split / name).is_file() for split, name in parts)


def _survey(plan: Plan, passes: _Passes) -> Factors:
    """Find the factors, in as many passes as they need: none, where nothing is scaled or balanced."""
    setting = plan.setting
    factors = Factors.none(setting)
    rules = setting.prepare
    targets, balanced = bool(rules.sum_of_weights), rules.balance is not None
    if rules.within or (targets and not balanced):
        factors = factors.of_samples(_surveyed(plan, passes, SUMS, factors)[0], last=not balanced)
    if balanced:
        factors = replace(factors, balance=_surveyed(plan, passes, BALANCE, factors)[1])
        if targets:
            factors = factors.of_classes(_surveyed(plan, passes, SUMS, factors)[0])
    if rules.parametric is not None:
        factors = replace(factors, parametric=_surveyed(plan, passes, PARAMETRIC, factors)[2])
    return factors


def _surveyed(
    plan: Plan, passes: _Passes, stage: str, factors: Factors
) -> tuple[ClassSums, dict[str, Balance], Parametric | None]:
    setting = plan.setting
    records = passes.do(stage, survey, factors)
    tally = Tally.of(setting)
    sums = ClassSums(setting.classes, setting.sample_names)
    steps: dict[str, Balance] = {}
    parametric: Parametric | None = None
    for record in records:
        tally.labels.merge(Labels.from_state(record["labels"]))
        if tally.splits is not None:
            tally.splits.merge(Labels.from_state(record["splits"]))
        sums.merge(ClassSums.from_state(record["sums"]))
        for name, state in record["balance"].items():
            step = balance_from_state(state)
            if name in steps:
                steps[name].merge(step)
            else:
                steps[name] = step
        if record["parametric"] is not None:
            found = Parametric.from_state(record["parametric"])
            if parametric is None:
                parametric = found
            else:
                parametric.merge(found)
    check_labels(setting, tally.labels, tally.splits, plan.paths)
    solve(setting, steps)
    return sums, steps, parametric


def _state(setting: Setting, records: Sequence[Record], outcome: Outcome, factors: Factors) -> State:
    constants = Constants.of(setting)
    for record in records:
        constants.merge(record["constants"])
    schema = setting.schema
    lists = [spec for spec in schema.objects if spec.is_list]
    named = setting.classes != (UNLABELLED_CLASS,)
    return State(
        constants.transforms(),
        classes=setting.classes if named else (),
        label=f"{setting.home}.{setting.added[0]}" if named else None,
        class_weights=outcome.sums["train"].class_weights.tolist() if named else None,
        fills={spec.name: {entry.name: entry.fill for entry in spec.fields} for spec in schema.objects},
        pads={spec.name: spec.pad for spec in lists},
        parents={spec.name: spec.parent for spec in lists if spec.parent in {other.name for other in lists}},
        sections={
            "factors": factors.state(),
            "split": setting.prepare.split.model_dump(exclude_none=True),
            "fields": setting.prepare.fields.model_dump(),
            "samples": list(setting.sample_names),
        },
        config=setting.config_text,
    )
