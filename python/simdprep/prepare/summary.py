"""PrepareSummary: what became of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InternalError


@dataclass(frozen=True)
class RowBalance:
    """Rows in = rows written + rows dropped, each with its reason.

    Attributes:
        read: Rows of the inputs.
        dropped: Rows that are in no output, by reason.
        written: Different rows written, by split.
        copies: Further copies of these, by split.
    """

    read: int
    dropped: Mapping[str, int]
    written: Mapping[str, int]
    copies: Mapping[str, int]

    def check(self) -> None:
        """Raise where it does not add up.

        Raises:
            InternalError: it does not.
        """
        found = sum(self.dropped.values()) + sum(self.written.values())
        if found != self.read:
            raise InternalError("balance of the rows", got=f"{found} written and dropped", expected=f"{self.read} read")


@dataclass
class PrepareSummary:
    """What a run did.

    Attributes:
        path: Folder of the outputs.
        rows: Rows of each output, copies included.
        balance: Of the rows.
        report: What ``report.json`` says.
        told: What was decided on the user's behalf, one line each.
        seconds: Wall time.
    """

    path: str
    rows: dict[str, int]
    balance: RowBalance
    report: dict[str, Any]
    told: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def num_rows(self) -> int:
        """Rows written, copies included."""
        return sum(self.rows.values())

    @property
    def truncated(self) -> list[str]:
        """What found no slot, a line for each object that lost any, all splits together."""
        lines = []
        every: dict[str, list[int]] = {}
        for objects in self.report.get("stored", {}).values():
            for name, entry in objects.items():
                totals = every.setdefault(name, [0, 0])
                totals[0] += entry["stored"]
                totals[1] += entry["truncated"]
        for name, (stored, lost) in every.items():
            if lost:
                lines.append(f"truncated {lost:,} of {stored + lost:,} {name}")
        return lines
