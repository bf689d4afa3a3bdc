"""Outputs that exist, are locked, cannot be written, or were left half done: nothing is lost."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep import _core
from simdprep.errors import OutputError, SchemaError, SimdprepError
from tests.faults.error_text import check_text
from tests.faults.small_files import muons, write_root
from tests.reference.stored_file import StoredFile

EVENTS = muons(20)
SCHEMA = sp.Schema.from_awkward(EVENTS)


@pytest.fixture
def root(tmp_path):
    return write_root(tmp_path / "muons.root", 50)


def python(code: str, *arguments: object, **options) -> subprocess.Popen:
    """Run code in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write(path: Path, **options):
    with sp.Writer(path, SCHEMA, **options) as writer:
        writer.fill(EVENTS)
    return writer.summary


def refused(action, *arguments, **options) -> list[str]:
    with pytest.raises(OutputError) as raised:
        action(*arguments, **options)
    return check_text(str(raised.value)).splitlines()


class TestExisting:
    @pytest.mark.parametrize("name", ["out.h5", "out.hdf5", "folder"])
    def test_it_is_kept_unless_overwritten(self, root, tmp_path, name):
        output = tmp_path / "o" / name
        output.parent.mkdir()
        sp.convert(str(root), output, entries=":10")
        before = {entry: (tmp_path / "o" / entry).stat().st_mtime_ns for entry in listing(tmp_path / "o")}
        for action in (lambda: sp.convert(str(root), output), lambda: write(output)):
            lines = refused(action)
            assert lines == [f"output exists, kept as it is: got {output}, expected a new name", "  try --overwrite"]
        assert {entry: (tmp_path / "o" / entry).stat().st_mtime_ns for entry in listing(tmp_path / "o")} == before
        assert sp.convert(str(root), output, overwrite=True).num_rows == 50
        with sp.open(output) as dataset:
            assert dataset.num_rows == 50

    def test_a_file_stays_until_its_successor_is_whole(self, root, tmp_path):
        output = tmp_path / "out.h5"
        sp.convert(str(root), output)
        content = output.read_bytes()
        bad = ak.with_field(EVENTS, ["text"] * len(EVENTS), "MET_pt")
        writer = sp.Writer(output, SCHEMA, overwrite=True)
        writer.fill(EVENTS)
        assert output.read_bytes() == content
        with pytest.raises(SchemaError):
            writer.fill(bad)
        writer.abandon()
        assert output.read_bytes() == content
        assert listing(tmp_path) == ["muons.root", "out.h5"]

    def test_foreign_files_are_not_overwritten(self, root, tmp_path):
        folder = tmp_path / "folder"
        folder.mkdir()
        (folder / "thesis.tex").write_text("years of work")
        lines = refused(sp.convert, str(root), folder, overwrite=True)
        assert lines[0] == "output folder holds other files: got thesis.tex, expected parts and a manifest only"
        assert (folder / "thesis.tex").read_text() == "years of work"

    def test_files_and_folders_are_not_mixed_up(self, root, tmp_path):
        (tmp_path / "out.h5").mkdir()
        assert refused(sp.convert, str(root), tmp_path / "out.h5", overwrite=True)[0].startswith(
            "output: got the folder "
        )
        assert refused(sp.convert, str(root), root, overwrite=True)[0].startswith("output: got the file ")
        assert root.stat().st_size > 1000

    def test_an_output_that_appears_meanwhile_is_kept(self, root, tmp_path):
        """Two conversions to one output at about the same time: the later one must not win."""
        output = tmp_path / "out.h5"
        done = []

        def progress(*_):
            if not done:
                done.append(write(output.with_name("other.h5")))
                output.with_name("other.h5").rename(output)

        lines = refused(sp.convert, str(root), output, progress=progress)
        assert lines[0].startswith("output exists, kept as it is")
        assert StoredFile(output).datasets["/events/MET_pt"].shape == (20,)

    @pytest.mark.parametrize("name", ["out.h5", "folder"])
    def test_an_output_that_was_finished_just_before_the_lock(self, tmp_path, monkeypatch, name):
        output = tmp_path / name
        lock = _core.OutputLock

        def late(path):
            monkeypatch.undo()
            write(output.with_stem("other"))
            output.with_stem("other").rename(output)
            return lock(path)

        monkeypatch.setattr(_core, "OutputLock", late)
        assert refused(write, output)[0].startswith("output exists, kept as it is")
        assert [entry.name for entry in tmp_path.iterdir()] == [name]
        with sp.open(output) as dataset:
            assert dataset.num_rows == len(EVENTS)


