"""MergeProvenance: one provenance of parts that become one file; runs that continue are joined."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..schema import EVENTS
from .part_reader import PartReader

#: What this knows how to join; of all else the last part's word is taken.
_KNOWN = frozenset(
    ("inputs", "ranges", "config", "config_sha256", "configs", "versions", "metadata", "metadata_by_rows", "counters")
)


class MergeProvenance:
    """Collects the provenance of parts in the order of their rows.

    Inputs and ranges are those that one writer would have stored. Counters are added up. Of metadata all values are
    kept: those that differ between parts with the rows they belong to, the last one also under its plain key. Parts of
    several configs keep each of these, with the rows it made.
    """

    def __init__(self) -> None:
        self._inputs: dict[str, int] = {}
        self._ranges: list[dict[str, Any]] = []
        self._configs: list[tuple[str, str, list[int]]] = []
        self._versions: dict[str, dict[str, None]] = {}
        self._metadata: list[tuple[dict[str, Any], list[int]]] = []
        self._counters: dict[str, dict[str, Any]] = {}
        self._others: dict[str, Any] = {}
        self._said: set[str] = set()
        self._rows = self._events = 0

    def add(self, reader: PartReader) -> None:
        """Take the provenance of the next part.

        Raises:
            DatasetError: its text is no provenance of format 1.
        """
        provenance = reader.root.provenance
        begin, end = self._rows, self._rows + reader.num_rows
        for entry in provenance["ranges"]:
            identity = json.dumps(provenance["inputs"][entry["input"]], ensure_ascii=False, separators=(",", ":"))
            number = self._inputs.setdefault(identity, len(self._inputs))
            _append(self._ranges, {**entry, "input": number}, self._events, begin)
        self._add_configs(provenance, begin, end)
        for name, version in provenance["versions"].items():
            self._versions.setdefault(name, {}).update(dict.fromkeys(version.split(", ")))
        self._add_metadata(provenance, begin, end)
        for name, counter in provenance.get("counters", {}).items():
            add_counter(self._counters.setdefault(name, {}), counter)
        self._said |= {"metadata", "counters"} & set(provenance)
        self._others.update({key: value for key, value in provenance.items() if key not in _KNOWN})
        self._rows = end
        self._events += num_events_of(reader)

    def to_json(self) -> str:
        """The JSON text that is stored."""
        configs = [{"config": text, "config_sha256": digest, "rows": rows} for text, digest, rows in self._configs]
        only = configs[0] if self.num_configs == 1 else {"config": "", "config_sha256": ""}
        merged: dict[str, Any] = {
            "inputs": [json.loads(identity) for identity in self._inputs],
            "ranges": self._ranges,
            "config": only["config"],
            "config_sha256": only["config_sha256"],
            "versions": {name: ", ".join(found) for name, found in self._versions.items()},
            **self._others,
        }
        if "metadata" in self._said:
            merged["metadata"] = {key: value for found, _ in self._metadata for key, value in found.items()}
            differing = self._differing_metadata(merged["metadata"])
            if differing:
                merged["metadata_by_rows"] = differing
        if "counters" in self._said:
            merged["counters"] = self._counters
        if self.num_configs > 1:
            merged["configs"] = configs
        return json.dumps(merged, ensure_ascii=False, separators=(",", ":"))

    @property
    def counters(self) -> Mapping[str, Mapping[str, Any]]:
        """The sums by name."""
        return self._counters

    @property
    def num_configs(self) -> int:
        """How many configs the rows come from; 1 where there is none at all."""
        return len({digest for _, digest, _ in self._configs})

    def _add_configs(self, provenance: Mapping[str, Any], begin: int, end: int) -> None:
        found = provenance.get("configs") or [{**provenance, "rows": [0, end - begin]}]
        for entry in found:
            rows = [begin + number for number in entry["rows"]]
            last = self._configs[-1] if self._configs else None
            if last is not None and last[1] == entry["config_sha256"] and last[2][1] == rows[0]:
                last[2][1] = rows[1]
            else:
                self._configs.append((entry["config"], entry["config_sha256"], rows))

    def _add_metadata(self, provenance: Mapping[str, Any], begin: int, end: int) -> None:
        if "metadata_by_rows" in provenance:
            for entry in provenance["metadata_by_rows"]:
                self._metadata.append((entry["metadata"], [begin + number for number in entry["rows"]]))
            return
        found = provenance.get("metadata", {})
        last = self._metadata[-1] if self._metadata else None
        if last is not None and last[0] == found and last[1][1] == begin:
            last[1][1] = end
        elif found:
            self._metadata.append((found, [begin, end]))

    def _differing_metadata(self, last: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What was said of some rows and not of all; nothing where every part says the same."""
        if all(found == last for found, _ in self._metadata):
            return []
        return [{"rows": rows, "metadata": found} for found, rows in self._metadata]


def add_counter(total: dict[str, Any], counter: Mapping[str, Any]) -> None:
    """Add the numbers of a counter to those of the same name."""
    for key, value in counter.items():
        total[key] = total.get(key, 0) + value


def num_events_of(reader: PartReader) -> int:
    """Events of a part, those without rows included where anything says so."""
    if reader.root.schema.rows != EVENTS and reader.placement.is_compound:
        said: list[int] = [entry["events"][1] for entry in reader.root.provenance["ranges"]]
        return max([reader.num_events, *said])
    return reader.num_events


def _append(ranges: list[dict[str, Any]], entry: dict[str, Any], events: int, rows: int) -> None:
    """Add a range of a part that begins at these events and rows; joined to the last where it continues it."""
    entry["events"] = [number + events for number in entry["events"]]
    entry["rows"] = [number + rows for number in entry["rows"]]
    last = ranges[-1] if ranges else None
    if (
        last is None
        or last["input"] != entry["input"]
        or any(last[name][1] != entry[name][0] for name in ("entries", "events", "rows"))
    ):
        ranges.append(entry)
        return
    kept = None
    if last["kept"] is not None or entry["kept"] is not None:
        joined = np.concatenate([_kept(last), _kept(entry)])
        packed = np.packbits(joined, bitorder="little").tobytes()
        kept = None if joined.all() else base64.b64encode(packed).decode()
    for name in ("entries", "events", "rows"):
        last[name] = [last[name][0], entry[name][1]]
    last["kept"] = kept


def _kept(entry: dict[str, Any]) -> NDArray[np.bool_]:
    count = entry["entries"][1] - entry["entries"][0]
    if entry["kept"] is None:
        return np.ones(count, np.bool_)
    packed = np.frombuffer(base64.b64decode(entry["kept"]), np.uint8)
    return np.unpackbits(packed, count=count, bitorder="little").astype(np.bool_)
