"""R14: memory stays within what the docs state, whatever the input."""

import json
import os
import subprocess
import sys
import textwrap

import awkward as ak
import numpy as np
import pytest
import uproot

from simdprep.readers import STEP_BYTES

MIB = 1 << 20

#: Libraries, and what allocators keep; see docs/scale.md.
_LIBRARIES = 250 * MIB
_RUNS = 8 * 16 * MIB
_PER_THREAD = 16 * MIB

CODE = r"""
    import json, re, resource, sys
    from pathlib import Path
    import simdprep as sp
    job = json.loads(sys.argv[1])
    summary = sp.convert(job["inputs"], job["output"], jobs=2, threads=2, task_size=job["task_size"])
    # Not its ru_maxrss, which begins with that of the process it was forked from.
    own = int(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])
    peak = [own * 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024]
    print(json.dumps({"rows": summary.num_rows, "peak": peak}))
"""


def bound(branches):
    """Bytes that a process may use at most."""
    step = min(max(STEP_BYTES // 4, branches * (32 << 10)), STEP_BYTES)
    return _LIBRARIES + 3 * 2 * step + _RUNS + 2 * _PER_THREAD


def peak_of(inputs, output, task_size=None):
    """Rows, and the most memory of this process and of a worker."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    job = {"inputs": [str(path) for path in inputs], "output": str(output), "task_size": task_size}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(CODE), json.dumps(job)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return found["rows"], found["peak"]


def within(promise, rows, peaks, allowed):
    most = max(peaks)
    assert most <= allowed
    promise("R14", faults=1, rows_written=rows, most={"MiB in a process": most // MIB, "MiB allowed": allowed // MIB})


def write_candidates(path, events, *, mean=2500):
    """Events with thousands of candidates, in small baskets."""
    rng = np.random.default_rng(1)
    with uproot.recreate(path, compression=uproot.ZLIB(1)) as file:
        kinds = "{pt: float32, eta: float32, phi: float32, id: int32}"
        tree = file.mktree("Events", {"PF": f"var * {kinds}"})
        for _ in range(events // 250):
            counts = rng.poisson(mean, 250)
            values = rng.exponential(size=counts.sum()).astype(np.float32)
            fields = {"pt": values, "eta": values, "phi": values, "id": (values * 10).astype(np.int32)}
            tree.extend({"PF": ak.unflatten(ak.zip(fields), counts)})
    return path


def test_events_of_thousands_of_candidates(tmp_path, promise):
    path = write_candidates(tmp_path / "a.root", 1500)
    rows, peaks = peak_of([path], tmp_path / "out", task_size=16 * MIB)
    assert rows == 1500
    within(promise, rows, peaks, bound(5))


@pytest.mark.long
@pytest.mark.parametrize("events", [5_000, 10_000, 20_000])
def test_more_events_take_no_more_memory(tmp_path, promise, events):
    path = write_candidates(tmp_path / "a.root", events)
    rows, peaks = peak_of([path], tmp_path / "out")
    assert rows == events
    within(promise, rows, peaks, bound(5))


@pytest.mark.long
def test_two_thousand_branches(tmp_path, promise):
    rng = np.random.default_rng(2)
    with uproot.recreate(tmp_path / "wide.root", compression=uproot.ZLIB(1)) as file:
        tree = file.mktree("Events", {f"field_{number}": "float32" for number in range(2000)})
        for _ in range(10):
            tree.extend({f"field_{number}": rng.normal(size=2000).astype(np.float32) for number in range(2000)})
    rows, peaks = peak_of([tmp_path / "wide.root"], tmp_path / "out")
    assert rows == 20_000
    within(promise, rows, peaks, bound(2000))
