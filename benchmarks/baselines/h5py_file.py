"""Files with h5py: create_dataset with shuffle and gzip 4, and reading by slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from .awkward_pad import Arrays

Layout = Literal["columns", "compound"]

GZIP_LEVEL = 4
_OPTIONS = {"shuffle": True, "compression": "gzip", "compression_opts": GZIP_LEVEL}


def write(path: Path, arrays: Mapping[str, Mapping[str, NDArray[Any]]], *, layout: Layout, chunk_rows: int) -> Path:
    """Write padded arrays, a group of datasets or a dataset of records per object.

    The chunks are as long as ours: h5py's own guess is much smaller, and compresses and reads worse.
    """
    with h5py.File(path, "w") as file:
        for name, fields in arrays.items():
            if layout == "columns":
                for field, array in fields.items():
                    _create(file, f"{name}/{field}", array, chunk_rows)
            else:
                _create(file, name, records(fields), chunk_rows)
    return path


def _create(file: h5py.File, name: str, array: NDArray[Any], chunk_rows: int) -> None:
    chunks = (chunk_rows, *array.shape[1:])
    file.create_dataset(name, data=array, chunks=chunks, maxshape=(None, *array.shape[1:]), **_OPTIONS)


def records(fields: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Return the fields of an object as one array of packed records."""
    first = next(iter(fields.values()))
    out = np.empty(first.shape, [(name, array.dtype) for name, array in fields.items()])
    for name, array in fields.items():
        out[name] = array
    return out


def read(path: Path, fields: Mapping[str, Sequence[str]]) -> Arrays:
    """Read all rows of the named fields by object, from either layout."""
    arrays: Arrays = {}
    with h5py.File(path, "r") as file:
        for name, wanted in fields.items():
            if isinstance(file[name], h5py.Dataset):
                stored = file[name][:]
                arrays[name] = {field: stored[field] for field in wanted}
            else:
                arrays[name] = {field: file[name][field][:] for field in wanted}
    return arrays


def chunk_bytes(path: Path) -> int:
    """Return the bytes of all stored chunks: the file without its metadata."""
    sizes: list[int] = []

    def visit(_: str, entry: h5py.Group | h5py.Dataset) -> None:
        if isinstance(entry, h5py.Dataset):
            sizes.append(entry.id.get_storage_size())

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return sum(sizes)
