"""Plans of very many files, and conversions of many tiny ones: nothing is opened that need not be."""

import json
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.convert.planning import plan
from simdprep.readers import open_source, read_header
from tests.real_data import folder
from tests.unit.convert.campaign_files import contents

#: Bytes of a task that holds one tiny file, as its header counts them, and not two.
ONE_FILE = 260

CODE = """
    import json, resource, sys, time
    from simdprep.convert.planning import plan
    started = time.perf_counter()
    staging, made = plan(sys.argv[1], sys.argv[2], jobs=4, task_size=int(sys.argv[3]))
    peak = max(resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"tasks": len(made.tasks), "seconds": time.perf_counter() - started, "peak": peak}))
"""


def write_tiny(place, count, *, distinct=50):
    """Files of two branches and 20 entries; most are further names of the first ones."""
    place.mkdir()
    for number in range(count):
        path = place / f"{number:06d}.root"
        if number >= distinct:
            os.link(place / f"{number % distinct:06d}.root", path)
            continue
        values = np.random.default_rng(number).normal(size=20).astype(np.float32)
        with uproot.recreate(path) as file:
            file.mktree("Events", {"x": "float32", "n": "int32"}).extend({"x": values, "n": np.arange(20, dtype="i4")})
    return str(place / "*.root")


def planned(pattern, output):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CODE), pattern, str(output), str(ONE_FILE)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_tiny_files_are_taken_together(tmp_path):
    pattern = write_tiny(tmp_path / "in", 120)
    _, one_each = plan(pattern, tmp_path / "each", task_size=ONE_FILE)
    # One file is divided where a chunk of rows ends.
    assert 119 <= len(one_each.tasks) <= 121
    assert max(len(task.payload["inputs"]) for task in one_each.tasks) <= 2
    _, together = plan(pattern, tmp_path / "together")
    assert [len(task.payload["inputs"]) for task in together.tasks] == [120]


def test_they_are_converted_as_one_task_would(tmp_path):
    pattern = write_tiny(tmp_path / "in", 40)
    sp.convert(pattern, tmp_path / "whole.h5")
    sp.convert(pattern, tmp_path / "out", jobs=1, task_size=10 * ONE_FILE)
    with sp.open(tmp_path / "out") as found, sp.open(tmp_path / "whole.h5") as expected:
        for name in ("x", "n"):
            np.testing.assert_array_equal(found["events"][name][:], expected["events"][name][:])


@pytest.mark.long
def test_a_hundred_thousand_files_are_planned_in_a_minute(tmp_path, capsys):
    pattern = write_tiny(tmp_path / "in", 100_000)
    found = planned(pattern, tmp_path / "out")
    nano = folder() / "nano_tt_v12.root"
    rates = ""
    if nano.is_file():
        for name, read in (("header", read_header), ("all branches", lambda path: open_source(path).close())):
            started = time.perf_counter()
            for _ in range(20):
                read(str(nano))
            rates += f"; NanoAOD {name}: {20 / (time.perf_counter() - started):.0f} files/s a core"
    with capsys.disabled():
        print(f"\n{found['tasks']:,} tasks in {found['seconds']:.1f} s, {found['peak'] / 1e6:.0f} MB{rates}")
    assert found["tasks"] >= 99_900  # a file is divided where a chunk of rows ends
    assert found["seconds"] < 60
    assert found["peak"] < 1e9


@pytest.mark.long
def test_ten_thousand_files_by_processes_and_by_dask(tmp_path, capsys, promise):
    distributed = pytest.importorskip("distributed", reason="no dask.distributed")
    pattern = write_tiny(tmp_path / "in", 10_000)
    seconds = {}
    for way in ("processes", "dask"):
        started = time.perf_counter()
        if way == "processes":
            sp.convert(pattern, tmp_path / way, jobs=4, task_size=100 * ONE_FILE)
        else:
            cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None)
            with cluster, distributed.Client(cluster, set_as_default=False) as client:
                sp.convert(pattern, tmp_path / way, executor=client, task_size=100 * ONE_FILE)
        seconds[way] = time.perf_counter() - started
    assert contents(tmp_path / "processes") == contents(tmp_path / "dask")
    with sp.open(tmp_path / "dask") as dataset:
        assert dataset.num_rows == 200_000
    promise("R15", rows=200_000, equal=len(contents(tmp_path / "dask")), files_converted=10_000)
    with capsys.disabled():
        print(f"\n10,000 files, 200,000 rows, {len(contents(tmp_path / 'dask')) - 1} parts, equal: {seconds}")
