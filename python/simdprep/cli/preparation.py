"""The summary of a preparation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import quantity
from .console import say, shortened, table

if TYPE_CHECKING:
    from ..prepare import PrepareSummary

#: Names shown of a list.
_SHOWN = 12


def print_preparation(summary: PrepareSummary, *, quiet: bool = False) -> None:
    """Print the cut-flow, samples and classes, and what became of every row.

    Args:
        summary: Of the preparation.
        quiet: The balance of the rows only.
    """
    report = summary.report
    if not quiet:
        for line in shortened(list(summary.told), _SHOWN):
            say(line)
        _print_cutflow(report["cutflow"])
        if len(report["samples"]) > 1:
            _print_samples(report["samples"])
        _print_classes(report["classes"])
        for line in summary.truncated:
            say(line, style="bold yellow")
        splits = ", ".join(f"{name} {quantity.number(rows)}" for name, rows in summary.rows.items())
        say(f"{summary.path}: {splits} rows; {quantity.duration(summary.seconds)}")
    say(account(summary), style="bold")


def account(summary: PrepareSummary) -> str:
    """Return ``rows in = rows written + rows dropped``, with reasons and copies."""
    balance = summary.balance
    reasons = [f"{quantity.number(count)} {_reason(why)}" for why, count in balance.dropped.items()]
    lost = quantity.number(sum(balance.dropped.values()))
    text = f"{quantity.number(balance.read)} rows in = {quantity.number(sum(balance.written.values()))} rows written"
    text += f" + {lost} dropped" + (f" ({', '.join(reasons)})" if reasons else "")
    copies = sum(balance.copies.values())
    return text + (f"; {quantity.number(copies)} further copies" if copies else "")


def _reason(why: str) -> str:
    return f"by {why}" if why.startswith("select of ") or any(char in why for char in "<>=(&") else why


def _print_cutflow(steps: list[dict[str, Any]]) -> None:
    names = list(steps[0]["samples"]) if steps else []
    shown = names if 1 < len(names) <= 6 else []
    rows = [("step", "rows", "weighted", *shown)]
    for step in steps:
        numbers = [quantity.number(step["samples"][name]["rows"]) for name in shown]
        rows.append((step["step"], quantity.number(step["rows"]), _weight(step["weighted"]), *numbers))
    table(rows)


def _print_samples(samples: dict[str, dict[str, Any]]) -> None:
    splits = list(next(iter(samples.values()))["rows"])
    rows = [("sample", "scale", *splits, *(f"{name} weight" for name in splits))]
    for name, entry in samples.items():
        counts = [quantity.number(entry["rows"][split]) for split in splits]
        weights = [_weight(entry["sum_of_weights"][split]) for split in splits]
        rows.append((name, _weight(entry["scale"]), *counts, *weights))
    table(rows)


def _print_classes(splits: dict[str, dict[str, Any]]) -> None:
    rows = [("class", "split", "rows", "weighted", "effective")]
    for split, classes in splits.items():
        for name, entry in classes.items():
            numbers = (_weight(entry["sum_of_weights"]), _weight(entry["effective_size"]))
            rows.append((name, split, quantity.number(entry["rows"]), *numbers))
    table(rows, texts=2)


def _weight(value: float | None) -> str:
    return "" if value is None else f"{value:,.6g}"
