"""Measurement: what ``bench`` found, as it is printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import quantity
from .console import say

if TYPE_CHECKING:
    from ..loader.measurement import Measurement
    from ..storage import Dataset


def print_measurement(dataset: Dataset, found: Measurement, *, as_json: bool = False) -> None:
    """Print rates and the verdict.

    Args:
        dataset: What was loaded.
        found: How fast.
        as_json: As JSON, for other programs.
    """
    if as_json:
        say(json.dumps({"rows": dataset.num_rows, "layout": dataset.schema.layout, "bench": found.to_dict()}))
        return
    say(
        f"{quantity.counted(dataset.num_rows, 'row')}, layout {dataset.schema.layout}; batches of "
        f"{quantity.number(found.batch_size)}, shuffle {found.shuffle} (noise x {found.inflation:.2f} at most), "
        f"{quantity.counted(found.threads, 'thread')}"
    )
    _line("batches handed out", found.rows_per_second, f"{quantity.size(found.bytes_per_second)}/s as they leave")
    _line("reading the files", found.storage_rows, f"{quantity.size(found.storage_bytes)}/s as they lie there")
    if found.decoded_rows:
        _line("decoding alone", found.decoded_rows)
    _line("making batches alone", found.made_rows)
    say(f"The limit: {found.limit}; {found.advice}.")


def _line(what: str, rows: float, more: str = "") -> None:
    rate = quantity.rate(int(rows), 1, "rows")
    say(f"  {what:21} {rate:>20}" + (f"   {more}" if more else ""))
