"""Workers that are started early do the tasks of the conversion that follows, or end."""

import pytest

import simdprep as sp
from simdprep.convert import early_workers
from simdprep.convert.cuts import TASK_BYTES, WORTH_TASKS
from simdprep.convert.early_workers import WORTH_BYTES, EarlyWorkers
from simdprep.convert.executors import executor_of
from tests.unit.convert.campaign_files import TASK_SIZE, contents, write_inputs


@pytest.fixture
def inputs(tmp_path):
    return write_inputs(tmp_path / "in", count=2)


def test_what_is_worth_them_is_what_makes_many_tasks(inputs):
    assert WORTH_BYTES == WORTH_TASKS * TASK_BYTES
    with EarlyWorkers(inputs, 2):
        assert EarlyWorkers.taken(2) is None


@pytest.mark.parametrize("names", ["files", "glob"])
def test_they_do_the_tasks(inputs, tmp_path, monkeypatch, names):
    monkeypatch.setattr(early_workers, "WORTH_BYTES", 1000)
    sp.convert(inputs, tmp_path / "expected", jobs=1, task_size=TASK_SIZE)
    given = inputs if names == "files" else [str(tmp_path / "in" / "*.root")]
    with EarlyWorkers(given, 2) as begun:
        pool = begun._pool
        sp.convert(inputs, tmp_path / "out", jobs=2, task_size=TASK_SIZE)
    assert pool is not None
    assert len(pool._threads) == 2
    assert not pool.pids
    assert contents(tmp_path / "out") == contents(tmp_path / "expected")


def test_they_end_where_nobody_wants_them(inputs, monkeypatch):
    monkeypatch.setattr(early_workers, "WORTH_BYTES", 1000)
    with EarlyWorkers(inputs, 2) as begun:
        pool = begun._pool
        with executor_of(jobs=3) as other:
            assert other is not pool
    assert not pool.pids
    assert EarlyWorkers.taken(2) is None
    for names, jobs in ((["missing.root", "root://nowhere//a.root"], 2), (inputs, 1)):
        with EarlyWorkers(names, jobs):
            assert EarlyWorkers.taken(jobs) is None
