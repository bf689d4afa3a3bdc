"""Writers, merges, conversions and repairs that meet a fault, each in a forked process; run with the shim preloaded.

``python -m tests.faults.writer_trials FOLDER JOB OPTIONS`` reads trials from stdin, a JSON line each; answers with a
JSON line: how the process ended, after how many seconds, and what it said. Forking spares each of the many trials the
second that the imports take. OPTIONS, a JSON object, are those of the job.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import simdprep as sp
from simdprep.errors import SimdprepError
from tests.faults.loop_events import NUM_EVENTS, PART_ROWS, loop_events, loop_schema
from tests.faults.small_files import write_root

#: Exit code of a trial that ended in an error that is not ours.
FOREIGN = 99


def write(output: str, *, overwrite: bool, num_events: int = NUM_EVENTS) -> list[str]:
    """Write the events in batches that fit neither chunks nor parts; returns what the user is told."""
    events = loop_events(num_events)
    with sp.Writer(output, loop_schema(), overwrite=overwrite, threads=1, part_rows=PART_ROWS) as writer:
        for start in range(0, num_events, 700):
            writer.fill(events[start : start + 700])
    return writer.summary.told


def merge(output: str, *, overwrite: bool, sources: list[str]) -> list[str]:
    """Merge parts that lie where no fault happens."""
    return sp.merge(sources, output, overwrite=overwrite, threads=1).told


def convert(output: str, *, overwrite: bool, inputs: list[str], **options: Any) -> list[str]:
    """Convert, or go on with what was interrupted; ``overwrite`` plays no role."""
    return sp.convert(inputs, output, resume=True, threads=1, **options).told


def repair(output: str, *, overwrite: bool) -> list[str]:
    """Make again what is damaged."""
    from simdprep.convert.restoration import repair as run

    report = run(output, threads=1)
    for error in report.failed.values():
        raise error
    return report.told


JOBS = {"write": write, "merge": merge, "convert": convert, "repair": repair}


def child(trial: dict[str, Any], job: str, options: dict[str, Any], answer: int) -> int:
    """Run one trial; what it says goes to ``answer``."""
    arm = ctypes.CDLL(None).fault_arm
    log = trial["log"].encode() if trial["log"] else None
    arm(trial["folder"].encode(), ctypes.c_long(trial["call"]), trial["kind"].encode(), int(trial["lasts"]), log)
    try:
        told = JOBS[job](trial["output"], overwrite=trial["overwrite"], **options)
        code, text = 0, "\n".join(told)
    except SimdprepError as error:
        code, text = error.exit_code, str(error)
    except BaseException as error:  # noqa: BLE001 - told to the test
        code, text = FOREIGN, f"{type(error).__name__}: {error}"
    os.write(answer, text.encode())
    return code


def trial(asked: dict[str, Any], job: str, options: dict[str, Any]) -> dict[str, Any]:
    """Fork, run, wait; and kill it after some seconds if that is asked for."""
    reading, writing = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            code = child(asked, job, options, writing)
        finally:
            os._exit(code)
    os.close(writing)
    if asked.get("seconds") is not None:
        select.select([reading], [], [], asked["seconds"])  # readable once it has ended
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with os.fdopen(reading, "rb") as said:
        text = said.read().decode()
    seconds = time.monotonic() - started
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"status": status, "seconds": seconds, "text": text}


def main() -> None:
    warnings.simplefilter("ignore")
    folder, job, options = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
    write(str(folder / "warm"), overwrite=False, num_events=10)  # whatever is imported late
    if job in ("convert", "repair"):
        write_root(folder / "warm.root", 10)
        convert(str(folder / "warmer"), overwrite=False, inputs=[str(folder / "warm.root")])
        repair(str(folder / "warmer"), overwrite=False)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(trial(json.loads(line), job, options)), flush=True)


if __name__ == "__main__":
    main()
