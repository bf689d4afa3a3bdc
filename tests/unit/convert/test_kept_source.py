"""An input stays open for the next task, as long as it is the file it was, and not longer than the conversion."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

import simdprep as sp
from simdprep.convert.campaign import run_share
from simdprep.convert.kept_source import KeptSource
from simdprep.convert.opening import Opening
from simdprep.convert.planning import plan
from simdprep.errors import InputError
from simdprep.readers import Friend
from tests.unit.convert.campaign_files import TASK_SIZE, contents, write_inputs


@pytest.fixture
def inputs(tmp_path):
    return write_inputs(tmp_path / "in", count=2)


def open_inputs():
    """Inputs that this process has open."""
    names = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            names.append(str(entry.readlink()))
    return [name for name in names if name.endswith(".root")]


@pytest.fixture
def opened(monkeypatch):
    """Names of the inputs that were opened, one after the other."""
    names = []
    real = Opening.open

    def noted(self, path, *, threads=None):
        names.append(path)
        return real(self, path, threads=threads)

    monkeypatch.setattr(Opening, "open", noted)
    return names


def test_the_same_file_is_opened_once(inputs, opened):
    kept = KeptSource()
    for path in (inputs[0], inputs[0], inputs[1], inputs[0]):
        source, key = kept.open(Opening(), path, 1)
        assert source.path == path
        kept.keep(key, source)
    assert opened == [inputs[0], inputs[1], inputs[0]]
    assert len(set(open_inputs())) == 1
    kept.close()
    assert not open_inputs()


@pytest.mark.parametrize("how", ["touched", "replaced"])
def test_not_what_was_changed(inputs, opened, how):
    kept = KeptSource()
    source, key = kept.open(Opening(), inputs[0], 1)
    kept.keep(key, source)
    if how == "touched":
        found = os.stat(inputs[0])  # noqa: PTH116
        os.utime(inputs[0], ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    else:
        os.replace(inputs[1], inputs[0])  # noqa: PTH105
    again, key = kept.open(Opening(), inputs[0], 1)
    assert again is not source
    assert (again.num_entries == source.num_entries) == (how == "touched")
    kept.keep(key, again)
    kept.close()


def test_what_is_not_kept(inputs, opened):
    """Other threads, another tree; what has friends, whose changes nobody would see; two at a time."""
    kept = KeptSource()
    first, key = kept.open(Opening(), inputs[0], 1)
    second, other = kept.open(Opening(), inputs[0], 1)
    kept.keep(key, first)
    kept.keep(other, second)
    for opening, threads in ((Opening("Events"), 1), (Opening("Events"), 2)):
        source, key = kept.open(opening, inputs[0], threads)
        kept.keep(key, source)
    assert len(opened) == 4
    joined, key = kept.open(Opening(friends=(Friend(inputs[0], None, (), "f_"),)), inputs[0], 1)
    assert key is None
    joined.close()


def test_a_conversion_opens_each_input_once_and_closes_all(inputs, tmp_path, opened):
    _, planned = plan(inputs, tmp_path / "plan", task_size=TASK_SIZE)
    opened.clear()
    sp.convert(inputs, tmp_path / "out", jobs=1, task_size=TASK_SIZE)
    assert len(opened) <= 6 < len(planned.tasks)  # by the planning, for what tasks share, for them
    assert not open_inputs()
    assert run_share(tmp_path / "plan.parts", 1, 1) == 0
    assert not open_inputs()


def test_a_file_that_changes_between_its_tasks(inputs, tmp_path):
    other = write_inputs(tmp_path / "other", count=1, events=2500)[0]

    def change(done, total):
        if Path(other).exists():
            Path(other).replace(inputs[0])

    with pytest.raises(InputError, match="another than when it was planned"):
        sp.convert(inputs, tmp_path / "out", jobs=1, task_size=TASK_SIZE, progress=change)
    assert not open_inputs()


def test_the_same_bytes_as_from_files_opened_anew(inputs, tmp_path, monkeypatch):
    sp.convert(inputs, tmp_path / "kept", jobs=1, task_size=TASK_SIZE)
    monkeypatch.setattr(KeptSource, "keep", lambda self, key, source: source.close())
    sp.convert(inputs, tmp_path / "anew", jobs=1, task_size=TASK_SIZE)
    assert contents(tmp_path / "kept") == contents(tmp_path / "anew")
