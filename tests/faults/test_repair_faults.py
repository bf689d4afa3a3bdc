"""A repair that is killed, torn or refused by the disk anywhere: parts are as they were or whole; the next completes.

So R9 holds whatever happens to the repair itself.
"""

import random
import shutil

import pytest

import simdprep as sp
from simdprep.storage import verify
from tests.faults.fault_shim import KINDS, Fault, built_shim
from tests.faults.rerun_matrix import RerunMatrix, contents
from tests.faults.small_files import write_root
from tests.faults.trials import Trials
from tests.unit.convert.campaign_files import TASK_SIZE

#: Faults of each dataset that run every time; all of them run with ``-m long``.
SHARE = 4
KILLS = 20


def parts(inputs, output):
    sp.convert(inputs, output, part_rows=1024)


def staged(inputs, output):
    sp.convert(inputs, output, jobs=1, task_size=TASK_SIZE)


def grown(inputs, output):
    sp.convert(inputs[:1], output, part_rows=1024)
    sp.convert(inputs, output, part_rows=1024, update=True)


#: What is repaired, and how it was made.
DATASETS = {"parts": parts, "staged": staged, "grown": grown, "file.h5": parts}


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    with built_shim() as library:
        server = Trials(library, tmp_path_factory.mktemp("trials"), "repair")
        yield server
        server.close()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return [str(write_root(folder / f"{number}.root", 1500, seed=number)) for number in range(2)]


@pytest.fixture(params=DATASETS)
def matrix(request, trials, inputs, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    DATASETS[request.param](inputs, source / request.param)
    whole = contents(source)
    damage(source / request.param)
    damaged = contents(source)
    assert 1 <= sum(damaged.get(name) != whole[name] for name in whole) <= 2

    def prepare(place):
        shutil.copytree(source, place, dirs_exist_ok=True)

    def look(place):
        """Every file is whole, or as it was; nothing else but what the next run removes."""
        found = contents(place)
        for name, content in found.items():
            is_left = ".repair.tmp-" in name or ".tmp-" in name or name == f"{request.param}.lock"
            assert is_left or content in (made.whole[name], damaged.get(name)), name
        assert set(damaged) <= set(found)
        return verify(place / request.param).num_rows

    made = RerunMatrix(trials, request.param, tmp_path, prepare, look)
    if request.param != "file.h5":  # it was merged: made again it has the same values, and its chunks elsewhere
        assert made.whole == whole
    return made


def damage(dataset):
    """Of a folder, remove one part and cut another; of a file, change a byte of a chunk."""
    if dataset.is_file():
        from tests.faults.test_repair import flip_a_chunk

        flip_a_chunk(dataset)
        return
    found = sorted(dataset.glob("part-*.h5"))
    found[0].unlink()
    found[-1].write_bytes(found[-1].read_bytes()[:2000])


def test_some_faults(matrix, promise):
    rng = random.Random(6)
    for _ in range(SHARE):
        matrix.suffer(Fault(rng.randint(1, matrix.counts.calls), rng.choice(KINDS)))
    matrix.counts.tell(promise, "R9", "R2")


@pytest.mark.long
def test_every_fault(matrix, promise):
    rng = random.Random(7)
    for kind in KINDS:
        for call in range(1, matrix.counts.calls + 1):
            matrix.suffer(Fault(call, kind))
    for _ in range(KILLS):
        matrix.kill_after(rng.uniform(0, matrix.seconds))
    matrix.counts.tell(promise, "R9", "R2")
