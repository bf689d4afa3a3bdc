"""Tasks: pieces of work that may be done anywhere, in any order and more than once, with one record of each.

A task is a name and a JSON payload; work on it is a function of a module (never of a script) that returns a small
JSON record, and files that it commits under names of its own. Doing a task twice gives the same record and the same
files, so whatever dies is done again::

    def count(task: Task) -> dict[str, Any]:              # in an importable module
        return {"entries": len(read(task.payload["path"]))}

    tasks = [Task.of({"path": path}) for path in paths]
    with executor_of(jobs=4) as executor:
        records = run_tasks(tasks, count, executor=executor, journal=Journal(folder / "journal.jsonl"))

``records[i]`` is that of ``tasks[i]``. With the journal of an interrupted run, what it did is not done again.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..errors import SimdprepError
from .attempt import Attempt, ExecutorLost, Retries, attempt, attempt_of
from .executors import Executor, Serial, width_of
from .journal import Journal

#: What work returns: JSON, and small.
Record = dict[str, Any]

_ID_LENGTH = 16


@dataclass(frozen=True)
class Task:
    """A piece of work.

    Attributes:
        id: Of 16 hexadecimal digits; the same for the same work, in every run.
        payload: What is to be done, as JSON.
        last: A failure will not be followed by another attempt: work may give up now what it can do without.
    """

    id: str
    payload: Mapping[str, Any]
    last: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, payload: Mapping[str, Any], *, identity: Any = None) -> Self:
        """Return the task of a payload; its id is the hash of ``identity`` (JSON), or else of the payload."""
        text = json.dumps(payload if identity is None else identity, sort_keys=True, separators=(",", ":"))
        return cls(hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH], payload)


#: Does a task; a function of a module, so that other processes find it.
Work = Callable[[Task], Record]


def run_tasks(
    tasks: Sequence[Task],
    work: Work,
    *,
    executor: Executor | None = None,
    journal: Journal | None = None,
    believe: Callable[[Task, Record], bool] | None = None,
    quarantine: Callable[[Task, SimdprepError], Record] | None = None,
    retries: Retries | None = None,
    done: Callable[[Task, Record], None] | None = None,
) -> list[Record]:
    """Do all tasks and return their records, in the order of the tasks.

    A task is done again, after a pause, when its worker died or when the error may go away by itself (a network, a
    disk of many users); see :class:`~simdprep.convert.attempt.Retries`.

    Args:
        tasks: With distinct ids.
        work: Called with a task where the executor says; see the module's text.
        executor: Anything with ``submit``; ``None`` does one task after the other in this process.
        journal: Records are appended as they come; those it has already are not made again.
        believe: Whether a record of the journal still holds, such as that its files are there; ``None`` for always.
        quarantine: Gives the record of a task that failed for good through no fault of ours. It is not put into the
            journal: the next run tries again. ``None`` raises the error instead.
        retries: How often and after what pause.
        done: Called in this thread with every task and its record, those of the journal included.

    Raises:
        SimdprepError: a task failed for good; no other is begun then.
        ExecutorLost: the executor does not take tasks any more; the journal keeps what was done.
    """
    return _Run(work, executor or Serial(), journal, quarantine, retries or Retries(), done).run(tasks, believe)


class _Run:
    """The state of one call of :func:`run_tasks`."""

    def __init__(
        self,
        work: Work,
        executor: Executor,
        journal: Journal | None,
        quarantine: Callable[[Task, SimdprepError], Record] | None,
        retries: Retries,
        done: Callable[[Task, Record], None] | None,
    ) -> None:
        self._work, self._executor, self._journal = work, executor, journal
        self._quarantine, self._retries, self._done = quarantine, retries, done
        self._records: dict[int, Record] = {}
        self._finished: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}
        self._later: list[tuple[float, int]] = []  # a heap of those that wait: when, which
        self._tries: dict[int, int] = {}

    def run(self, tasks: Sequence[Task], believe: Callable[[Task, Record], bool] | None) -> list[Record]:
        if len({task.id for task in tasks}) < len(tasks):
            raise ValueError("two tasks of one id")
        self._tasks = tasks
        known = self._journal.records if self._journal is not None else {}
        todo = []
        for index, task in enumerate(tasks):
            record = known.get(task.id)
            if record is not None and (believe is None or believe(task, record)):
                self._keep(index, record)
            else:
                todo.append(index)
        todo.reverse()
        try:
            while todo or self._later or self._futures:
                self._submit(todo)
                self._take()
        finally:
            for future in self._futures.values():
                future.cancel()
        return [self._records[index] for index in range(len(tasks))]

    def _submit(self, todo: list[int]) -> None:
        """Keep the executor busy, and not much more: whatever is submitted is lost with it."""
        now = time.monotonic()
        while len(self._futures) < 2 * width_of(self._executor):
            if self._later and self._later[0][0] <= now:
                index = heapq.heappop(self._later)[1]
            elif todo:
                index = todo.pop()
            else:
                return
            task = self._tasks[index]
            if self._tries.get(index, 0) >= self._retries.count:
                task = replace(task, last=True)
            try:
                future = self._executor.submit(attempt, self._work, task)
            except Exception as error:
                raise ExecutorLost.of(error) from error
            self._futures[index] = future
            future.add_done_callback(lambda future, index=index: self._finished.put((index, future)))

    def _take(self) -> None:
        """Wait for a task that ends, or for one whose pause does."""
        timeout = None
        if self._later and len(self._futures) < 2 * width_of(self._executor):
            timeout = max(self._later[0][0] - time.monotonic(), 0)
        try:
            index, future = self._finished.get(timeout=timeout)
        except queue.Empty:
            return
        del self._futures[index]
        result = attempt_of(future)
        task = self._tasks[index]
        if result.record is not None:
            if self._journal is not None:
                self._journal.append(task.id, result.record)
            self._keep(index, result.record)
            return
        self._fail(index, task, result)

    def _fail(self, index: int, task: Task, result: Attempt) -> None:
        assert result.error is not None
        tries = self._tries[index] = self._tries.get(index, 0) + 1
        if result.may_pass and tries <= self._retries.count:
            heapq.heappush(self._later, (time.monotonic() + self._retries.pause(task.id, tries), index))
            return
        if self._quarantine is None or not result.is_of_input:
            raise result.error
        self._keep(index, self._quarantine(task, result.error))

    def _keep(self, index: int, record: Record) -> None:
        self._records[index] = record
        if self._done is not None:
            self._done(self._tasks[index], record)
