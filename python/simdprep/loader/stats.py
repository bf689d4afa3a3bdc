"""Stats: what a loader has handed out, and how long its consumer waited."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Stats:
    """Counts since the loader was made, over all its iterators.

    Attributes:
        batches: Batches handed out.
        rows: Rows in them, empty ones included.
        wait: Seconds the consumer waited for batches.
    """

    batches: int = 0
    rows: int = 0
    wait: float = 0.0
