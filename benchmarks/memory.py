"""Memory: the peak of one contender, in a fresh process that runs nothing else.

    python -m benchmarks.memory QUESTION SIZE CASE CONTENDER FOLDER

prints JSON: bytes resident before the run and at its peak.
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict, cast

from .cases import Size
from .question import Contender
from .remote import ROOT, environment, prepared_contenders


class Memory(TypedDict):
    """Resident bytes.

    Attributes:
        before: With the input made and everything imported.
        peak: The most at any time of the run.
    """

    before: int
    peak: int


def peak_memory(asked: str, size: Size, case: str, contender: Contender, folder: Path) -> Memory | None:
    """Run a contender once in a process of its own; ``None`` where the system does not tell."""
    command = [sys.executable, "-m", "benchmarks.memory", asked, size, case, contender.key, str(folder.absolute())]
    variables = environment(contender.isa)
    done = subprocess.run(command, cwd=ROOT, env=variables, check=True, capture_output=True, text=True)
    return cast("Memory | None", json.loads(done.stdout.splitlines()[-1]))


def measure(contender: Contender) -> Memory | None:
    """Run a contender once; what earlier code left behind in the process counts as before."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # else freed memory would be used again, unseen
    process = Path("/proc") / ("self" if contender.pid is None else str(contender.pid))
    try:
        (process / "clear_refs").write_text("5")  # the peak begins anew
    except OSError:
        return None
    before = _status(process, "VmRSS")
    kept = contender.run()
    peak = _status(process, "VmHWM")
    del kept
    return {"before": before, "peak": peak}


def _status(process: Path, key: str) -> int:
    for line in (process / "status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def _main(asked: str, size: str, case: str, key: str, folder: str) -> None:
    print(json.dumps(measure(prepared_contenders(asked, size, case, folder)[key])))


if __name__ == "__main__":
    _main(*sys.argv[1:])
