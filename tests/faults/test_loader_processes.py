"""Loaders in real processes: ranks of torch.distributed, workers of DataLoader, fork and spawn, killed and resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import simdprep as sp
from tests.faults.loader_job import loader_of
from tests.real_data import ROOT
from tests.small_dataset import small_events, small_schema

PARTS = (3000, 1200, 4200)
OPTIONS = {"memory": 60_000, "seed": 3, "tail": "uneven"}

#: Ranks, workers, way. Few of them in every run; the rest with -m long.
ALL = list(product((2, 4), (0, 2), ("fork", "spawn")))
FEW = [(2, 2, "fork"), (4, 0, "spawn")]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    for number, size in enumerate(PARTS):
        with sp.Writer(folder / f"{number}.h5", small_schema()) as writer:
            writer.fill(small_events(size, seed=number))
    return [str(folder / f"{number}.h5") for number in range(len(PARTS))]


def settings_of(paths, folder, ranks, workers, way, **more):
    folder.mkdir(parents=True)
    return {
        "paths": paths, "options": OPTIONS, "ranks": ranks, "workers": workers, "way": way, "out": str(folder),
        "store": str(folder / "store"), **more,
    }  # fmt: skip


def start(settings):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "-m", "tests.faults.loader_job", json.dumps(settings)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process):
    try:
        _, said = process.communicate(timeout=300)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said


def handed(folder, ranks):
    """What the ranks wrote, whole lines only: per rank a list of batches."""
    texts = [Path(folder, f"{rank}.jsonl").read_text() for rank in range(ranks)]
    return [[json.loads(line) for line in text.split("\n")[:-1]] for text in texts]


def expected_of(paths):
    """Rows of every batch of one rank without workers, in this process."""
    loader = loader_of({"paths": paths, "options": OPTIONS})
    assert loader.order.num_pools > 2
    return [(batch.index.tolist(), float(batch["Jet"].sum())) for batch in loader]


def assert_stream(got, expected):
    """Step by step the ranks' rows are those of one process."""
    assert {len(batches) for batches in got} == {len(expected)}
    for step, (rows, total) in enumerate(expected):
        assert [row for batches in got for row in batches[step]["rows"]] == rows
        assert sum(batches[step]["sum"] for batches in got) == pytest.approx(total, rel=1e-5)


def check_ranks(paths, folder, ranks, workers, way):
    settings = settings_of(paths, folder, ranks, workers, way)
    finish(start(settings))
    got = handed(folder, ranks)
    expected = expected_of(paths)
    assert_stream(got, expected)
    rows = np.concatenate([np.array(batch["rows"], np.int64) for batches in got for batch in batches])
    np.testing.assert_array_equal(np.sort(rows), np.arange(sum(PARTS)))
    return len(expected)


@pytest.mark.parametrize(("ranks", "workers", "way"), FEW)
def test_ranks_of_torch_distributed(paths, tmp_path, ranks, workers, way, promise):
    batches = check_ranks(paths, tmp_path / "out", ranks, workers, way)
    promise("R16", faults=1, rows=sum(PARTS), equal=batches)


@pytest.mark.long
def test_all_ranks_workers_and_ways(paths, tmp_path, promise):
    batches = [check_ranks(paths, tmp_path / str(number), *case) for number, case in enumerate(ALL)]
    promise("R16", faults=len(ALL), rows=len(ALL) * sum(PARTS), equal=sum(batches))


def check_killed(paths, folder, number, ranks, workers, way, then, kill_after):
    """Kill all ranks with SIGKILL in mid-epoch, go on from the last state with other ranks; the stream is one."""
    first = settings_of(paths, folder / f"{number}a", ranks, workers, way, pause=0.05)
    process = start(first)
    try:
        watched = [Path(first["out"], f"{rank}.jsonl") for rank in range(ranks)]
        end = time.monotonic() + 120
        while min(path.read_text().count("\n") if path.exists() else 0 for path in watched) < kill_after:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < end, "no batch came"
            time.sleep(0.005)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    before = handed(first["out"], ranks)
    done = min(len(batches) for batches in before)  # what a checkpoint of all ranks would hold
    state = before[0][done - 1]["state"]
    assert len(json.dumps(state)) < 1024
    assert state["step"] == done
    second = settings_of(paths, folder / f"{number}b", then, (workers + 2) % 4, way, state=state)
    finish(start(second))
    expected = expected_of(paths)
    assert 0 < done < len(expected)
    assert_stream([batches[:done] for batches in before], expected[:done])
    assert_stream(handed(second["out"], then), expected[done:])
    return len(expected)


def test_killed_and_resumed_with_another_world_size(paths, tmp_path, promise):
    batches = check_killed(paths, tmp_path, 0, ranks=2, workers=2, way="fork", then=1, kill_after=4)
    promise("R16", faults=1, rows=sum(PARTS), equal=batches)


@pytest.mark.long
def test_killed_at_every_batch(paths, tmp_path, promise):
    worlds = [(1, 4), (2, 3), (3, 2), (4, 1)]
    batches = 0
    for number, kill_after in enumerate(range(1, 9)):
        ranks, then = worlds[number % 4]
        way = ("fork", "spawn")[number % 2]
        batches += check_killed(paths, tmp_path, number, ranks, number % 3, way, then, kill_after)
    promise("R16", faults=number + 1, rows=(number + 1) * sum(PARTS), equal=batches)
