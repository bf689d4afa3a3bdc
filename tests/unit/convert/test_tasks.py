"""Tasks: every one is done, its record comes once and in order, whatever dies on the way."""

import gc
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from simdprep.convert.attempt import ExecutorLost, Retries
from simdprep.convert.executors import LocalPool, Serial, executor_of
from simdprep.convert.journal import Journal
from simdprep.convert.tasks import Task, run_tasks
from simdprep.errors import ConfigError, InputError, InternalError, ResourceError, SimdprepError
from tests.faults.error_text import check_text
from tests.unit.convert.task_work import square, trouble

AT_ONCE = Retries(count=3, first=0.001)


def tasks_of(count, **payload):
    return [Task.of({"number": number, **payload}) for number in range(count)]


def squares(records):
    return [record["square"] for record in records]


def tries(folder, number=0):
    return len((folder / f"tries-{number}").read_text())


class TestTask:
    def test_its_id_is_that_of_its_payload(self):
        assert Task.of({"a": 1, "b": [2]}).id == Task.of({"b": [2], "a": 1}).id == Task.of({"a": 1, "b": [2]}).id
        assert Task.of({"a": 1}).id != Task.of({"a": 2}).id
        assert len(Task.of({}).id) == 16

    def test_or_of_what_is_said_to_be_its_identity(self):
        assert Task.of({"a": 1}, identity="same").id == Task.of({"a": 2}, identity="same").id

    def test_two_of_one_id_are_a_mistake(self):
        with pytest.raises(ValueError, match="two tasks of one id"):
            run_tasks([Task.of({}), Task.of({})], square)


class TestOrder:
    def test_one_after_the_other_in_this_process(self):
        records = run_tasks(tasks_of(10), square)
        assert squares(records) == [number**2 for number in range(10)]
        assert {record["pid"] for record in records} == {os.getpid()}

    def test_in_processes(self):
        with executor_of(jobs=2) as pool:
            records = run_tasks(
                [Task.of({"number": n, "seconds": 0.2 * (n == 0)}) for n in range(12)], square, executor=pool
            )
            assert len(pool.pids) == 2
        assert squares(records) == [number**2 for number in range(12)]
        assert os.getpid() not in {record["pid"] for record in records}

    def test_in_anything_with_submit(self):
        with ThreadPoolExecutor(3) as threads:
            assert squares(run_tasks(tasks_of(9), square, executor=threads)) == [n**2 for n in range(9)]
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool, executor_of(pool) as executor:
            assert squares(run_tasks(tasks_of(9), square, executor=executor)) == [n**2 for n in range(9)]

    def test_no_more_are_submitted_than_keep_it_busy(self):
        class Counting(Serial):
            width = 3

            def __init__(self):
                self.submitted = []

            def submit(self, function, /, *arguments):
                future = Future()
                self.submitted.append((future, function, arguments))
                return future

        executor = Counting()
        thread = threading.Thread(target=run_tasks, args=(tasks_of(10), square), kwargs={"executor": executor})
        thread.start()
        done = 0
        while done < 10:
            if done < len(executor.submitted):
                assert len(executor.submitted) - done <= 6
                future, function, arguments = executor.submitted[done]
                future.set_result(function(*arguments))
                done += 1
            time.sleep(0.001)
        thread.join()

    def test_a_script_is_not_run_again_by_its_workers(self, tmp_path):
        script = tmp_path / "script.py"
        script.write_text(
            textwrap.dedent("""
            from simdprep.convert.executors import executor_of
            from simdprep.convert.tasks import Task, run_tasks
            from tests.unit.convert.task_work import square
            print("begins")
            with executor_of(jobs=2) as pool:
                print(len(run_tasks([Task.of({"number": number}) for number in range(4)], square, executor=pool)))
        """)
        )
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        ran = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
        assert ran.stdout == "begins\n4\n", ran.stderr


