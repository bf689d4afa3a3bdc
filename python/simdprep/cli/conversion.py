"""Conversion: the summary of one, as it is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import quantity
from .console import SHOWN, note, say, shortened, table

if TYPE_CHECKING:
    from ..convert import ConvertSummary

#: Objects shown in the table unless all are asked for.
ROWS = 30

_HEAD = ("object", "in", "dropped", "truncated", "stored", "missing", "pad")
_REASONS = {"select": "by select", "unreadable": "in skipped entries"}


def print_summary(summary: ConvertSummary, *, quiet: bool = False, verbose: bool = False) -> None:
    """Print what a conversion did: what it decided, what became of everything, and (on stderr) what was skipped.

    Args:
        summary: Of the conversion.
        quiet: One line only, and what was skipped.
        verbose: Long lists in full.
    """
    if not quiet:
        for line in shortened(list(summary.told), None if verbose else SHOWN):
            say(line)
        _print_objects(summary, None if verbose else ROWS)
        _print_missing(summary, None if verbose else SHOWN)
        _print_truncated(summary, None if verbose else SHOWN)
        say(_files(summary))
    lost = sum(summary.num_truncated.values())
    say(accounts(summary) + (f"; truncated {quantity.number(lost)}" if quiet and lost else ""), style="bold")
    for entry in summary.skipped:
        note(f"skipped {entry.path}, entries {entry.entries}: {entry.reason}", style="bold yellow")


def accounts(summary: ConvertSummary) -> str:
    """Return ``entries in = written + dropped``, and the same for rows that are not events."""
    written = summary.written
    rows = summary.schema.rows
    noun = "rows" if rows == "events" else "events"
    dropped = {**summary.dropped, "without rows": _without_rows(summary)}
    text = _account("entries", summary.entries_in, written.num_events - dropped["without rows"], noun, dropped)
    if rows != "events":
        gone = summary.objects_dropped[rows]
        text += "; " + _account(f"{rows} entries", written.num_rows + gone, written.num_rows, "rows", {"select": gone})
    unknown = sum(entry.entries == "all" for entry in summary.skipped)
    return text + (f"; not counted: {quantity.counted(unknown, 'skipped file')}" if unknown else "")


def _account(what: str, taken: int, written: int, noun: str, dropped: dict[str, int]) -> str:
    reasons = [f"{quantity.number(count)} {_REASONS.get(why, why)}" for why, count in dropped.items() if count]
    lost = quantity.number(sum(dropped.values()))
    text = f"{quantity.number(taken)} {what} in = {quantity.number(written)} {noun} written + {lost} dropped"
    return text + (f" ({', '.join(reasons)})" if reasons else "")


def _without_rows(summary: ConvertSummary) -> int:
    """Events that have no row, where only rows are stored."""
    return summary.written.events_without_rows if summary.schema.layout == "compound" else 0


def _print_objects(summary: ConvertSummary, limit: int | None) -> None:
    written = summary.written
    missing: dict[str, int] = {}
    for (name, _), count in written.missing.items():
        missing[name] = missing.get(name, 0) + count
    rows = []
    for name, stored in written.num_items.items():
        lost = written.num_truncated[name]
        dropped = summary.objects_dropped[name]
        if name == "events":
            dropped = sum(summary.dropped.values()) + _without_rows(summary)
            stored -= _without_rows(summary)
        numbers = (stored + lost + dropped, dropped, lost, stored, missing.get(name, 0), summary.pads.get(name, 0))
        rows.append(
            (name, *(quantity.number(count) if count or at in (0, 3) else "" for at, count in enumerate(numbers)))
        )
    table([_HEAD, *rows[:limit]])
    if limit is not None and len(rows) > limit:
        say(f"and {quantity.number(len(rows) - limit)} more objects; --verbose lists them")


def _print_missing(summary: ConvertSummary, limit: int | None) -> None:
    missing = {f"{name}.{field}": count for (name, field), count in summary.written.missing.items() if count}
    if missing:
        named = [f"{name} {quantity.number(count)}" for name, count in missing.items()]
        say(f"missing values that took the fill value: {quantity.several(named, limit)}", style="yellow")
    if summary.missing_lists:
        say(f"missing lists that count as empty: {quantity.number(summary.missing_lists)}", style="yellow")
    for reason, number in summary.lost_links.items():
        say(f"links left out, {reason}: {quantity.number(number)}", style="yellow")


def _print_truncated(summary: ConvertSummary, limit: int | None) -> None:
    lost = sorted(summary.num_truncated.items(), key=lambda entry: -entry[1])
    for name, count in lost[:limit]:
        whole = count + summary.written.num_items[name]
        say(
            f"truncated {quantity.number(count)} of {quantity.number(whole)} {name} ({quantity.share(count, whole)}); "
            f"pad {summary.pads[name]}; {_keeping(summary, name)} keeps all",
            style="bold yellow",
        )
    others = lost[limit:] if limit is not None else []
    if others:
        count = sum(count for _, count in others)
        say(
            f"truncated {quantity.number(count)} of {quantity.counted(len(others), 'more object')}; "
            "--pad '*=max' keeps all",
            style="bold yellow",
        )


def _keeping(summary: ConvertSummary, name: str) -> str:
    """The options that keep all of an object: those above it must keep all, too."""
    above = summary.schema.object(name).parent
    options = f"--pad {name}=max"
    return f"--pad {above}=max {options}" if above in summary.pads else options


def _files(summary: ConvertSummary) -> str:
    written = summary.written
    parts = f" in {quantity.counted(written.parts, 'part')}" if written.parts > 1 else ""
    return (
        f"{written.path}: {quantity.size(written.bytes)}{parts} from {quantity.size(summary.bytes_in)} in "
        f"{quantity.counted(summary.files, 'file')}; {quantity.duration(summary.seconds)}, "
        f"{quantity.rate(written.num_rows, summary.seconds, 'rows')}"
    )
