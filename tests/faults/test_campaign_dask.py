"""R15 and R3 on a dask cluster: the same bytes, whichever of its processes are killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import simdprep as sp
from simdprep.convert import executors
from simdprep.errors import ConfigError
from tests.faults.error_text import check_text
from tests.faults.test_campaign_faults import TASK_SIZE, begin, check, children, end, num_rows
from tests.unit.convert.campaign_files import contents, write_inputs

distributed = pytest.importorskip("distributed", reason="no dask.distributed")

ROOT = Path(__file__).resolve().parents[2]


class Cluster:
    """A scheduler and two nannies with a worker of two threads each, as processes of their own."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.processes = {}
        self.start()

    def start(self):
        """Start what does not run."""
        for name in ("scheduler", "one", "two"):
            if name not in self.processes or self.processes[name].poll() is not None:
                self.processes[name] = self._process(name)

    def _process(self, name):
        program = (
            ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
            if name == "scheduler"
            else ["distributed.cli.dask_worker", self.address, "--nthreads", "2", "--no-dashboard", "--nworkers", "1"]
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
        return subprocess.Popen(
            [sys.executable, "-m", *program],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def workers(self):
        """The processes that the nannies look after."""
        nannies = [self.processes[name].pid for name in ("one", "two")]
        return [pid for nanny in nannies for pid in children(nanny)]

    def kill_scheduler(self):
        for name in ("scheduler", "one", "two"):  # nannies without a scheduler give up sooner or later
            for pid in children(self.processes[name].pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.processes[name].kill()
            self.processes[name].wait()

    def close(self):
        self.kill_scheduler()


@pytest.fixture(scope="module")
def cluster():
    made = Cluster()
    yield made
    made.close()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    output = tmp_path_factory.mktemp("whole") / "folder"
    sp.convert(inputs, output, jobs=1, task_size=TASK_SIZE)
    return output


def test_the_same_bytes_also_when_nannies_lose_their_workers(cluster, inputs, whole, tmp_path, promise):
    process = begin(inputs, tmp_path / "folder", dask=cluster.address)
    _wait_for(lambda: list((tmp_path / "folder.parts").glob("part-*")) or process.poll() is not None)
    for pid in cluster.workers()[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    end(process)
    check(tmp_path / "folder", whole)
    promise("R3", "R15", faults=1, rows=num_rows(whole), equal=1)


def test_a_client_of_the_caller(cluster, inputs, whole, tmp_path):
    with distributed.Client(cluster.address, set_as_default=False) as client:
        sp.convert(inputs, tmp_path / "folder", executor=client, task_size=TASK_SIZE)
        assert client.status == "running"  # it is the caller's
    assert contents(tmp_path / "folder") == contents(whole)


def test_no_scheduler(inputs, tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "DASK_TIMEOUT", 1)
    with pytest.raises(ConfigError) as raised:
        sp.convert(inputs, tmp_path / "out", dask="tcp://127.0.0.1:1")
    check_text(str(raised.value))


@pytest.mark.long
def test_scheduler_workers_and_client_killed_50_times(inputs, whole, tmp_path, promise):
    rng = np.random.default_rng(50)
    hits = {"scheduler": 0, "worker": 0, "client": 0, "too late": 0}
    cluster = Cluster()
    rounds = 0
    try:
        while sum(hits.values()) - hits["too late"] < 50:
            rounds += 1
            (tmp_path / f"{rounds}").mkdir()
            output = tmp_path / f"{rounds}" / "folder"
            while not (output / "manifest.json").exists():
                cluster.start()
                process = begin(inputs, output, dask=cluster.address)
                _wait_for(lambda output=output, process=process: output.exists() or process.poll() is not None)
                for _ in range(3):
                    time.sleep(float(rng.uniform(0, 0.7)))
                    _kill(cluster, process, ("scheduler", "worker", "client")[rng.integers(0, 3)], hits)
                if process.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.communicate(timeout=90)
                process.kill()
                process.communicate()
            cluster.start()
            end(begin(inputs, output, dask=cluster.address))  # clears what the last kill may have left
            check(output, whole)
    finally:
        cluster.close()
    kills = {f"of_{whom}s": hits[whom] for whom in ("scheduler", "worker", "client")}
    faults, rows = sum(kills.values()), rounds * num_rows(whole)
    promise("R3", "R15", faults=faults, rows=rows, equal=rounds, **kills, rows_lost_or_doubled=0)


def _kill(cluster, client, whom, hits):
    if client.poll() is not None:
        hits["too late"] += 1
        return
    if whom == "client":
        client.kill()
    elif whom == "scheduler":
        cluster.kill_scheduler()
        cluster.start()
    else:
        workers = cluster.workers()
        if not workers:
            return
        with suppress(ProcessLookupError):
            os.kill(workers[0], signal.SIGKILL)
    hits[whom] += 1


def _wait_for(condition, seconds=120):
    end_of_patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end_of_patience
        time.sleep(0.02)
