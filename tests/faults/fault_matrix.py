"""One job, one fault: run it, look at what is left, run it again. What must hold is the same for every job."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.error_text import check_text
from tests.faults.fault_shim import DEADLY, KINDS, NONE, Call, Fault, calls
from tests.faults.left_behind import Left, listing, look
from tests.promises import Promise

#: Calls that may fail without a word: the dataset is whole by then, or a folder is there already.
HARMLESS = {"unlink", "rmdir", "close", "mkdir"}

OK, BAD_OUTPUT, EXHAUSTED = 0, 1, 4


@dataclass(frozen=True)
class Ended:
    """How a run of a job ended: exit code or negative signal, and what it said."""

    status: int
    text: str


#: Runs the job: output, fault, file for the log of calls (or None), whether to overwrite.
Run = Callable[[Path, Fault, Path | None, bool], Ended]


@dataclass
class Counts:
    """What a matrix did."""

    faults: int = 0
    rows: int = 0
    whole: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    def tell(self, promise: Promise, *numbers: str) -> None:
        """Take down what was done; after each fault the next run left the bytes of one that met none."""
        calls = sum(self.calls.values())
        promise(*numbers, faults=self.faults, rows=self.rows, equal=self.faults, most={"calls in a run": calls})


class Matrix:
    """The faults of one job with one output.

    Args:
        run: Runs the job.
        name: Of the output: ``*.h5`` or a folder.
        folder: An empty one.
    """

    def __init__(self, run: Run, name: str, folder: Path) -> None:
        self._run = run
        self._folder = folder
        self.counts = Counts()
        whole = folder / "whole"
        whole.mkdir()
        self._log = folder / "calls.log"
        ended = run(whole / name, NONE, self._log, False)
        assert ended.status == OK, ended.text
        assert look(whole / name).whole
        self.made = calls(self._log)
        self.counts.calls[name] = len(self.made)
        self._name = name
        self._files = listing(whole)
        self._bytes = {file: (whole / file).read_bytes() for file in self._files if (whole / file).is_file()}

    @property
    def num_calls(self) -> int:
        """Calls of an undisturbed run."""
        return len(self.made)

    def suffer(self, fault: Fault) -> None:
        """Let the job meet the fault, check what is left, and let it complete."""
        place = self._folder / "out"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        self._log.unlink(missing_ok=True)
        output = place / self._name
        ended = self._run(output, fault, self._log, False)
        made = calls(self._log)
        left = look(output)
        self._check_end(fault, ended, made, left)
        self._check_committed(fault, made, left)
        again = self._run(output, NONE, None, True)
        assert again.status == OK, f"{fault}: the next run said {again.text}"
        for leftover in left.leftovers:
            assert leftover in again.text, f"{fault}: {leftover} not told in {again.text!r}"
        self._check_same(place, fault)
        self.counts.faults += 1
        self.counts.rows += left.rows
        self.counts.whole += left.whole

    def suffer_some(self, number: int, *, seed: int) -> None:
        """Faults of any kind at any call."""
        rng = random.Random(seed)
        for _ in range(number):
            self.suffer(Fault(rng.randint(1, self.num_calls), rng.choice(KINDS)))
        assert self.counts.rows > 0

    def suffer_all(self, kind: str) -> None:
        """A fault of this kind at every call."""
        for call in range(1, self.num_calls + 1):
            self.suffer(Fault(call, kind))
        assert self.counts.faults == self.num_calls

    def check_names(self) -> None:
        """Power may fail too: a file is synced before it is renamed, and its folder after."""
        renamed = [place for place, call in enumerate(self.made) if call.name == "rename"]
        assert len(renamed) >= 3
        for place in renamed:
            before = [call.name for call in self.made[:place] if ".tmp-" in call.path and call.name != "close"]
            assert before[-1] == "fsync"
            assert [call.name for call in self.made[place + 1 : place + 3]] == ["open", "fsync"]

    def _check_end(self, fault: Fault, ended: Ended, made: list[Call], left: Left) -> None:
        said = f"{fault}, {made[fault.call - 1] if len(made) >= fault.call else made}: {ended}"
        if fault.kind in DEADLY:
            assert ended.status == -signal.SIGKILL, said
            return
        if fault.kind == "short":
            assert ended.status == OK, said
            assert left.whole, said
            return
        if ended.status == OK:
            assert {call.name for call in made if call.failed} <= HARMLESS, said
            assert left.whole, said
            return
        check_text(ended.text)
        if fault.word == "EIO":
            assert ended.status == BAD_OUTPUT, said
            return
        assert ended.status == EXHAUSTED, said
        what = {"ENOSPC": "disk full", "EDQUOT": "disk quota exhausted"}[fault.word]
        for words in (f"{what}: got ", " bytes free", "room for ", str(self._folder / "out"), "safe"):
            assert words in ended.text, said

    def _check_committed(self, fault: Fault, made: list[Call], left: Left) -> None:
        """Every part that got its name before the fault is there, unless it is in the whole dataset already."""
        done = made[: fault.call - 1] if fault.kind == "kill" else made
        named = [call.path for call in done if call.name == "rename" and "part-" in call.path and not call.failed]
        assert left.whole or left.parts == len(named), f"{fault}: {left.parts} parts of {named}"

    def _check_same(self, place: Path, fault: Fault) -> None:
        """The next run left the same bytes as a run without a fault, and nothing else."""
        assert listing(place) == self._files, f"{fault}: {listing(place)}"
        for file, content in self._bytes.items():
            assert (place / file).read_bytes() == content, f"{fault}: {file} differs"
