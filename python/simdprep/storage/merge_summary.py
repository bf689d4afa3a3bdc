"""MergeSummary: what a merge did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class MergeSummary:
    """What a merge did.

    Attributes:
        path: The merged dataset.
        files: Part files it was made of.
        parts: Part files it has.
        num_rows: Rows.
        bytes_in: Size of the part files.
        bytes: Size of the merged dataset.
        num_configs: Configs the rows come from.
        told: What was made up, left out, or is unusual, one line each.
    """

    path: str
    files: int = 0
    parts: int = 0
    num_rows: int = 0
    bytes_in: int = 0
    bytes: int = 0
    num_configs: int = 0
    told: list[str] = field(default_factory=list)
