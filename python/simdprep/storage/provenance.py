"""Provenance: what a part says of the inputs its rows come from, checked before anything is built on it."""

from __future__ import annotations

import json
from typing import Any

from ..errors import DatasetError

_PAIRS = ("entries", "events", "rows")


def parse_provenance(text: str, where: str) -> dict[str, Any]:
    """Return the provenance of a part.

    Returns:
        ``inputs``: what was read, one mapping each; ``ranges``: runs of rows with the number of
        their ``input``, and the first and one past the last of their ``entries``, ``events`` and
        ``rows``, and which entries were ``kept`` (base64 of a bit each, or null for all);
        ``config``, ``config_sha256``; ``versions`` of what wrote it.

    Raises:
        DatasetError: the text is no such JSON.
    """
    try:
        data = json.loads(text)
        sound = _is_sound(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise DatasetError("provenance", got="another kind of text", expected="JSON of format 1", where=where)
    found: dict[str, Any] = data
    return found


def _is_sound(data: Any) -> bool:
    lists = isinstance(data["ranges"], list) and all(isinstance(entry, dict) for entry in data["inputs"])
    texts = isinstance(data["config"], str) and isinstance(data["config_sha256"], str)
    versions = all(isinstance(entry, str) for pair in data["versions"].items() for entry in pair)
    ranges = all(_is_range(entry, len(data["inputs"])) for entry in data["ranges"])
    return lists and texts and versions and ranges and _is_merged_soundly(data)


def _is_merged_soundly(data: Any) -> bool:
    """What event loops and merged parts have beside."""
    configs = all(_is_config(entry) for entry in data.get("configs", []))
    said = all(_is_config({"config": "", "config_sha256": "", **entry}) for entry in data.get("metadata_by_rows", []))
    return configs and said and isinstance(data.get("metadata", {}), dict) and _are_counters(data.get("counters", {}))


def _is_config(data: Any) -> bool:
    texts = isinstance(data["config"], str) and isinstance(data["config_sha256"], str)
    return texts and _is_pair(data["rows"]) and isinstance(data.get("metadata", {}), dict)


def _are_counters(data: Any) -> bool:
    return all(
        isinstance(name, str) and isinstance(value, (int, float))
        for counter in data.values()
        for name, value in counter.items()
    )


def _is_pair(pair: Any) -> bool:
    return len(pair) == 2 and all(type(at) is int for at in pair) and 0 <= pair[0] <= pair[1]


def _is_range(data: Any, num_inputs: int) -> bool:
    pairs = [data[name] for name in _PAIRS]
    ascending = all(_is_pair(pair) for pair in pairs)
    kept = data["kept"] is None or isinstance(data["kept"], str)
    return ascending and kept and type(data["input"]) is int and 0 <= data["input"] < num_inputs


def input_ranges(provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Return which entries of which inputs the rows of a part come from, as a manifest says it."""
    return [
        {**provenance["inputs"][run["input"]], "entries": run["entries"], "rows": run["rows"]}
        for run in provenance["ranges"]
    ]


def configs_of(provenance: dict[str, Any]) -> dict[str, str]:
    """Return the texts of the configs a part comes from, by their SHA-256; of a merged part that may be several."""
    found = provenance.get("configs") or [provenance]
    return {entry["config_sha256"]: entry["config"] for entry in found if entry["config_sha256"]}
