"""Running the command line from tests: in this process, and in one of its own."""

import os
import re
import subprocess
import sys
from typing import NamedTuple

from typer.testing import CliRunner

from simdprep.cli import app

PROGRAM = [sys.executable, "-m", "simdprep"]

#: Lines in which a summary accounts for what was read.
_ACCOUNT = re.compile(r"([\d,]+) ([\w ]+?) in = ([\d,]+) (\w+) written \+ ([\d,]+) dropped")


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    out: str
    err: str


def simdprep(*arguments) -> Ended:
    """Run a verb in this process."""
    done = CliRunner().invoke(app, [str(entry) for entry in arguments], prog_name="simdprep")
    return Ended(done.exit_code, done.stdout, done.stderr)


def own_process(*arguments, folder=None, debug=False, **streams) -> Ended:
    """Run a verb in a process of its own, its streams piped."""
    environment = {name: value for name, value in os.environ.items() if name not in ("SIMDPREP_DEBUG", "FORCE_COLOR")}
    if debug:
        environment["SIMDPREP_DEBUG"] = "1"
    command = [*PROGRAM, *(str(entry) for entry in arguments)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, **streams)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def accounts(text: str) -> dict[str, tuple[int, int, int]]:
    """Return what a summary says went in, was written and was dropped, by what is counted; checked to add up."""
    found = {}
    for taken, what, written, _, dropped in _ACCOUNT.findall(text):
        numbers = tuple(int(number.replace(",", "")) for number in (taken, written, dropped))
        assert numbers[0] == numbers[1] + numbers[2], text
        found[what] = numbers
    assert "entries" in found, f"no account in {text!r}"
    return found


def assert_one_error(ended: Ended, *parts: str, code: int = 1) -> None:
    """Check that a run ended in one error of the house's grammar that says all of ``parts``, and no traceback."""
    assert ended.code == code, ended
    assert "Traceback" not in ended.out + ended.err
    lines = ended.err.rstrip("\n").splitlines()
    assert len(lines) <= 3, ended.err
    assert lines, ended
    assert not lines[0].startswith(" ")
    for line in lines[1:]:
        assert line.startswith(("  in ", "  try ")), ended.err
    for part in parts:
        assert part in ended.err, ended.err
