"""A conversion in tasks in a process of its own, which may end itself: ``python -m tests.faults.campaign_job JSON``.

The JSON has ``inputs``, ``output``, ``options`` of ``convert``, and where to die: ``after`` so many tasks, or at the
``place`` that is named below. Prints the pids of local workers, then the rows.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import simdprep as sp
from simdprep import _core
from simdprep.convert import campaign, executors
from simdprep.storage import merge_ahead, staged_output


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arrange(place: str) -> None:
    """Die at a place instead of doing what is done there."""
    moved = staged_output.StagedOutput._move
    if place == "plan":
        campaign.Staging.write = die
    if place == "merge":
        staged_output.merge_parts = die
        merge_ahead.MergeAhead.finish = die
    if place == "moves":
        staged_output.StagedOutput._write_moves = die
    if place == "manifest":
        _core.Manifest.commit = die
    if place == "clear":
        staged_output.StagedOutput.clear = die
    if place == "third move":
        seen: list[int] = []

        def move(self: Any, *arguments: Any) -> Any:
            seen.append(1)
            return die() if len(seen) == 3 else moved(self, *arguments)

        staged_output.StagedOutput._move = move


def main() -> None:
    job = json.loads(sys.argv[1])
    after = job.get("after")
    arrange(job.get("place", ""))
    tasks = 0

    def progress(_done: int, _total: int) -> None:
        nonlocal tasks
        tasks += 1
        if tasks == after:
            die()

    started = executors.WorkerProcess

    def announced() -> Any:
        worker = started()
        print(f"worker {worker.pid}\n", end="", flush=True)  # at once: threads print
        return worker

    executors.WorkerProcess = announced  # type: ignore[assignment,misc]
    summary = sp.convert(job["inputs"], job["output"], progress=progress, **job["options"])
    print("rows", summary.num_rows, summary.exit_code, flush=True)


if __name__ == "__main__":
    main()
