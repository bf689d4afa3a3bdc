"""Texts: where a field of text is one particular text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Found = tuple[NDArray[np.bool_], NDArray[np.bool_] | None]


def equals(texts: Any, text: str) -> Found:
    """Return where ``texts``, an awkward array of strings or categories, is ``text``, and where it is missing.

    Both are bool, one per entry; the second is ``None`` where nothing is missing. Categories are compared once each.
    """
    import awkward as ak

    found, missing = _equals(ak.to_layout(ak.materialize(texts)), text.encode())
    return found, missing if missing is not None and missing.any() else None


def _equals(layout: Any, text: bytes) -> Found:
    if layout.is_option:
        layout = layout.to_IndexedOptionArray64()
        index = np.asarray(layout.index.data)
        found, missing = _taken(_equals(layout.content, text), np.maximum(index, 0))
        return found, (index < 0) if missing is None else missing | (index < 0)
    if layout.is_indexed:
        return _taken(_equals(layout.content, text), np.asarray(layout.index.data))
    if not layout.is_list:  # of nothing at all
        return np.zeros(layout.length, np.bool_), None
    layout = layout.to_ListOffsetArray64(True)
    offsets = np.asarray(layout.offsets.data)
    characters = np.asarray(layout.content.data).view(np.uint8)
    found = np.diff(offsets) == len(text)
    alike = np.flatnonzero(found)
    for at, character in enumerate(text):
        alike = alike[characters[offsets[alike] + at] == character]
    found[:] = False
    found[alike] = True
    return found, None


def _taken(found: Found, index: NDArray[Any]) -> Found:
    values, missing = found
    if not len(values):
        return np.zeros(len(index), np.bool_), None
    return values[index], None if missing is None else missing[index]
