"""Filters that HDF5 can undo."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

import h5py


def lacking(codes: Iterable[int]) -> list[int]:
    """Return the filters that this HDF5 lacks, after hdf5plugin has registered its own where it is installed."""
    missing = [code for code in codes if not h5py.h5z.filter_avail(code)]
    if not missing:
        return []
    try:
        importlib.import_module("hdf5plugin")
    except ImportError:
        return missing
    return [code for code in missing if not h5py.h5z.filter_avail(code)]
