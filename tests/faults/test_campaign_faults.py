"""R3: a conversion that is killed, anywhere and any number of times, resumes; its bytes are those of another."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.planning import plan
from simdprep.errors import SimdprepError
from tests.faults.error_text import check_text
from tests.unit.convert.campaign_files import contents, write_inputs

TASK_SIZE = 15_000
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module", params=["out.h5", "folder"])
def whole(request, inputs, tmp_path_factory):
    """The dataset of a conversion that nothing happened to, and the number of its tasks."""
    output = tmp_path_factory.mktemp("whole") / request.param
    sp.convert(inputs, output, jobs=1, task_size=TASK_SIZE)
    _, planned = plan(inputs, output.with_name("planned"), task_size=TASK_SIZE)
    return output, len(planned.tasks)


def begin(inputs, output, *, jobs=1, dask=None, **fate):
    options = {"jobs": jobs, "dask": dask, "task_size": TASK_SIZE, "resume": True}
    job = {"inputs": inputs, "output": str(output), "options": options, **fate}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.campaign_job", json.dumps(job)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process):
    """Wait for a conversion that is to end well."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


def check(output, whole):
    """The same bytes, and nothing else is left."""
    assert contents(output) == contents(whole)
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def kill_and_resume(inputs, output, **fate):
    killed = begin(inputs, output, **fate)
    killed.communicate(timeout=300)
    assert killed.returncode == -signal.SIGKILL, fate
    end(begin(inputs, output))


def test_killed_after_a_task(inputs, whole, tmp_path, promise):
    dataset, tasks = whole
    kill_and_resume(inputs, tmp_path / dataset.name, after=tasks // 2)
    check(tmp_path / dataset.name, dataset)
    promise("R3", faults=1, rows=num_rows(dataset), equal=1)


@pytest.mark.parametrize("place", ["third move", "clear"])
def test_killed_while_parts_become_a_folder(inputs, whole, tmp_path, place):
    dataset, _ = whole
    if dataset.name == "out.h5":
        pytest.skip("a file is made by merging")
    kill_and_resume(inputs, tmp_path / dataset.name, place=place)
    check(tmp_path / dataset.name, dataset)


@pytest.mark.long
def test_killed_at_every_boundary(inputs, whole, tmp_path, promise):
    dataset, tasks = whole
    places = [{"after": number} for number in range(1, tasks + 1)]
    places += [{"place": place} for place in ("plan", "merge", "moves", "third move", "manifest", "clear")]
    done = 0
    for number, fate in enumerate(places):
        if fate.get("place") in (("moves", "third move", "manifest") if dataset.name == "out.h5" else ("merge",)):
            continue
        (tmp_path / f"{number}").mkdir()
        output = tmp_path / f"{number}" / dataset.name
        kill_and_resume(inputs, output, **fate)
        check(output, dataset)
        done += 1
    promise("R3", faults=done, rows=done * num_rows(dataset), equal=done, most={"tasks": tasks})


def num_rows(dataset):
    with sp.open(dataset) as found:
        return found.num_rows


def random_kills(inputs, output, *, kills, seed, jobs=2, longest=4.0):
    """Kill client or worker at random, again and again, then let it end; returns how often which was hit."""
    rng = np.random.default_rng(seed)
    hits = {"client": 0, "worker": 0, "too late": 0}
    for _ in range(kills):
        process = begin(inputs, output, jobs=jobs)
        time.sleep(float(rng.uniform(0.5, longest)))
        workers = children(process.pid)
        if process.poll() is not None:
            hits["too late"] += 1
        elif workers and rng.random() < 0.5:
            with suppress(ProcessLookupError):
                os.kill(int(rng.choice(workers)), signal.SIGKILL)
            hits["worker"] += 1
            end(process)
        else:
            process.kill()
            hits["client"] += 1
        process.communicate()
    end(begin(inputs, output, jobs=jobs))
    return hits


def children(pid):
    """Processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(path.parent.name))
    return found


def test_killed_at_random(inputs, whole, tmp_path, promise):
    dataset, _ = whole
    hits = random_kills(inputs, tmp_path / dataset.name, kills=1, seed=5, longest=3.0)
    check(tmp_path / dataset.name, dataset)
    promise("R3", faults=hits["client"] + hits["worker"], rows=num_rows(dataset), equal=1)


@pytest.mark.long
def test_killed_at_random_100_times(inputs, whole, tmp_path, promise):
    """And as often for the other kind of output."""
    dataset, _ = whole
    started = time.monotonic()
    end(begin(inputs, tmp_path / dataset.name, jobs=2))
    longest = time.monotonic() - started
    total = {"client": 0, "worker": 0, "too late": 0}
    rounds = 0
    while (kills := total["client"] + total["worker"]) < 100:
        rounds += 1
        (tmp_path / f"{rounds}").mkdir()
        output = tmp_path / f"{rounds}" / dataset.name
        hits = random_kills(inputs, output, kills=5, seed=rounds, longest=longest)
        check(output, dataset)
        total = {name: count + hits[name] for name, count in total.items()}
    rows = rounds * num_rows(dataset)
    promise("R3", faults=kills, rows=rows, equal=rounds, of_the_client=total["client"], of_workers=total["worker"])


def test_what_is_done_can_be_read_meanwhile(inputs, whole, tmp_path):
    dataset, tasks = whole
    output = tmp_path / dataset.name
    begin(inputs, output, after=tasks // 2).communicate(timeout=300)
    with pytest.raises(SimdprepError) as raised:
        sp.open(output)
    text = check_text(str(raised.value))
    assert "whole parts" in text
    with sp.open(text.split('"')[1]) as found:
        assert 0 < found.num_rows < sum(1500 + 700 * number for number in range(4))


def test_a_worker_that_is_killed_is_replaced(inputs, whole, tmp_path):
    dataset, _ = whole
    process = begin(inputs, tmp_path / dataset.name, jobs=2)
    line = process.stdout.readline()
    os.kill(int(line.split()[1]), signal.SIGKILL)
    end(process)
    check(tmp_path / dataset.name, dataset)
