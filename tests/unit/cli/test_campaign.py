"""``plan``, ``run-task``, ``commit``, and the options of ``convert`` for many files."""

from pathlib import Path

import pytest
import uproot

from simdprep.convert import cuts
from tests.unit.cli.command_line import assert_one_error, simdprep
from tests.unit.convert.campaign_files import contents, write_inputs


@pytest.fixture
def inputs(tmp_path):
    return write_inputs(tmp_path / "in", count=3)


def test_a_plan_its_tasks_and_their_commit(inputs, tmp_path):
    output = tmp_path / "out"
    done = simdprep("plan", *inputs, "-o", output, "--task-size", "15kB")
    assert done.code == 0
    assert done.out == f"{output}.parts: 16 tasks for 6,600 entries in 3 files\n"
    for share in ("1/2", "2/2"):
        assert simdprep("run-task", f"{output}.parts/plan.json", share) == (0, "", "")
    done = simdprep("commit", f"{output}.parts")
    assert done.code == 0
    assert "6,600 entries in = 6,600 rows written + 0 dropped" in done.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]
    assert simdprep("verify", output).code == 0


def test_what_is_left_out_makes_exit_3(inputs, tmp_path):
    (tmp_path / "in" / "bad.root").write_bytes(b"root, but not really")
    output = tmp_path / "out"
    done = simdprep("plan", tmp_path / "in" / "*.root", "-o", output, "--skip-bad-files")
    assert done.code == 3
    assert "bad.root" in done.err
    assert simdprep("run-task", f"{output}.parts", "1/1").code == 0
    done = simdprep("commit", f"{output}.parts", "--quiet")
    assert done.code == 3
    assert "1 skipped file" in done.out
    assert "bad.root" in done.err


def test_new_inputs_are_added(inputs, tmp_path):
    assert simdprep("convert", *inputs[:2], "-o", tmp_path / "out", "--jobs", "1").code == 0
    done = simdprep("convert", *inputs, "-o", tmp_path / "out", "--update", "--jobs", "1")
    assert done.code == 0
    assert "added to 3,700 rows" in done.out
    done = simdprep("convert", *inputs, "-o", tmp_path / "out", "--update")
    assert "nothing was left to do" in done.out


def test_resuming_what_had_ended_changes_nothing(inputs, tmp_path):
    assert simdprep("convert", *inputs, "-o", tmp_path / "out").code == 0
    before = contents(tmp_path / "out")
    done = simdprep("convert", *inputs, "-o", tmp_path / "out", "--resume")
    assert done.code == 0
    assert "whole already" in done.out
    assert contents(tmp_path / "out") == before
    done = simdprep("convert", *inputs, "-o", tmp_path / "out", "--resume", "--pad", "Muon=9")
    assert_one_error(done, "output exists, kept as it is", "of another config")


def test_a_bad_file_is_left_out_of_what_was_begun_without_that(inputs, tmp_path, monkeypatch):
    """The error says what is kept; --resume --skip-bad-files goes on with it."""
    monkeypatch.setattr(cuts, "TASK_BYTES", 15_000)
    with uproot.open(inputs[2]) as file:
        places = [int(seek) for seek in file["Events/Muon_charge"].member("fBasketSeek")]
    content = bytearray(Path(inputs[2]).read_bytes())
    for place in filter(None, places):
        content[place : place + 4] = b"\xff\xff\xff\xff"
    Path(inputs[2]).write_bytes(content)
    output = tmp_path / "out"
    done = simdprep("convert", *inputs, "-o", output, "--jobs", "1", "--pad", "Muon=5")
    assert done.code == 1
    assert f"what was done is kept in {output}.parts; --resume goes on with it" in done.err
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out.parts").glob("part-*.h5")}
    assert len(times) > 3
    more = ("--resume", "--skip-bad-files")
    done = simdprep("convert", *inputs, "-o", output, "--jobs", "1", "--pad", "Muon=5", *more)
    assert done.code == 3, done.err
    assert f"skipped {inputs[2]}" in done.err
    assert "6,600 entries in = 3,700 rows written + 2,900 dropped (2,900 in skipped entries)" in done.out
    kept = {path.stat().st_mtime_ns for path in output.glob("part-*.h5")}
    assert set(times.values()) <= kept


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["convert", "a.root", "-o", "b", "--jobs", "0"], "--jobs"),
        (["plan", "a.root", "-o", "b", "--task-size", "much"], "--task-size"),
        (["run-task", "nowhere", "1/2"], "plan: got nowhere"),
        (["run-task", "nowhere", "first"], "share of the tasks"),
        (["commit", "nowhere"], "plan: got nowhere"),
    ],
)
def test_mistakes_are_one_error(arguments, part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_one_error(simdprep(*arguments), part)
