"""Writers and merges that meet a fault, each in a forked process; run with the shim preloaded.

``python -m tests.faults.writer_trials FOLDER`` reads trials from stdin, a JSON line each; answers with a JSON line:
how the process ended, and what it said. Forking spares each of the many trials the second that the imports take.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import simdprep as sp
from simdprep.errors import SimdprepError
from tests.faults.loop_events import NUM_EVENTS, PART_ROWS, loop_events, loop_schema

#: Exit code of a trial that ended in an error that is not ours.
FOREIGN = 99


def write(output: str, *, overwrite: bool, num_events: int = NUM_EVENTS) -> list[str]:
    """Write the events in batches that fit neither chunks nor parts; returns what the user is told."""
    events = loop_events(num_events)
    with sp.Writer(output, loop_schema(), overwrite=overwrite, threads=1, part_rows=PART_ROWS) as writer:
        for start in range(0, num_events, 700):
            writer.fill(events[start : start + 700])
    return writer.summary.told


def merge(sources: list[str], output: str, *, overwrite: bool) -> list[str]:
    """Merge parts that lie where no fault happens."""
    return sp.merge(sources, output, overwrite=overwrite, threads=1).told


def child(trial: dict[str, Any], answer: int) -> int:
    """Run one trial; what it says goes to ``answer``."""
    arm = ctypes.CDLL(None).fault_arm
    log = trial["log"].encode() if trial["log"] else None
    arm(trial["folder"].encode(), ctypes.c_long(trial["call"]), trial["kind"].encode(), int(trial["lasts"]), log)
    try:
        if trial.get("sources"):
            told = merge(trial["sources"], trial["output"], overwrite=trial["overwrite"])
        else:
            told = write(trial["output"], overwrite=trial["overwrite"])
        code, text = 0, "\n".join(told)
    except SimdprepError as error:
        code, text = error.exit_code, str(error)
    except BaseException as error:  # noqa: BLE001 - told to the test
        code, text = FOREIGN, f"{type(error).__name__}: {error}"
    os.write(answer, text.encode())
    return code


def trial(job: dict[str, Any]) -> dict[str, Any]:
    """Fork, run, wait."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            code = child(job, writing)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        text = said.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"status": status, "pid": pid, "text": text}


def main() -> None:
    warnings.simplefilter("ignore")
    write(str(Path(sys.argv[1]) / "warm"), overwrite=False, num_events=10)  # whatever is imported late
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(trial(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