class TestPlaces:
    def test_missing_folder(self, root, tmp_path):
        lines = refused(sp.convert, str(root), tmp_path / "nowhere" / "out.h5")
        assert lines[0] == f"folder of the output: got {tmp_path / 'nowhere'}, expected a folder that exists"
        assert lines[-1] == f"  try mkdir -p {tmp_path / 'nowhere'}"

    def test_a_file_as_folder(self, root):
        assert refused(sp.convert, str(root), root / "out.h5")[0].startswith(f"folder of the output: got {root}")

    @pytest.mark.parametrize("name", ["out.h5", "folder"])
    def test_a_folder_that_takes_no_files(self, root, name):
        lines = refused(sp.convert, str(root), Path("/proc") / name)
        assert "/proc" in "\n".join(lines)

    @pytest.mark.parametrize("name", ["o" * 300 + ".h5", "o" * 300, "o" * 250 + ".h5"])
    def test_names_that_are_too_long(self, root, tmp_path, name):
        refused(sp.convert, str(root), tmp_path / name)
        assert listing(tmp_path) == ["muons.root"]

    def test_a_name_that_is_no_text(self, root, tmp_path):
        name = os.fsdecode(b"caf\xe9.h5")
        lines = refused(sp.convert, str(root), tmp_path / name)
        assert lines[0].endswith("caf\\udce9.h5', expected a name in UTF-8")

    def test_a_file_in_place_of_the_staging_folder(self, root, tmp_path):
        (tmp_path / "out.h5.parts").write_text("mine")
        with sp.Writer(tmp_path / "out.h5", SCHEMA, part_rows=1) as writer:
            lines = refused(writer.fill, muons(5000))
            assert "out.h5.parts" in "\n".join(lines)
            writer.abandon()
        assert (tmp_path / "out.h5.parts").read_text() == "mine"
        assert listing(tmp_path) == ["muons.root", "out.h5.parts"]

    def test_read_only_folder(self, root, tmp_path):
        folder = tmp_path / "locked"
        folder.mkdir()
        folder.chmod(0o555)
        if os.access(folder, os.W_OK):
            pytest.skip("this user writes everywhere")
        lines = refused(sp.convert, str(root), folder / "out.h5")
        assert "expected a folder you may write to" in lines[0]


HOLD = """
    import sys
    import simdprep as sp
    from tests.faults.test_outputs import EVENTS, SCHEMA
    writer = sp.Writer(sys.argv[1], SCHEMA, part_rows=1)
    writer.fill(EVENTS)
    print("locked", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(params=["out.h5", "folder"])
def held(request, tmp_path):
    """An output that another process is writing."""
    output = tmp_path / request.param
    holder = python(HOLD, output, cwd=Path(__file__).parents[2])
    assert holder.stdout.readline() == "locked\n", holder.stderr.read()
    yield output, holder
    holder.kill()
    holder.communicate()


class TestLocks:
    @pytest.fixture(autouse=True)
    def _counted(self, promise):
        promise("R12", faults=1)

    def test_a_second_writer_is_refused_with_host_and_pid(self, held, root):
        output, holder = held
        files = listing(output.parent)
        for action in (lambda: write(output, overwrite=True), lambda: sp.convert(str(root), output, overwrite=True)):
            lines = refused(action)
            who = f"process {holder.pid} on host {socket.gethostname()}"
            assert lines[0] == f"output is locked: got {who}, expected no other writer"
            assert lines[1] == f"  in {output}.lock"
        assert listing(output.parent) == files

    @pytest.mark.parametrize("reaped", [True, False])
    def test_the_lock_of_a_killed_process_is_taken_over_and_told(self, held, root, reaped):
        output, holder = held
        holder.kill()
        if reaped:
            holder.wait()
        else:  # a zombie writes no more either
            os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
        summary = sp.convert(str(root), output, overwrite=True)
        assert f"took over the lock of process {holder.pid}, which is gone" in summary.told
        assert not output.with_name(f"{output.name}.lock").exists()
        with sp.open(output) as dataset:
            assert dataset.num_rows == 50

    def test_in_one_process_too(self, tmp_path):
        with sp.Writer(tmp_path / "out.h5", SCHEMA) as writer:
            writer.fill(EVENTS)
            assert f"process {os.getpid()} on host" in refused(write, tmp_path / "out.h5")[0]
        assert write(tmp_path / "out.h5", overwrite=True).num_rows == len(EVENTS)

    def test_another_host_may_be_at_work(self, root, tmp_path):
        (tmp_path / "out.h5.lock").write_text("elsewhere.example 1\n")
        lines = refused(sp.convert, str(root), tmp_path / "out.h5")
        assert lines[0].startswith("output is locked: got process 1 on host elsewhere.example")
        assert "removing this file" in lines[-1]

    @pytest.mark.parametrize("text", ["garbage\n", "host\n", f"{socket.gethostname()} -5\n"])
    def test_locks_of_nobody(self, root, tmp_path, text):
        (tmp_path / "out.h5.lock").write_text(text)
        assert refused(sp.convert, str(root), tmp_path / "out.h5")[0].startswith("output is locked: got a lock file")
        assert (tmp_path / "out.h5.lock").read_text() == text


CRASH = """
    import os, signal, sys
    import simdprep as sp
    from simdprep import _core
    source, output, place = sys.argv[1:]

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    def progress(done, _total):
        if place == f"after {done}":
            die()

    if place == "merge":
        from simdprep.storage import merge, merge_ahead
        merge.merge_parts = merge_ahead.MergeAhead.finish = die
    if place == "rename":
        _core.commit_existing = die
    if place == "manifest":
        _core.Manifest.commit = die
    sp.convert([source.format(number) for number in range(3)], output, progress=progress, part_rows=1, overwrite=True)
