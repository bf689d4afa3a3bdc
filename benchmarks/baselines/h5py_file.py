"""Files with h5py: create_dataset with shuffle and gzip 4, and reading by slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from .awkward_pad import Arrays

Layout = Literal["columns", "compound"]

GZIP_LEVEL = 4


def write(
    path: Path,
    arrays: Mapping[str, Mapping[str, NDArray[Any]]],
    *,
    layout: Layout,
    chunk_rows: int,
    level: int = GZIP_LEVEL,
    options: Mapping[str, Any] | None = None,
) -> Path:
    """Write padded arrays, a group of datasets or a dataset of records per object.

    The chunks are as long as ours: h5py's own guess is much smaller, and compresses and reads worse.

    Args:
        path: The file.
        arrays: By object and field.
        layout: Of the file.
        chunk_rows: Rows of a chunk.
        level: Of gzip, after a shuffle.
        options: Of ``create_dataset``, instead of these two filters.
    """
    chosen = {"shuffle": True, "compression": "gzip", "compression_opts": level} if options is None else options
    with h5py.File(path, "w") as file:
        for name, array in datasets(arrays, layout):
            _create(file, name, array, chunk_rows, chosen)
    return path


def plugins() -> dict[str, Mapping[str, Any]]:
    """Return the options of ``create_dataset`` for the strongest of hdf5plugin's filters, by name."""
    import hdf5plugin

    return {
        "hdf5plugin shuffle+zstd 3": {"shuffle": True, **hdf5plugin.Zstd(clevel=3)},
        "hdf5plugin blosc2 zstd 5": dict(hdf5plugin.Blosc2(cname="zstd", clevel=5, filters=hdf5plugin.Blosc2.SHUFFLE)),
    }


def _create(
    file: h5py.File, name: str, array: NDArray[Any], chunk_rows: int, options: Mapping[str, Any]
) -> h5py.Dataset:
    inner = array.shape[1:]
    return file.create_dataset(name, data=array, chunks=(chunk_rows, *inner), maxshape=(None, *inner), **options)


def datasets(arrays: Mapping[str, Mapping[str, NDArray[Any]]], layout: Layout) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield what is stored: an array a field, or one of records an object."""
    for name, fields in arrays.items():
        if layout == "compound":
            yield name, records(fields)
        else:
            yield from ((f"{name}/{field}", array) for field, array in fields.items())


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
