"""MergeProvenance: one provenance of parts that become one file; runs that continue are joined."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..schema import EVENTS
from .part_reader import PartReader


def merge_provenance(readers: Sequence[PartReader]) -> str:
    """Return the JSON text that one writer would have stored for the rows of all parts.

    Raises:
        DatasetError: the parts come of different configs.
    """
    inputs: list[Any] = []
    ranges: list[dict[str, Any]] = []
    rows = events = 0
    first = readers[0].root.provenance
    for reader in readers:
        provenance = reader.root.provenance
        if provenance["config"] != first["config"]:
            raise DatasetError(
                "config of parts that should be one dataset",
                got="another one",
                expected=f"that of {readers[0].path}",
                where=str(reader.path),
                hint="a folder or a list of files, which need no common config",
            )
        for entry in provenance["ranges"]:
            identity = provenance["inputs"][entry["input"]]
            if identity not in inputs:
                inputs.append(identity)
            _append(ranges, {**entry, "input": inputs.index(identity)}, events, rows)
        rows += reader.num_rows
        events += _events_of(reader)
    merged = {**first, "inputs": inputs, "ranges": ranges, "versions": _versions(readers)}
    return json.dumps(merged, ensure_ascii=False, separators=(",", ":"))


def _events_of(reader: PartReader) -> int:
    """Events of a part, those without rows included where anything says so."""
    if reader.root.schema.rows != EVENTS and reader.placement.is_compound:
        said: list[int] = [entry["events"][1] for entry in reader.root.provenance["ranges"]]
        return max([reader.num_events, *said])
    return reader.num_events


def _versions(readers: Sequence[PartReader]) -> dict[str, str]:
    """The versions that wrote the parts, each once."""
    versions: dict[str, list[str]] = {}
    for reader in readers:
        for name, version in reader.root.provenance["versions"].items():
            if version not in versions.setdefault(name, []):
                versions[name].append(version)
    return {name: ", ".join(found) for name, found in versions.items()}


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
    kept = np.concatenate([_kept(last), _kept(entry)])
    for name in ("entries", "events", "rows"):
        last[name] = [last[name][0], entry[name][1]]
    packed = np.packbits(kept, bitorder="little").tobytes()
    last["kept"] = None if kept.all() else base64.b64encode(packed).decode()


def _kept(entry: dict[str, Any]) -> NDArray[np.bool_]:
    count = entry["entries"][1] - entry["entries"][0]
    if entry["kept"] is None:
        return np.ones(count, np.bool_)
    packed = np.frombuffer(base64.b64decode(entry["kept"]), np.uint8)
    return np.unpackbits(packed, count=count, bitorder="little").astype(np.bool_)
