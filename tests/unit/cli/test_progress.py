"""Progress: lines now and then in a pipe, a bar on a terminal, nothing when quiet."""

import os
import pty
import re
import subprocess

import pytest

from simdprep.cli import progress
from tests.unit.cli.command_line import PROGRAM


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_lines_in_a_pipe(clock, capsys):
    with progress.Progress() as shown:
        for done in range(1000, 40_001, 1000):
            clock[0] += 1
            shown(done, 40_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "10,000 of 40,000 entries (25.0 %), 1,000 entries/s, 30.0 s left",
        "20,000 of 40,000 entries (50.0 %), 1,000 entries/s, 20.0 s left",
        "30,000 of 40,000 entries (75.0 %), 1,000 entries/s, 10.0 s left",
        "40,000 of 40,000 entries (100.0 %), 1,000 entries/s, 0.00 s left",
    ]


def test_an_estimate_that_was_too_low(clock, capsys):
    with progress.Progress(every=0) as shown:
        clock[0] += 2
        shown(5000, 4000)
    assert "5,000 of 5,000 entries" in capsys.readouterr().err


def test_short_work_prints_nothing(clock, capsys):
    with progress.Progress() as shown:
        clock[0] += 9
        shown(1, 2)
    assert capsys.readouterr().err == ""


def test_quiet(clock, capsys):
    with progress.Progress(quiet=True, every=0) as shown:
        clock[0] += 90
        shown(1, 2)
    assert capsys.readouterr().err == ""


def on_a_terminal(folder, *arguments):
    """Run a verb with a terminal as its streams and return what appeared there."""
    inner, outer = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen([*PROGRAM, *arguments], cwd=folder, stdout=outer, stderr=outer, env=environment)
    os.close(outer)
    shown = b""
    while True:
        try:
            more = os.read(inner, 65536)
        except OSError:  # the other end was closed
            break
        if not more:
            break
        shown += more
    os.close(inner)
    assert process.wait() == 0, shown
    return shown.decode()


def test_a_bar_on_a_terminal(sample, tmp_path):
    shown = on_a_terminal(tmp_path, "convert", str(sample), "-o", "out.h5")
    assert "converting" in shown
    assert "4000/4000" in shown
    assert "entries/s" in shown
    assert re.search(r"\x1b\[[\d;]+mtruncated 43 of 18,312 Jet", shown)  # the line one cannot miss has a colour


def test_no_bar_when_quiet(sample, tmp_path):
    shown = on_a_terminal(tmp_path, "convert", str(sample), "-o", "out.h5", "--quiet")
    assert "converting" not in shown
