"""Verification: what was found wrong with a dataset, as it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import quantity
from .console import note, say

if TYPE_CHECKING:
    from ..storage import VerifyReport


def print_report(report: VerifyReport, *, quiet: bool = False) -> None:
    """Print what was looked at; on stderr each problem, and the bad parts by name.

    Args:
        report: Of the dataset.
        quiet: Nothing where nothing is wrong.
    """
    for problem in report.problems:
        note(str(problem))
    bad = report.bad_parts
    if report.unfinished and len(report.problems) == 1:
        rows, parts = quantity.counted(report.num_rows, "row"), quantity.counted(report.parts, "part")
        note(f"{report.path} is incomplete: {rows} in {parts} can be read and are sound", style="bold yellow")
        return
    if bad:
        parts = quantity.counted(report.parts, "part")
        note(f"{report.path} is damaged: {len(bad)} of {parts} bad: {', '.join(bad)}", style="bold red")
        return
    if quiet:
        return
    for line in report.notes:
        say(line, style="yellow")
    say(
        f"{report.path} is sound: {quantity.counted(report.num_rows, 'row')}, "
        f"{quantity.counted(report.num_events, 'event')}, {quantity.counted(report.num_chunks, 'chunk')} and "
        f"{quantity.size(report.stored_bytes)} in {quantity.counted(report.parts, 'part')}"
    )
