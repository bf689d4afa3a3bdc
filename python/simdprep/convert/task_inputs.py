"""TaskInputs: the entries of inputs that one task converts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError, SimdprepError
from ..readers import Source, is_transient
from .inputs import Inputs
from .kept_source import KEPT
from .summary import Skipped


@dataclass
class TaskInputs(Inputs):
    """The inputs of a task.

    Attributes:
        pieces: Of the payload: path, first entry, one past the last, stamp and size of the file when it was planned.
        last: Trouble that may pass is not waited for any more.
        keeps: The last file stays open for another task of this process, if nothing was wrong with it.
    """

    pieces: Sequence[Sequence[Any]] = ()
    last: bool = True
    keeps: bool = False
    _keys: dict[str, Any] = field(default_factory=dict, repr=False)

    def __exit__(self, *_: object) -> None:
        """Close all files but one that is kept; none after an error."""
        is_well = _[0] is None and not self.skipped
        if self.keeps and is_well and self._open:
            path, source = self._open.popitem()
            KEPT.keep(self._keys.get(path), source)
        super().__exit__(*_)

    def source(self, path: str) -> Source:
        """Return a file's tree, open, as :meth:`Inputs.source` does.

        Raises:
            InputError: it cannot be read.
        """
        if self.keeps and path not in self._open:
            self._open[path], self._keys[path] = KEPT.open(self.opening, path, self.threads)
        return super().source(path)

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
