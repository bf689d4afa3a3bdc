"""Exit codes, and what is said when something goes wrong that is not the user's input."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from simdprep import errors
from simdprep.cli import outcome
from tests.unit.cli.command_line import PROGRAM, assert_one_error, own_process, simdprep


def ended_by(error, monkeypatch, sample):
    """Run convert, in which ``error`` is raised."""

    def fail(*_args, **_options):
        raise error

    monkeypatch.setattr("simdprep.convert.convert", fail)
    return simdprep("convert", sample, "-o", "out.h5")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            errors.InputError("input", got="x", where="a.root", hint="b.root"),
            1,
            "input: got x\n  in a.root\n  try b.root",
        ),
        (errors.ResourceError("disk full", where="out.h5"), 4, "disk full\n  in out.h5"),
        (OSError(errno.ENOSPC, "No space left on device", "out.h5"), 4, "disk full\n  in out.h5"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 4, "disk quota exhausted"),
        (MemoryError(), 4, "memory exhausted"),
        (PermissionError(errno.EACCES, "Permission denied", "a.root"), 1, "file: got permission denied\n  in a.root"),
        (errors.InternalError("lost a chunk"), 2, "a mistake of simdprep, please report it: lost a chunk"),
        (
            ValueError("no\nsuch luck"),
            2,
            "a mistake of simdprep, please report it: ValueError: no\n  try SIMDPREP_DEBUG=1",
        ),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=lambda entry: type(entry).__name__ if isinstance(entry, BaseException) else "",
)
def test_codes(error, code, said, monkeypatch, sample, folder):
    done = ended_by(error, monkeypatch, sample)
    assert_one_error(done, said, code=code)
    assert done.out == ""


def test_the_traceback_of_our_mistakes_on_request(monkeypatch, sample, folder):
    monkeypatch.setenv("SIMDPREP_DEBUG", "1")
    done = ended_by(ValueError("no luck"), monkeypatch, sample)
    assert done.code == 2
    assert "Traceback" in done.err
    assert "a mistake of simdprep" in done.err


def test_warnings_are_shown_on_request(monkeypatch):
    import warnings

    monkeypatch.setenv("SIMDPREP_DEBUG", "1")
    with pytest.warns(UserWarning, match="odd"):
        outcome.guarded(lambda: warnings.warn("odd", UserWarning, stacklevel=1))
    monkeypatch.delenv("SIMDPREP_DEBUG")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outcome.guarded(lambda: warnings.warn("odd", UserWarning, stacklevel=1)) == 0


INTERRUPTED = """
import os, signal, sys
import simdprep.convert.run as run
from simdprep.cli import main

def interrupted(*_):
    os.kill(os.getpid(), signal.SIGINT)
    yield from ()

run.chunks = interrupted
main(["convert", sys.argv[1], "-o", "out.h5"])
"""


def test_an_interrupted_conversion_leaves_nothing(sample, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, sample], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_interrupted_while_it_parses(sample, tmp_path):
    started = subprocess.Popen([*PROGRAM, "convert", sample, "-o", "out.h5"], cwd=tmp_path, stderr=subprocess.PIPE)
    started.send_signal(signal.SIGTERM)
    started.communicate()
    assert started.returncode == -signal.SIGTERM
    assert not (tmp_path / "out.h5").exists()


def test_a_reader_that_goes_away():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, "config", "--schema"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_under_stdout():
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run([*PROGRAM, "config", "--schema"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (4, b"disk full\n")


def test_streams_of_a_narrow_encoding(folder):
    (folder / "ü.root").touch()
    done = subprocess.run(
        [*PROGRAM, "inspect", "ü.root"],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "in ?.root" in done.stderr


def test_an_error_of_a_verb_in_its_own_process(folder):
    assert_one_error(own_process("info", "no.h5", folder=folder), "got no such file", "no.h5")