class TestFaults:
    @pytest.mark.parametrize(("how", "times"), [("network", 3), ("die", 1), ("exit", 1)])
    def test_what_may_pass_is_done_again(self, tmp_path, how, times):
        tasks = tasks_of(2, folder=str(tmp_path), how=how, times=times)
        with Serial() if how == "network" else LocalPool(1) as pool:
            records = run_tasks(tasks, trouble, executor=pool, retries=AT_ONCE)
        assert squares(records) == [0, 1]
        assert [record["last"] for record in records] == [times == AT_ONCE.count] * 2
        assert [tries(tmp_path, number) for number in range(2)] == [times + 1] * 2

    def test_with_pauses_that_grow(self, tmp_path):
        retries = Retries(count=4, first=0.5, longest=3)
        pauses = [retries.pause("a", number) for number in range(1, 6)]
        assert all(0.75 * base <= pause <= 1.25 * base for base, pause in zip([0.5, 1, 2, 3, 3], pauses, strict=True))
        assert pauses == [retries.pause("a", number) for number in range(1, 6)]
        assert retries.pause("b", 1) != retries.pause("a", 1)
        started = time.monotonic()
        run_tasks(
            tasks_of(1, folder=str(tmp_path), how="network", times=2), trouble, retries=Retries(count=2, first=0.1)
        )
        assert time.monotonic() - started > 0.2

    @pytest.mark.parametrize(
        ("how", "kind"),
        [("damage", InputError), ("full", ResourceError), ("bug", InternalError), ("network", InputError)],
    )
    @pytest.mark.parametrize("executor", [Serial, partial(ThreadPoolExecutor, 2)], ids=["serial", "threads"])
    def test_what_does_not_pass_is_raised(self, tmp_path, how, kind, executor):
        with executor() as pool, pytest.raises(kind) as raised:
            run_tasks(tasks_of(1, folder=str(tmp_path), how=how), trouble, executor=pool, retries=AT_ONCE)
        assert tries(tmp_path) == (4 if how == "network" else 1)
        if how == "damage":
            error = raised.value
            assert (error.got, error.where, error.hint) == ("garbage", "b.root : Events", "copying")
            check_text(str(error))

    def test_a_worker_that_always_dies_is_told(self, tmp_path):
        with LocalPool(1) as pool, pytest.raises(SimdprepError) as raised:
            run_tasks(tasks_of(1, folder=str(tmp_path), how="die"), trouble, executor=pool, retries=Retries(count=0))
        assert "worker process: got one that was ended by SIGKILL" in check_text(str(raised.value))

    @pytest.mark.parametrize("how", ["damage", "die"])
    def test_or_put_into_quarantine(self, tmp_path, how):
        tasks = [
            *tasks_of(1, folder=str(tmp_path), how=how),
            Task.of({"number": 5, "folder": str(tmp_path), "times": 0}),
        ]
        journal = Journal(tmp_path / "journal")
        with LocalPool(1) as pool:
            records = run_tasks(
                tasks,
                trouble,
                executor=pool,
                journal=journal,
                retries=Retries(count=0),
                quarantine=lambda task, error: {"square": None, "why": error.what},
            )
        assert records[0]["why"] == ("worker process" if how == "die" else "damaged basket")
        assert records[1]["square"] == 25
        assert set(Journal(tmp_path / "journal").records) == {tasks[1].id}  # the next run tries again

    @pytest.mark.parametrize("how", ["full", "bug"])
    def test_our_own_troubles_are_never_in_quarantine(self, tmp_path, how):
        with pytest.raises(SimdprepError):
            run_tasks(tasks_of(1, folder=str(tmp_path), how=how), trouble, quarantine=lambda *_: {})

    def test_an_executor_that_is_lost(self):
        pool = ThreadPoolExecutor(1)
        pool.shutdown()
        with pytest.raises(ExecutorLost) as raised:
            run_tasks(tasks_of(2), square, executor=pool)
        assert "--resume" in check_text(str(raised.value))

    def test_a_pool_of_the_caller_whose_worker_dies(self, tmp_path):
        tasks = tasks_of(1, folder=str(tmp_path), how="die")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, pytest.raises(ExecutorLost):
            run_tasks(tasks, trouble, executor=pool)

    def test_the_workers_end_with_their_parent(self, tmp_path):
        code = """
            import sys
            from simdprep.convert.executors import executor_of
            from simdprep.convert.tasks import Task, run_tasks
            from tests.unit.convert.task_work import square
            with executor_of(jobs=2) as pool:
                run_tasks([Task.of({"number": n, "folder": sys.argv[1], "seconds": 60}) for n in range(2)], square,
                          executor=pool)
        """
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], env=environment)
        written = [tmp_path / f"done-{number}" for number in range(2)]
        _wait_for(lambda: all(path.is_file() and path.read_text().endswith("\n") for path in written))
        pids = [int(path.read_text()) for path in written]
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        _wait_for(lambda: not any(_is_alive(pid) for pid in pids))

    def test_a_worker_looks_for_garbage_as_soon_as_it_has_imported(self):
        with LocalPool(1) as pool:
            assert [pool.submit(gc.isenabled).result() for _ in range(2)] == [True, True]
            assert pool.submit(gc.get_freeze_count).result() > 1000

    def test_mistakes_in_what_is_asked_for(self):
        for asked in ({"jobs": 0}, {"executor": 4}):
            with pytest.raises(ConfigError) as raised:
                executor_of(**asked)
            check_text(str(raised.value))


