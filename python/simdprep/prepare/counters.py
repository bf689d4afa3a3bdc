"""Counters: the weights of all generated events of a sample, from what its files keep of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ConfigError, InputError
from ..readers import open_source
from ..storage.bookkeeper import booked_weights

if TYPE_CHECKING:
    from ..schema.config import Config
    from ..schema.sample_section import SampleConfig

#: NanoAOD: one entry per run in the tree, and what the sum is called (with a ``_`` in older versions).
_TREE, _BRANCHES = "Runs", ("genEventSumw", "genEventSumw_")


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
            rule = "Runs with genEventSumw (NanoAOD), or cutBookkeeper (HDF5)"
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
    try:
        with open_source(path, _TREE) as runs:
            for name in _BRANCHES:
                if name in runs.branches:
                    return float(np.sum(np.asarray(runs.read([name])[name], np.float64)))
    except InputError:
        return None
    return None
