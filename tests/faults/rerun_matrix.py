"""A job that meets a fault and is run again, for jobs that change something there is: conversions that go on, repairs.

What must hold is the same for each: what is left is what there was or what there is to be, and nothing between; the
next run makes it whole, with the bytes of a job that nothing happened to, and leaves nothing else.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.error_text import check_text
from tests.faults.fault_matrix import BAD_OUTPUT, EXHAUSTED, HARMLESS, OK
from tests.faults.fault_shim import DEADLY, Fault, calls
from tests.faults.left_behind import listing
from tests.faults.trials import Trials
from tests.promises import Promise

#: Puts into an empty folder what the job begins with.
Prepare = Callable[[Path], None]
#: Checks what a fault left in the folder; returns the rows that were compared.
Look = Callable[[Path], int]


@dataclass
class Reruns:
    """What a matrix did."""

    calls: int
    faults: int = 0
    rows: int = 0
    bytes: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def tell(self, promise: Promise, *numbers: str) -> None:
        """Take down what was done; after each fault the next run left the bytes of one that met none."""
        most = {"calls in a run": self.calls}
        random = {kind.replace(" ", "_") + "s": count for kind, count in self.kinds.items() if kind == "random kill"}
        promise(*numbers, faults=self.faults, rows=self.rows, equal=self.faults, most=most, **random)


class RerunMatrix:
    """The faults of one job.

    Args:
        trials: Runs the job.
        name: Of the output.
        folder: An empty one.
        prepare: See above.
        look: See above.

    Attributes:
        whole: What a job leaves that nothing happens to.
        seconds: How long that took.
        counts: What was done.
    """

    def __init__(self, trials: Trials, name: str, folder: Path, prepare: Prepare, look: Look) -> None:
        self._trials, self._name, self._prepare, self._look = trials, name, prepare, look
        self._folder, self._log = folder, folder / "calls.log"
        whole = folder / "whole"
        whole.mkdir()
        prepare(whole)
        ended = trials.run(whole / name, log=self._log)
        assert ended.status == OK, ended.text
        self.seconds = trials.seconds
        self.made = calls(self._log)
        self.counts = Reruns(len(self.made))
        self.whole = contents(whole)

    def suffer(self, fault: Fault) -> None:
        """Let the job meet a fault, look, run it again."""
        place = self._begin()
        self._log.unlink(missing_ok=True)
        ended = self._trials.run(place / self._name, fault, self._log)
        made = calls(self._log)
        said = f"{fault}, {made[fault.call - 1] if len(made) >= fault.call else made}: {ended}"
        if fault.kind in DEADLY:
            assert ended.status == -signal.SIGKILL, said
        elif fault.kind == "short":
            assert ended.status == OK, said
        elif ended.status == OK:
            assert {call.name for call in made if call.failed} <= HARMLESS, said
        else:
            check_text(ended.text)
            assert ended.status == (BAD_OUTPUT if fault.word == "EIO" else EXHAUSTED), said
        self._end(place, said)
        self.counts.faults += 1
        self.counts.kinds[fault.kind] = self.counts.kinds.get(fault.kind, 0) + 1

    def kill_after(self, seconds: float, *, again: float | None = None) -> None:
        """Kill the job after some seconds, and perhaps the one that goes on, if they are still running."""
        place = self._begin()
        for limit in (seconds, again):
            if limit is not None:
                ended = self._trials.run(place / self._name, seconds=limit)
                kind = "random kill" if ended.status == -signal.SIGKILL else "too late"
                assert ended.status in (OK, -signal.SIGKILL), ended
                self.counts.kinds[kind] = self.counts.kinds.get(kind, 0) + 1
                self.counts.faults += kind == "random kill"
        self._end(place, f"killed after {seconds} s")

    def _begin(self) -> Path:
        place = self._folder / "out"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        self._prepare(place)
        return place

    def _end(self, place: Path, said: str) -> None:
        try:
            self.counts.rows += self._look(place)
        except AssertionError as error:
            raise AssertionError(f"{said}\n{listing(place)}") from error
        again = self._trials.run(place / self._name)
        assert again.status == OK, f"{said}; the next run said {again.text}"
        assert listing(place) == listing(self._folder / "whole"), f"{said}: {listing(place)}"
        assert contents(place) == self.whole, said


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of all files."""
    return {name: (folder / name).read_bytes() for name in listing(folder) if (folder / name).is_file()}