"""


class TestCrashes:
    @pytest.fixture
    def inputs(self, tmp_path):
        (tmp_path / "in").mkdir()
        return [write_root(tmp_path / "in" / f"{number}.root", 3000, seed=number) for number in range(3)]

    @pytest.mark.parametrize(
        ("name", "place"),
        [("out.h5", place) for place in ("after 3000", "after 6000", "after 9000", "merge", "rename")]
        + [("folder", place) for place in ("after 3000", "after 9000", "manifest")],
    )
    def test_a_killed_conversion_leaves_nothing_of_the_final_name(self, inputs, tmp_path, name, place):
        (tmp_path / "whole").mkdir()
        (tmp_path / "out").mkdir()
        whole = sp.convert([str(path) for path in inputs], tmp_path / "whole" / name, part_rows=1)
        assert whole.written.parts > 2
        output = tmp_path / "out" / name
        killed = python(CRASH, str(inputs[0].with_name("{}.root")), output, place)
        assert killed.wait(120) == -signal.SIGKILL, killed.stderr.read()
        left = listing(tmp_path / "out")
        assert len(left) > 1  # at least a lock and something else
        if name == "folder":
            assert "folder/manifest.json" not in left
            with pytest.raises(SimdprepError) as raised:
                sp.open(output)
            check_text(str(raised.value))
        else:
            assert "out.h5" not in left

        again = sp.convert([str(path) for path in inputs], output, part_rows=1, overwrite=name == "folder")
        assert any(line.startswith("took over the lock of process ") for line in again.told)
        if name == "out.h5":
            assert any("left by an interrupted run" in line for line in again.told), again.told
        files = listing(tmp_path / "whole")
        assert listing(tmp_path / "out") == files
        for file in files:
            if (tmp_path / "whole" / file).is_file():
                assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "out" / file).read_bytes(), file

    def test_killed_at_any_time(self, inputs, tmp_path):
        """Whenever it is: the file is not there, or whole."""
        sp.convert([str(path) for path in inputs], tmp_path / "whole.h5", part_rows=1)
        whole = (tmp_path / "whole.h5").read_bytes()
        output = tmp_path / "out.h5"
        rng = np.random.default_rng(1)
        for _ in range(6):
            killed = python(CRASH, str(inputs[0].with_name("{}.root")), output, "nowhere")
            try:
                killed.wait(float(rng.uniform(0.8, 2.5)))
            except subprocess.TimeoutExpired:
                killed.kill()
                killed.wait()
            assert not output.exists() or output.read_bytes() == whole
        sp.convert([str(path) for path in inputs], output, part_rows=1, overwrite=True)
        assert output.read_bytes() == whole
        assert listing(tmp_path) == ["in", "in/0.root", "in/1.root", "in/2.root", "out.h5", "whole.h5"]
