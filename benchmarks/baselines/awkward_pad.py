"""Padding with awkward: pad_none, fill_none, to_numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

#: Padded arrays by object and field.
Arrays = dict[str, dict[str, NDArray[Any]]]

#: The object of the numbers that an event has once.
EVENTS = "events"


def pad_list(lists: ak.Array, slots: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return values and mask of one field, (n, slots) each; empty slots hold the fill value of their dtype."""
    padded = ak.pad_none(lists, slots, axis=1, clip=True)
    dtype = np.dtype(lists.type.content.content.primitive)
    values = ak.to_numpy(ak.fill_none(padded, fill_value(dtype)), allow_missing=False)
    return values, valid_slots(ak.num(lists), slots)


def valid_slots(counts: ak.Array, slots: int) -> NDArray[np.bool_]:
    """Return the mask for lists of these lengths; quicker than asking awkward which slots are None."""
    return np.arange(slots) < ak.to_numpy(counts)[:, None]


def fill_value(dtype: np.dtype[Any]) -> Any:
    """Return what ATLAS files hold in empty slots: NaN, -1, 0 or False."""
    return dtype.type({"f": np.nan, "i": -1}.get(dtype.kind, 0))


def pad_events(events: ak.Array, pad: Mapping[str, int]) -> Arrays:
    """Pad all fields of all list objects; numbers of the event stand under ``events``."""
    arrays: Arrays = {}
    for name in events.fields:
        entry = events[name]
        if not entry.fields:
            arrays.setdefault(EVENTS, {})[name] = ak.to_numpy(entry)
            continue
        fields = {field: pad_list(entry[field], pad[name])[0] for field in entry.fields}
        fields["valid"] = valid_slots(ak.num(entry), pad[name])
        arrays[name] = fields
    return arrays
