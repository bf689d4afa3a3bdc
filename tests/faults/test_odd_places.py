"""Names, places and numbers that nobody expects: each works, or is one error; rows in are rows written."""

import shutil
import subprocess
import sys

import pytest

import simdprep as sp
from simdprep.errors import ConfigError, InputError
from tests.faults.error_text import check_text
from tests.faults.small_files import write_root

NUM_EVENTS = 200
NAMES = (
    "sp ace", "ünï", "per%20cent%d", "br[1]x", "qu?st*", "semi;1", "co:lon", "new\nline", "-dash", "{folder}",
    "back\\slash", "quo'te\"", "http:x", "a.root:Events", "~tilde", "$HOME", ".hidden",
)  # fmt: skip


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_root(tmp_path / "a.root", NUM_EVENTS)


@pytest.mark.parametrize("output", ["{}.h5", "out of {}"])
def test_names(source, output):
    for name in NAMES:
        shutil.copy(source, f"{name}.root")
        place = output.replace("{}", name)
        assert sp.convert(f"{name}.root", place, task_size=2_000, jobs=1).num_rows == NUM_EVENTS
        with sp.open(place) as dataset:
            assert dataset.num_rows == NUM_EVENTS, name
            assert {entry["name"] for found in dataset.provenance for entry in found["inputs"]} == {f"{name}.root"}


@pytest.mark.parametrize("size", [0, -5])
def test_no_size_of_a_task(source, tmp_path, size):
    with pytest.raises(ConfigError, match="size of a task: got"):
        sp.convert("a.root", "out", task_size=size)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.root"]


def test_a_file_that_is_replaced_meanwhile(source, tmp_path):
    """Rows of one file and of another are never taken for rows of one."""

    def replace(done, total):
        write_root(tmp_path / "new.root", NUM_EVENTS, seed=7)
        (tmp_path / "new.root").replace("a.root")

    with pytest.raises(InputError, match="another than when it was planned") as raised:
        sp.convert("a.root", "out", task_size=1_000, jobs=1, progress=replace)
    check_text(str(raised.value))
    assert not (tmp_path / "out").exists() or not (tmp_path / "out" / "manifest.json").exists()


def test_empty_files_among_others(source):
    paths = [str(write_root(source.with_name(f"m{number}.root"), number % 3 * 20, seed=number)) for number in range(9)]
    assert sp.convert(paths, "out", jobs=1).num_rows == 3 * (20 + 40)


def test_one_file_by_two_names(source, tmp_path):
    (tmp_path / "link.root").symlink_to("a.root")
    for names in (["a.root", "link.root"], ["a.root", "./a.root"], ["a.root", str(source)]):
        with pytest.raises(InputError, match="twice, expected each file once"):
            sp.convert(names, "out")


def test_the_command_without_stdin_or_folder(source, tmp_path):
    """No input to read from; and the folder it is called in is gone."""
    command = [sys.executable, "-m", "simdprep", "convert", str(source), "-o"]
    done = subprocess.run(
        ["bash", "-c", 'exec "$0" "$@" <&-', *command, str(tmp_path / "a.h5")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"'
    done = subprocess.run(
        ["bash", "-c", gone, *command, str(tmp_path / "b.h5")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "working folder: got one that was removed" in check_text(done.stderr.rstrip())
