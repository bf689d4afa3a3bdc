"""What a conversion did: rows in, rows out, and where every other one went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..errors import SimdprepError
from ..schema import Schema
from .writer import WriteSummary


@dataclass(frozen=True)
class Skipped:
    """A file or entry range that could not be read and was left out.

    Attributes:
        path: The file as given.
        entries: ``start:stop``, or ``all``.
        reason: What the error says, in one line.
    """

    path: str
    entries: str
    reason: str

    @classmethod
    def of(cls, error: SimdprepError, path: str, entries: str) -> Skipped:
        """Return the record of a file or entry range whose reading raised ``error``."""
        what = str(error).splitlines()[0]
        more = f", in {error.where}" if error.where and error.where != path else ""
        return cls(path, entries, what + more)


@dataclass
class ConvertSummary:
    """What a conversion did. ``entries_in == num_events + sum(dropped.values())`` always holds.

    Attributes:
        written: What the writer stored, per object.
        schema: What is stored.
        entries_in: Entries of the trees in the asked range, unreadable ones included.
        dropped: Entries that are not in the dataset, by reason.
        objects_dropped: Entries of objects removed by selects, by object.
        missing_lists: Lists that were missing altogether (Parquet nulls) and count as empty.
        lost_links: Cross references that lead nowhere and were left out, by object and reason.
        pads: Slots of the padded objects.
        skipped: Files and entry ranges left out with ``skip_bad_files``.
        files: Number of input files read.
        bytes_in: Size of the input files.
        seconds: Wall time.
        told: What was decided or changed on the user's behalf, one line each.
    """

    written: WriteSummary
    schema: Schema
    entries_in: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    objects_dropped: Counter[str] = field(default_factory=Counter)
    missing_lists: int = 0
    lost_links: Counter[str] = field(default_factory=Counter)
    pads: dict[str, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    files: int = 0
    bytes_in: int = 0
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)

    @property
    def num_rows(self) -> int:
        """Rows written."""
        return self.written.num_rows

    @property
    def num_events(self) -> int:
        """Events written."""
        return self.written.num_events

    @property
    def num_truncated(self) -> dict[str, int]:
        """Entries that found no slot, per object that lost any."""
        return {name: lost for name, lost in self.written.num_truncated.items() if lost}

    @property
    def exit_code(self) -> int:
        """0, or 3 where something was skipped."""
        return 3 if self.skipped else 0
