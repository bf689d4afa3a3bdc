"""A C++ event loop that is killed, torn, or refused by the disk at every call that changes files: nothing is lost."""

import random
import shutil
import signal
import subprocess
import time

import pytest

import simdprep as sp
from simdprep.storage import verify
from tests.faults.error_text import check_text
from tests.faults.fault_matrix import Matrix
from tests.faults.fault_shim import DEADLY, KINDS, NONE, Fault, built_shim
from tests.faults.left_behind import look, staging
from tests.faults.loop_events import PART_ROWS
from tests.faults.loop_program import LoopProgram, built_program
from tests.unit.cli.command_line import simdprep

OUTPUTS = ("out.h5", "folder")
#: Faults of each output that run every time; all of them run with ``-m long``.
SHARE = 24
#: Random kills that run every time, and with ``-m long``.
KILLS, ALL_KILLS = 10, 1000


@pytest.fixture(scope="module")
def tools():
    """The program and the shim."""
    with built_program() as program, built_shim() as library:
        pass
    return program, library


@pytest.fixture(params=OUTPUTS)
def matrix(request, tools, tmp_path):
    return Matrix(LoopProgram(*tools).run, request.param, tmp_path)


def test_some_faults(matrix, promise):
    matrix.suffer_some(SHARE, seed=2)
    matrix.counts.tell(promise, "R1", "R2", "R4", "R5")


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault(matrix, kind, promise):
    matrix.suffer_all(kind)
    matrix.counts.tell(promise, "R1" if kind in DEADLY else "R4", "R2", "R5")


@pytest.mark.long
@pytest.mark.parametrize("words", [("fillers", 3, "threads", 2)])
def test_every_fault_with_several_filling_threads(tools, tmp_path, words, promise):
    matrix = Matrix(LoopProgram(*tools, *words).run, "folder", tmp_path)
    for call in range(1, matrix.num_calls + 1):
        for kind in ("kill", "ENOSPC"):
            matrix.suffer(Fault(call, kind))
    matrix.counts.tell(promise, "R1", "R2", "R4", "R5")


def test_a_name_is_given_to_what_is_on_the_disk_already(matrix):
    matrix.check_names()


def kill_at_random(tools, folder, number, seed):
    """Kill the loop after times that cover all of its run; returns how often, rows compared, and whole datasets."""
    program = LoopProgram(*tools, "events", 9000)
    rng = random.Random(seed)
    begun = time.perf_counter()
    assert program.run(folder / "first", NONE, None, False).status == 0
    length = time.perf_counter() - begun
    shutil.rmtree(folder / "first")
    killed, rows, whole = 0, 0, 0
    for trial in range(number):
        output = folder / str(trial % 2) / OUTPUTS[trial % 2]
        output.parent.mkdir(exist_ok=True)
        process = program.start(output, "overwrite")
        try:
            process.wait(rng.uniform(0, 1.1 * length))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        assert process.returncode in (0, -signal.SIGKILL)
        killed += process.returncode != 0
        left = look(output, 9000)
        rows += left.rows
        whole += left.whole
        if trial % 10 > 7:
            shutil.rmtree(output.parent)
        elif trial % 10 > 5:  # all others begin with what the one before has left
            assert program.run(output, NONE, None, True).status == 0
            assert look(output, 9000).whole
    return killed, rows, whole


def test_killed_at_random(tools, tmp_path, promise):
    killed, rows, whole = kill_at_random(tools, tmp_path, KILLS, seed=3)
    promise("R1", "R2", "R5", faults=killed, rows=rows, whole_already=whole)
    assert killed > 0
    assert rows > 0


@pytest.mark.long
def test_killed_at_random_a_thousand_times(tools, tmp_path, promise):
    killed, rows, whole = kill_at_random(tools, tmp_path, ALL_KILLS, seed=4)
    promise("R1", "R2", "R5", faults=killed, rows=rows, whole_already=whole)
    assert killed > ALL_KILLS / 2


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_kill_while_leftovers_are_removed(tools, tmp_path, name):
    """What is left of the parts still begins with the first row."""
    program = LoopProgram(*tools)
    matrix = Matrix(program.run, name, tmp_path)
    renamed = [at for at, call in enumerate(matrix.made) if call.name == "rename"][2]
    output = tmp_path / "out" / name
    for call in range(1, 12):
        shutil.rmtree(output.parent, ignore_errors=True)
        output.parent.mkdir()
        program.run(output, Fault(renamed + 2, "kill"), None, False)
        assert look(output).parts == 3
        program.run(output, Fault(call, "kill"), None, True)
        look(output)


