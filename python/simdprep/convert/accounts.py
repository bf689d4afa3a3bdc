"""Accounts: what became of every entry, of a part of a conversion as JSON, and their sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .chunks import Chunk
from .summary import ConvertSummary, Skipped


def account(summary: ConvertSummary, chunk: Chunk) -> None:
    """Add what a chunk read, and what of it is not stored."""
    summary.entries_in += chunk.num_entries
    if chunk.skipped is not None:
        summary.skipped.append(chunk.skipped)
        summary.dropped["unreadable"] += chunk.num_entries
    if chunk.flow.events_dropped:
        summary.dropped["select"] += chunk.flow.events_dropped
    for name, flow in chunk.flow.objects.items():
        lost = sum(flow.dropped.values())
        if lost:
            summary.objects_dropped[name] += lost
    if chunk.missing_lists:
        summary.missing_lists += chunk.missing_lists
    summary.lost_links.update(chunk.lost_links)


def to_json(summary: ConvertSummary) -> dict[str, Any]:
    """Return what one task did."""
    written = summary.written
    return {
        "entries_in": summary.entries_in,
        "num_rows": written.num_rows,
        "num_events": written.num_events,
        "events_without_rows": written.events_without_rows,
        "num_items": written.num_items,
        "num_truncated": written.num_truncated,
        "missing": [[name, field, count] for (name, field), count in written.missing.items()],
        "missing_lists": summary.missing_lists,
        "dropped": dict(summary.dropped),
        "objects_dropped": dict(summary.objects_dropped),
        "lost_links": dict(summary.lost_links),
        "skipped": [asdict(entry) for entry in summary.skipped],
        "seconds": summary.seconds,
    }


def unread(paths: Sequence[tuple[str, int, int]], reason: str) -> dict[str, Any]:
    """Return the account of a task of which nothing was converted.

    Args:
        paths: Its inputs, each with the first entry and one past the last.
        reason: Why, in one line.
    """
    entries = sum(stop - start for _, start, stop in paths)
    return {
        "entries_in": entries,
        "dropped": {"unreadable": entries},
        "skipped": [asdict(Skipped(path, f"{start}:{stop}", reason)) for path, start, stop in paths],
    }


def add(summary: ConvertSummary, part: dict[str, Any]) -> None:
    """Add what :func:`to_json` or :func:`unread` gave of a task."""
    written = summary.written
    summary.entries_in += part["entries_in"]
    summary.dropped.update(part["dropped"])
    summary.skipped += [Skipped(**entry) for entry in part["skipped"]]
    if "num_rows" not in part:
        return
    written.num_rows += part["num_rows"]
    written.num_events += part["num_events"]
    written.events_without_rows += part["events_without_rows"]
    for name, count in part["num_items"].items():
        written.num_items[name] = written.num_items.get(name, 0) + count
    for name, count in part["num_truncated"].items():
        written.num_truncated[name] = written.num_truncated.get(name, 0) + count
    written.missing.update(Counter({(name, field): count for name, field, count in part["missing"]}))
    summary.missing_lists += part["missing_lists"]
    summary.objects_dropped.update(part["objects_dropped"])
    summary.lost_links.update(part["lost_links"])
