"""A Python writer that is killed, torn, or refused by the disk at every call that changes files: nothing is lost."""

import subprocess
import sys

import pytest

from tests.faults.fault_matrix import Matrix
from tests.faults.fault_shim import DEADLY, KINDS, Fault, built_shim, calls, environment
from tests.faults.trials import Trials

OUTPUTS = ("out.h5", "folder")
#: Faults of each output that run every time; all of them run with ``-m long``.
SHARE = 24


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    with built_shim() as library:
        server = Trials(library, tmp_path_factory.mktemp("trials"))
        yield server
        server.close()


@pytest.fixture(params=OUTPUTS)
def matrix(request, trials, tmp_path):
    return Matrix(trials.run, request.param, tmp_path)


def test_some_faults(matrix, promise):
    matrix.suffer_some(SHARE, seed=1)
    matrix.counts.tell(promise, "R1", "R2", "R4", "R5")


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_fault(matrix, kind, promise):
    matrix.suffer_all(kind)
    matrix.counts.tell(promise, "R1" if kind in DEADLY else "R4", "R2", "R5")


def test_a_name_is_given_to_what_is_on_the_disk_already(matrix):
    matrix.check_names()


def test_the_command_says_what_is_full(tmp_path, sample):
    """One line with path, need, free bytes and what is safe; exit 4; nothing of the final name."""
    with built_shim() as library:
        for kind, call in (("ENOSPC", 1), ("ENOSPC+", 5), ("EDQUOT", 6), ("ENOSPC", 7)):
            (tmp_path / "log").unlink(missing_ok=True)
            (tmp_path / "out").mkdir(exist_ok=True)
            command = [sys.executable, "-m", "simdprep", "convert", str(sample), "-o", str(tmp_path / "out" / "a.h5")]
            done = subprocess.run(
                [*command, "--quiet"], capture_output=True, text=True, check=False,
                env=environment(library, tmp_path / "out", Fault(call, kind), tmp_path / "log"),
            )  # fmt: skip
            assert done.returncode == 4, (calls(tmp_path / "log"), done.stderr)
            for words in ("disk ", "bytes free", "room for ", "safe"):
                assert words in done.stderr, done.stderr
            assert list((tmp_path / "out").iterdir()) == []
