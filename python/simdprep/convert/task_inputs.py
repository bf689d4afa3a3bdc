"""TaskInputs: the entries of inputs that one task converts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, SimdprepError
from ..readers import Source, is_transient
from .inputs import Inputs
from .summary import Skipped


@dataclass
class TaskInputs(Inputs):
    """The inputs of a task.

    Attributes:
        pieces: Of the payload: path, first entry, one past the last, stamp and size of the file when it was planned.
        last: Trouble that may pass is not waited for any more.
    """

    pieces: Sequence[Sequence[Any]] = ()
    last: bool = True

    def skips(self, error: SimdprepError) -> bool:
        """Return True where what raised ``error`` is left out."""
        return self.skip_bad_files and (self.last or not is_transient(error))

    def ranges(self, *, limit: int | None = None, record: bool = False) -> Iterator[tuple[Source, int, int]]:
        """Open one file after the other and yield it with its entries."""
        for path, start, stop, stamp, size in self.pieces:
            try:
                source = self.source(path)
                _check_same(source, stop, stamp, size)
            except SimdprepError as error:
                if not self.skips(error):
                    raise
                self.unread += stop - start
                self.skipped.append(Skipped.of(error, path, f"{start}:{stop}"))
                continue
            yield source, start, stop


def _check_same(source: Source, stop: int, stamp: str, size: int) -> None:
    if source.stamp != (stamp, size) or source.num_entries < stop:
        raise InputError(
            "input file",
            got="another than when it was planned",
            expected="one that stays as it is",
            where=source.path,
            hint="beginning anew, with --overwrite",
        )
