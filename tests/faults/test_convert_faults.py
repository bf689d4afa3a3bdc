"""R3: a conversion in one process that is killed, torn or refused by the disk anywhere goes on to the same bytes."""

import random

import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import verify
from simdprep.storage.staged_output import staging_folder
from tests.faults.error_text import check_text
from tests.faults.fault_shim import DEADLY, KINDS, Fault, built_shim
from tests.faults.rerun_matrix import RerunMatrix
from tests.faults.trials import Trials
from tests.unit.convert.campaign_files import TASK_SIZE, write_inputs

OUTPUTS = ("out.h5", "folder")
#: In tasks, which a resumed conversion does not do again; and as one, which begins anew.
SIZES = {"tasks": {"jobs": 1, "task_size": TASK_SIZE}, "one task": {"part_rows": 2048}}
#: Faults and random kills of each case that run every time; all of them run with ``-m long``.
SHARE = 4
#: Random kills of each case with ``-m long``: at least 200 in all.
KILLS = 60


def server(folder, size, **inputs):
    """What runs conversions of some inputs."""
    (folder / "trials").mkdir()
    paths = write_inputs(folder / "inputs", **inputs)
    with built_shim() as library:
        made = Trials(library, folder / "trials", "convert", inputs=paths, **SIZES[size])
    made.num_rows = sum(inputs.get("events", 1500) + 700 * number for number in range(inputs["count"]))
    return made


@pytest.fixture(scope="module", params=SIZES)
def trials(request, tmp_path_factory):
    made = server(tmp_path_factory.mktemp("many"), request.param, count=3)
    yield made
    made.close()


@pytest.fixture(scope="module", params=SIZES)
def few_trials(request, tmp_path_factory):
    """Of fewer tasks, so that each call can be met by each fault."""
    made = server(tmp_path_factory.mktemp("few"), request.param, count=2, events=700)
    yield made
    made.close()


@pytest.fixture(params=OUTPUTS)
def matrix(request, trials, tmp_path):
    return matrix_of(trials, request.param, tmp_path)


@pytest.fixture(params=OUTPUTS)
def few(request, few_trials, tmp_path):
    return matrix_of(few_trials, request.param, tmp_path)


def matrix_of(trials, name, folder):
    def look(place):
        """Whole and as it should be, or not there; what is committed of it can be read, and has been checked."""
        output = place / name
        if output.is_file() or (output / "manifest.json").is_file():
            report = verify(output)
            assert report.ok, report.problems
            assert report.num_rows == trials.num_rows
            return report.num_rows
        with pytest.raises(DatasetError) as raised:
            sp.open(output)
        text = check_text(str(raised.value))
        found = [*staging_folder(output).glob("part-*.h5"), *output.glob("part-*.h5")]
        if not found:
            return 0
        assert "whole part" in text, text
        return sum(verify(part).num_rows for part in found if not verify(part).problems or pytest.fail(str(part)))

    return RerunMatrix(trials, name, folder, lambda place: None, look)


def test_some_faults(matrix, promise):
    rng = random.Random(3)
    for _ in range(SHARE):
        matrix.suffer(Fault(rng.randint(1, matrix.counts.calls), rng.choice(KINDS)))
    kill_at_random(matrix, 1, seed=4)
    matrix.counts.tell(promise, "R3", "R2", "R4")


def test_killed_between_the_manifest_and_its_name(matrix):
    """What a random kill found: the temporary manifest stayed in the folder of a dataset that is whole."""
    writes = [number for number, call in enumerate(matrix.made, 1) if "manifest.json.tmp-" in call.path]
    for number in writes[1:]:
        matrix.suffer(Fault(number, "kill"))


def kill_at_random(matrix, kills, *, seed):
    """Kill at times between nothing and a whole conversion; every other one of those that go on, too."""
    rng = random.Random(seed)
    while matrix.counts.kinds.get("random kill", 0) < kills:
        again = rng.uniform(0, matrix.seconds) if rng.random() < 0.5 else None
        matrix.kill_after(rng.uniform(0, matrix.seconds), again=again)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault(few, kind, promise):
    for call in range(1, few.counts.calls + 1):
        few.suffer(Fault(call, kind))
    few.counts.tell(promise, "R3", "R2", *(() if kind in DEADLY else ("R4",)))
    assert few.counts.faults == few.counts.calls


@pytest.mark.long
def test_killed_at_random_times(matrix, promise):
    kill_at_random(matrix, KILLS, seed=5)
    matrix.counts.tell(promise, "R3", "R2")
