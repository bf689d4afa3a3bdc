"""Counters: the weights of all generated events of a sample, from what its files keep of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from ..errors import ConfigError, InputError
from ..readers import open_source
from ..storage.bookkeeper import booked_weights

if TYPE_CHECKING:
    from ..readers import Source
    from ..schema.config import Config
    from ..schema.sample_section import SampleConfig

#: NanoAOD: one entry per run in the tree, and what the sum is called (with a ``_`` in older versions).
_TREE, _BRANCHES = "Runs", ("genEventSumw", "genEventSumw_")
#: xAOD (PHYSLITE): one entry per file that was read, each with several bookkeepers.
_METADATA, _BOOKKEEPERS = "MetaData", ("CutBookkeepers", "CutBookkeepersAux", "CutBookkeepersAuxDyn")
#: Of those the one of all events, and the stream that they came in.
_ALL_EVENTS, _STREAM = "AllExecutedEvents", "StreamAOD"


def generated_weights(config: Config, sample: SampleConfig, paths: Sequence[str]) -> float | None:
    """Return the sum of the weights of all events that were generated for a sample, before any selection.

    Args:
        config: For the place of the sample in it.
        sample: ``sum_of_weights`` is a number, ``auto``, or ``None`` for none.
        paths: Its files.

    Raises:
        ConfigError: ``auto``, and a file has no counters.
    """
    if sample.sum_of_weights is None or isinstance(sample.sum_of_weights, float):
        return sample.sum_of_weights
    sums = []
    for path in paths:
        found = _of_file(path)
        if found is None:
            rule = "Runs with genEventSumw (NanoAOD), CutBookkeepers in MetaData (xAOD), or cutBookkeeper (HDF5)"
            where = config.where("input", "samples", sample.name, "sum_of_weights")
            hint = "the number in place of auto"
            raise ConfigError(
                "counters of generated events", got=f"none in {path}", expected=rule, where=where, hint=hint
            )
        sums.append(found)
    return float(np.sum(sums))


def _of_file(path: str) -> float | None:
    booked = booked_weights(path)
    if booked is not None:
        return booked
    runs = _of_runs(path)
    return _of_bookkeepers(path) if runs is None else runs


def _of_runs(path: str) -> float | None:
    try:
        with open_source(path, _TREE) as runs:
            for name in _BRANCHES:
                if name in runs.branches:
                    return float(np.sum(np.asarray(runs.read([name])[name], np.float64)))
    except InputError:
        return None
    return None


def _of_bookkeepers(path: str) -> float | None:
    """Return what an xAOD keeps: the sum of the bookkeeper of all events, once for each file that went into this one.

    Every step of the production booked its own; as in ATLAS's recipe the one of the last cycle counts, of those that
    saw the stream of the reconstruction.
    """
    try:
        with open_source(path, _METADATA) as metadata:
            names = {key: _branch_of(metadata, key) for key in ("name", "sumOfEventWeights", "cycle", "inputStream")}
            if names["name"] is None or names["sumOfEventWeights"] is None:
                return None
            read = metadata.read([name for name in names.values() if name is not None])
    except InputError:
        return None
    columns = {key: ak.to_list(read[name]) for key, name in names.items() if name is not None}
    total, found = 0.0, False
    for number, booked in enumerate(columns["name"]):
        entry = {key: values[number] for key, values in columns.items()}
        mine = [
            place
            for place, name in enumerate(booked)
            if name == _ALL_EVENTS and entry.get("inputStream", [_STREAM] * len(booked))[place] in ("", _STREAM)
        ]
        if mine:
            cycles = entry.get("cycle", [0] * len(booked))
            total += entry["sumOfEventWeights"][max(mine, key=lambda place: cycles[place])]
            found = True
    return total if found else None


def _branch_of(metadata: Source, key: str) -> str | None:
    """Return the branch of one member of the nominal bookkeepers, however it is split: by its last word."""
    for name in metadata.branches:
        words = name.replace("/", ".").replace(":", ".").split(".")
        if words[0] in _BOOKKEEPERS and words[-1] == key:
            return name
    return None
