"""R3 and R15: a task that is done twice at a time, by workers that know nothing of each other, is one task.

Schedulers do that: to a worker that they think lost, and for a client that was killed and has begun again.
"""

import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.writer import Writer
from simdprep.prepare import shares
from simdprep.storage.staged_parts import StagedParts
from tests.unit.convert.campaign_files import TASK_SIZE, contents, write_inputs
from tests.unit.prepare.jet_events import bytes_of, config_of, write_jets


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module", params=["out.h5", "folder"])
def whole(request, inputs, tmp_path_factory):
    output = tmp_path_factory.mktemp("whole") / request.param
    sp.convert(inputs, output, jobs=1, task_size=TASK_SIZE)
    return output


class Twice:
    """Does each task in two threads, and takes the answer of the one that ends first; the other goes on."""

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)
        self._pool = ThreadPoolExecutor(8)
        self._calls = []
        self._max_workers = 3

    def submit(self, function, /, *arguments):
        pauses = [0, float(self._rng.uniform(0, 0.05))]
        attempts = [self._pool.submit(self._late, pause, function, arguments) for pause in pauses]
        self._calls += attempts
        answer = Future()
        answer.set_running_or_notify_cancel()
        threading.Thread(target=self._first, args=(attempts, answer)).start()
        return answer

    @staticmethod
    def _late(pause, function, arguments):
        time.sleep(pause)
        return function(*arguments)

    @staticmethod
    def _first(attempts, answer):
        done, _ = wait(attempts, return_when=FIRST_COMPLETED)
        answer.set_result(done.pop().result())

    def close(self):
        """How many attempts there were, once all have ended."""
        self._pool.shutdown()
        return len(self._calls)


def convert_twice(inputs, output, seed):
    executor = Twice(seed)
    try:
        sp.convert(inputs, output, executor=executor, task_size=TASK_SIZE)
    finally:
        attempts = executor.close()
    return attempts


def many(inputs, whole, tmp_path, count):
    attempts = rows = 0
    for seed in range(count):
        home = tmp_path / f"{seed}"
        home.mkdir()
        attempts += convert_twice(inputs, home / whole.name, seed)
        assert contents(home / whole.name) == contents(whole)
        assert [path.name for path in home.iterdir()] == [whole.name]
        with sp.open(home / whole.name) as found:
            rows += found.num_rows
    return {"faults": attempts // 2, "rows": rows, "equal": count}


def test_every_task_twice_at_a_time(inputs, whole, tmp_path, promise):
    promise("R3", "R15", **many(inputs, whole, tmp_path, 2))


@pytest.mark.long
def test_every_task_twice_at_a_time_many_times(inputs, whole, tmp_path, promise):
    promise("R3", "R15", **many(inputs, whole, tmp_path, 40))


def test_every_task_of_prepare_twice_at_a_time(tmp_path, monkeypatch, promise):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(shares, "SHARE_BYTES", 1 << 18)  # a few tasks
    write_jets(tmp_path, 3000)
    config = config_of(tmp_path / "jets.parquet", sum_of_weights=100)
    sp.prepare(config, tmp_path / "whole", jobs=1)
    executor = Twice(3)
    try:
        summary = sp.prepare(config, tmp_path / "out", executor=executor)
    finally:
        attempts = executor.close()
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jets.parquet", "out", "whole"]
    promise("R3", "R15", faults=attempts // 2, rows=sum(summary.rows.values()), equal=1)


class TestOnePart:
    """Two attempts at the same part, step by step: it is on its way to the disk in both."""

    @pytest.fixture
    def events(self):
        return ak.Array({"x": np.arange(2_600_000.0)})  # a run of chunks, and a little

    @pytest.fixture
    def alone(self, events, tmp_path):
        (tmp_path / "alone").mkdir()
        self.begin(tmp_path / "alone", events).close()
        return contents(tmp_path / "alone")

    def begin(self, folder, events):
        folder.mkdir(exist_ok=True)
        before = set(folder.iterdir())
        writer = Writer(StagedParts(folder, "task"), sp.Schema.from_awkward(events, codec="none"), threads=1)
        writer.fill(events[:2_500_000])
        assert set(folder.iterdir()) - before  # it grows
        return self.Rest(writer, events[2_500_000:])

    class Rest:
        """What is left to do of an attempt."""

        def __init__(self, writer, events):
            self._writer, self._events = writer, events

        def close(self):
            self._writer.fill(self._events)
            self._writer.close()

        def die(self):
            self._writer.abandon()

    def test_both_end(self, events, alone, tmp_path):
        one, other = self.begin(tmp_path / "a", events), self.begin(tmp_path / "a", events)
        one.close()
        other.close()
        assert contents(tmp_path / "a") == alone

    def test_the_one_dies_when_the_other_is_done(self, events, alone, tmp_path):
        one, other = self.begin(tmp_path / "a", events), self.begin(tmp_path / "a", events)
        one.close()
        other.die()
        assert contents(tmp_path / "a") == alone

    def test_the_one_dies_before_the_other_is_done(self, events, alone, tmp_path):
        one, other = self.begin(tmp_path / "a", events), self.begin(tmp_path / "a", events)
        other.die()
        one.close()
        assert contents(tmp_path / "a") == alone