class TestSignals:
    @pytest.fixture
    def program(self, tools):
        return LoopProgram(*tools, "events", 1_000_000, "slow")

    def signalled(self, program, output, number, *words):
        """Send a signal to a loop that has written a part; returns the process and what it said."""
        process = program.start(output, *words)
        assert process.stdout.readline() == "filling\n"
        limit = time.monotonic() + 60
        while not list(output.glob("part-00000.h5")):
            assert time.monotonic() < limit
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        return process.returncode, said

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGXCPU])
    def test_the_open_part_is_finished(self, program, tmp_path, number):
        status, said = self.signalled(program, tmp_path / "out", number, "finish_on_signal", "own_log")
        assert status == 130, said
        check_text(said.strip())
        rows = verify(tmp_path / "out").num_rows
        assert rows > PART_ROWS
        assert look(tmp_path / "out", rows).whole

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_without_the_option_it_ends_at_once(self, program, tmp_path, number):
        status, _ = self.signalled(program, tmp_path / "out", number)
        assert status == -number
        assert not look(tmp_path / "out", 1_000_000).whole


class TestEnds:
    def test_a_writer_that_is_forgotten_closes(self, tools, tmp_path):
        program = LoopProgram(*tools, "forget")
        assert program.run(tmp_path / "out.h5", NONE, None, False).status == 0
        assert look(tmp_path / "out.h5").whole

    @pytest.mark.parametrize("name", OUTPUTS)
    def test_what_a_forgotten_writer_could_not_store_is_told(self, tools, tmp_path, name):
        """The destructor cannot throw: it logs, and the dataset stays incomplete."""
        (tmp_path / "out").mkdir()
        program = LoopProgram(*tools, "forget")
        number = Matrix(LoopProgram(*tools).run, name, tmp_path).num_calls
        output = tmp_path / "out" / name
        process = program.start(output, fault=Fault(number - 12, "ENOSPC+"))
        said = process.communicate()[1]
        assert said.startswith(f"simdprep: {output} is incomplete: ")
        assert "disk full: got " in said
        assert process.returncode == 0
        assert not look(output).whole

    def test_a_mistake_of_the_user_leaves_an_incomplete_dataset(self, tools, tmp_path):
        ended = LoopProgram(*tools, "throw").run(tmp_path / "out", NONE, None, False)
        assert ended.status == 99
        assert "a mistake of the user" in ended.text
        left = look(tmp_path / "out")
        assert not left.whole
        assert left.rows >= PART_ROWS

    def test_close_reports_every_error(self, tools, tmp_path):
        """Whatever call fails while it closes: an error, or the dataset is whole."""
        matrix = Matrix(LoopProgram(*tools).run, "folder", tmp_path)
        for call in range(matrix.num_calls - 9, matrix.num_calls + 1):
            matrix.suffer(Fault(call, "EIO"))


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_a_killed_loop_left_is_told_by_every_verb(tools, tmp_path, name):
    """Committed rows can be read, and the state has a name."""
    matrix = Matrix(LoopProgram(*tools).run, name, tmp_path)
    place = next(at for at, call in enumerate(matrix.made) if call.path.endswith("part-00001.h5"))
    output = tmp_path / "out" / name
    output.parent.mkdir()
    LoopProgram(*tools).run(output, Fault(place + 3, "kill"), None, False)
    done = simdprep("verify", output)
    assert done.code == 1
    assert done.err.splitlines()[-1] == f"{output} is incomplete: 4,096 rows in 2 parts can be read and are sound"
    told = simdprep("info", output)
    assert told.code == 0
    assert "4,096 rows" in told.out
    assert told.err.startswith("incomplete dataset: got 2 whole parts")
    with pytest.raises(sp.errors.DatasetError, match=r"incomplete dataset: got 2 whole parts[^$]*part-\*\.h5"):
        sp.open(output)
    assert simdprep("info", staging(output) / "part-*.h5").code == 0


def test_who_writes_an_unfinished_dataset_is_told(tools, tmp_path):
    process = LoopProgram(*tools, "events", 1_000_000, "slow").start(tmp_path / "out")
    limit = time.monotonic() + 60
    while not list(tmp_path.glob("out/part-00000.h5")):
        assert time.monotonic() < limit
        time.sleep(0.01)
    with pytest.raises(sp.errors.DatasetError, match=f"try waiting for process {process.pid} on host "):
        sp.open(tmp_path / "out")
    process.kill()
    process.communicate()
    with pytest.raises(sp.errors.DatasetError) as error:
        sp.open(tmp_path / "out")
    assert "waiting" not in str(error.value)


def test_leftovers_beside_a_whole_dataset_are_listed(tools, tmp_path):
    matrix = Matrix(LoopProgram(*tools).run, "out.h5", tmp_path)
    place = next(at for at, call in enumerate(matrix.made) if call.name == "rename" and call.path.endswith("out.h5"))
    output = tmp_path / "out" / "out.h5"
    output.parent.mkdir()
    LoopProgram(*tools).run(output, Fault(place + 2, "kill"), None, False)
    done = simdprep("verify", output)
    assert done.code == 0
    assert f"{output}.parts: left by an interrupted run" in " ".join(done.out.split())
