"""Provenance: which entries of which inputs the rows of a part come from."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..schema.field import utf8_text


@dataclass(frozen=True)
class Origin:
    """Where a chunk of events comes from.

    Attributes:
        identity: The input: name as given, size, UUID or SHA-256, tree.
        entry_start: First entry read, counted in the input.
        entry_stop: One past the last entry read.
        kept: Which of these entries are among the events (bool, one per entry); ``None`` for all.
    """

    identity: Mapping[str, Any]
    entry_start: int
    entry_stop: int
    kept: NDArray[np.bool_] | None = None


@dataclass
class _Range:
    identity: Mapping[str, Any]
    entry_start: int
    kept: NDArray[np.bool_]
    event_start: int
    row_start: int
    num_events: int
    num_rows: int


class Provenance:
    """Collects origins chunk by chunk and writes them for any run of rows.

    Args:
        config_text: The resolved config, stored with its hash; empty for none.

    Attributes:
        config_text: As given.
    """

    def __init__(self, config_text: str = "") -> None:
        self.config_text = config_text
        self._ranges: list[_Range] = []

    @property
    def config_sha256(self) -> str:
        """SHA-256 of the config text; empty without one."""
        return _core.sha256_bytes(self.config_text.encode()) if self.config_text else ""

    def add(self, origin: Origin, *, event_start: int, num_events: int, row_start: int, num_rows: int) -> None:
        """Record that these events and rows come from ``origin``; runs that continue the last are joined to it."""
        kept = origin.kept if origin.kept is not None else np.ones(origin.entry_stop - origin.entry_start, np.bool_)
        last = self._ranges[-1] if self._ranges else None
        continues = (
            last is not None
            and last.identity == origin.identity
            and last.entry_start + len(last.kept) == origin.entry_start
            and last.event_start + last.num_events == event_start
        )
        if last is not None and continues:
            last.kept = np.concatenate([last.kept, kept])
            last.num_events += num_events
            last.num_rows += num_rows
        else:
            self._ranges.append(
                _Range(origin.identity, origin.entry_start, kept, event_start, row_start, num_events, num_rows)
            )

    def take(self, *, event_start: int, num_events: int, row_start: int, num_rows: int) -> tuple[str, str]:
        """Return the JSON texts (provenance, inputs alone) of a part and forget what lies before its end.

        Row and event numbers in the texts count from the start of the part. ``kept`` is the base64
        of a bit per entry, lowest bit first, or null where every entry was kept.
        """
        inputs: list[Mapping[str, Any]] = []
        numbers: dict[str, int] = {}
        ranges: list[dict[str, Any]] = []
        event_stop = event_start + num_events
        for entry in self._ranges:
            begin = max(entry.event_start, event_start)
            end = min(entry.event_start + entry.num_events, event_stop)
            if begin >= end:
                continue
            number = numbers.setdefault(json.dumps(entry.identity), len(inputs))
            if number == len(inputs):
                inputs.append(entry.identity)
            ranges.append(
                {
                    "input": number,
                    **_entries(entry, begin, end),
                    "events": [begin - event_start, end - event_start],
                    "rows": [
                        max(entry.row_start, row_start) - row_start,
                        min(entry.row_start + entry.num_rows, row_start + num_rows) - row_start,
                    ],
                }
            )
        self._ranges = [entry for entry in self._ranges if entry.event_start + entry.num_events > event_stop]
        text = _json(
            {
                "inputs": inputs,
                "ranges": ranges,
                "config": self.config_text,
                "config_sha256": self.config_sha256,
                "versions": {"simdprep": _core.__version__, "deflate": _core.deflate_backend},
            }
        )
        brief = [{**inputs[entry["input"]], "entries": entry["entries"], "rows": entry["rows"]} for entry in ranges]
        return text, _json(brief)


def _json(value: Any) -> str:
    """Compact JSON. Of names that are no UTF-8, such as those of some files, the bytes are escaped."""
    return utf8_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _entries(entry: _Range, event_begin: int, event_end: int) -> dict[str, Any]:
    """The entry range of a run of a range's events, and which of its entries are among them."""
    positions = np.flatnonzero(entry.kept)[event_begin - entry.event_start : event_end - entry.event_start]
    # Entries that were dropped go with the events before them; leading ones with the first event.
    begin = 0 if event_begin == entry.event_start else int(positions[0])
    last_event = event_end == entry.event_start + entry.num_events
    following = np.flatnonzero(entry.kept)[event_end - entry.event_start :]
    end = len(entry.kept) if last_event else int(following[0])
    kept = entry.kept[begin:end]
    packed = None if kept.all() else base64.b64encode(np.packbits(kept, bitorder="little").tobytes()).decode()
    return {"entries": [entry.entry_start + begin, entry.entry_start + end], "kept": packed}
