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
    return lists and texts and versions and all(_is_range(entry, len(data["inputs"])) for entry in data["ranges"])


def _is_range(data: Any, num_inputs: int) -> bool:
    pairs = [data[name] for name in _PAIRS]
    ascending = all(
        len(pair) == 2 and all(type(at) is int for at in pair) and 0 <= pair[0] <= pair[1] for pair in pairs
    )
    kept = data["kept"] is None or isinstance(data["kept"], str)
    return ascending and kept and type(data["input"]) is int and 0 <= data["input"] < num_inputs