class TestJournal:
    def test_what_is_done_is_not_done_again(self, tmp_path):
        tasks = tasks_of(6, folder=str(tmp_path))
        seen = []
        run_tasks(tasks[:3], square, journal=Journal(tmp_path / "journal"))
        records = run_tasks(
            tasks,
            square,
            journal=Journal(tmp_path / "journal"),
            done=lambda task, _: seen.append(task.payload["number"]),
        )
        assert squares(records) == [0, 1, 4, 9, 16, 25]
        assert sorted(seen) == list(range(6))
        assert [len((tmp_path / f"done-{number}").read_text().split()) for number in range(6)] == [1] * 6

    def test_unless_it_is_not_believed(self, tmp_path):
        tasks = tasks_of(4, folder=str(tmp_path))
        run_tasks(tasks, square, journal=Journal(tmp_path / "journal"))
        run_tasks(tasks, square, journal=Journal(tmp_path / "journal"), believe=lambda task, _: task != tasks[2])
        assert [len((tmp_path / f"done-{number}").read_text().split()) for number in range(4)] == [1, 1, 2, 1]

    def test_a_torn_line_was_never_written(self, tmp_path):
        """Cut the file after each of its bytes: the records of whole lines are there, and more can be added."""
        path = tmp_path / "journal"
        journal = Journal(path)
        for number in range(3):
            journal.append(f"{number}", {"a": "é" * number})
        whole = path.read_bytes()
        ends = [index + 1 for index, byte in enumerate(whole) if byte == 10]
        for cut in range(len(whole) + 1):
            path.write_bytes(whole[:cut])
            expected = {f"{number}" for number, end in enumerate(ends) if cut >= end - 1}
            journal = Journal(path)
            assert set(journal.records) == expected
            journal.append("more", {})
            assert set(Journal(path).records) == expected | {"more"}

    def test_a_flipped_bit_is_seen(self, tmp_path):
        path = tmp_path / "journal"
        Journal(path).append("one", {"rows": 3})
        whole = path.read_bytes()
        for place in range(len(whole)):
            for bit in range(8):
                damaged = bytearray(whole)
                damaged[place] ^= 1 << bit
                path.write_bytes(damaged)
                assert Journal(path).records in ({}, {"one": {"rows": 3}})

    def test_several_files(self, tmp_path):
        Journal(tmp_path / "a").append("1", {"by": "a"})
        Journal(tmp_path / "b").append("2", {"by": "b"})
        both = Journal(tmp_path / "c", (tmp_path / "a", tmp_path / "b"))
        assert both.records == {"1": {"by": "a"}, "2": {"by": "b"}}
        assert not (tmp_path / "c").exists()
        assert json.loads((tmp_path / "a").read_text().partition(" ")[2]) == {"task": "1", "record": {"by": "a"}}


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def _wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
