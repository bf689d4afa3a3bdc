"""Inputs on an XRootD server: as from disk, by globs, and when the server goes away."""

import os
import subprocess
import sys

import numpy as np
import pytest
import uproot

import simdprep as sp
from tests.unit.readers.xrootd_server import xrootd

ENTRIES = 4000

#: Unusually small, so that every file is a task.
TASK_SIZE = "20kB"


@pytest.fixture(scope="module")
def server():
    with xrootd() as found:
        for number in range(4):
            with uproot.recreate(found.data / f"f{number}.root") as file:
                tree = file.mktree("Events", {"x": "float32", "n": "int32"})
                for start in (0, ENTRIES // 2):
                    values = np.random.default_rng(number + start).normal(size=ENTRIES // 2)
                    tree.extend({"x": values.astype(np.float32), "n": np.arange(ENTRIES // 2, dtype=np.int32)})
        for path in found.data.iterdir():
            path.chmod(0o644)
        yield found


def simdprep(*arguments):
    """Run the command line in a process of its own: XRootD's client does not survive all that is tried here."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "simdprep", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def values(dataset):
    with sp.open(dataset) as opened:
        return opened["events"]["x"][:]


@pytest.mark.parametrize("names", [["/*.root"], ["/f2.root", "/f0.root", "/f[13].root"]], ids=["glob", "names"])
def test_as_from_disk(server, tmp_path, names):
    done = simdprep("convert", *(server.url + name for name in names), "-o", tmp_path / "remote.h5")
    assert done.returncode == 0, done.stderr
    assert " 0 bytes in" not in done.stdout
    sp.convert(str(server.data / "*.root"), tmp_path / "local.h5")
    np.testing.assert_array_equal(values(tmp_path / "remote.h5"), values(tmp_path / "local.h5"))


def test_what_is_not_there(server, tmp_path):
    for name, said in (("/missing.root", "no such file"), ("/*.parquet", "no file that matches")):
        done = simdprep("convert", server.url + name, "-o", tmp_path / "out.h5")
        assert done.returncode == 1
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_that_goes_away(server, tmp_path):
    """Planned and begun, then nobody answers: another try, and another, quarantine; what is missing is done later."""
    output = tmp_path / "out.h5"
    skips = ["--skip-bad-files", "--task-size", TASK_SIZE]
    assert simdprep("plan", f"{server.url}/*.root", "-o", output, *skips).returncode == 0
    assert simdprep("run-task", f"{output}.parts", "1/2").returncode == 0
    server.kill()
    try:
        gone = simdprep("run-task", f"{output}.parts", "2/2")
        refused = simdprep("convert", f"{server.url}/f0.root", "-o", tmp_path / "other.h5")
    finally:
        server.start()
    assert gone.returncode == 3, gone.stderr
    assert refused.returncode == 1
    assert "onnection" in refused.stderr
    assert "Traceback" not in gone.stderr + refused.stderr
    early = simdprep("commit", f"{output}.parts")
    assert early.returncode == 1
    assert "tasks that are not done" in early.stderr
    assert simdprep("run-task", f"{output}.parts", "2/2").returncode == 0
    assert simdprep("commit", f"{output}.parts").returncode == 0
    np.testing.assert_array_equal(len(values(output)), 4 * ENTRIES)
