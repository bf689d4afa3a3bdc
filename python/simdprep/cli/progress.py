"""Progress: a bar on a terminal, a line now and then in a pipe; both on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from . import quantity
from .console import note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

#: Seconds between lines where there is no terminal; short work prints none.
EVERY = 10.0


class Progress:
    """Shows entries done; call it with those done and those in all. A context manager.

    Args:
        quiet: Show nothing.
        every: Seconds between lines where there is no terminal.
        verb: What is done with them.
        noun: What they are.
    """

    def __init__(
        self, *, quiet: bool = False, every: float = EVERY, verb: str = "converting", noun: str = "entries"
    ) -> None:
        self._verb, self._noun = verb, noun
        self._quiet = quiet
        self._every = every
        self._started = self._told = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task("reading counts", total=None, speed="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` entries are converted; the total may be an estimate."""
        now = time.monotonic()
        total = max(done, total)
        speed = quantity.rate(done, now - self._started, self._noun)
        if self._bar is not None:
            self._bar.update(self._task, description=self._verb, completed=done, total=total, speed=speed)
        elif not self._quiet and now - self._told >= self._every:
            self._told = now
            left = (now - self._started) * (total - done) / max(done, 1)
            note(
                f"{quantity.number(done)} of {quantity.number(total)} {self._noun} ({quantity.share(done, total)}), "
                f"{speed}, {quantity.duration(left)} left"
            )


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
