"""Merging with h5py: read every part, append, and let HDF5 compress it all again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py

from .h5py_file import GZIP_LEVEL


def merge(parts: Sequence[Path], target: Path) -> Path:
    """Append the datasets of parts, whose layout has no offsets; groups and attributes are those of the first."""
    with h5py.File(target, "w") as merged:
        for number, path in enumerate(parts):
            with h5py.File(path) as part:
                if number == 0:
                    _create(part, merged)
                _append(part, merged)
    return target


def _datasets(file: h5py.File) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, entry: names.append(name) if isinstance(entry, h5py.Dataset) else None)
    return names


def _create(part: h5py.File, merged: h5py.File) -> None:
    for name in _datasets(part):
        like = part[name]
        merged.create_dataset(
            name,
            (0, *like.shape[1:]),
            like.dtype,
            maxshape=like.maxshape,
            chunks=like.chunks,
            fillvalue=like.fillvalue,
            shuffle=True,
            compression="gzip",
            compression_opts=GZIP_LEVEL,
            fletcher32=True,
        )


def _append(part: h5py.File, merged: h5py.File) -> None:
    for name in _datasets(part):
        values, target = part[name][()], merged[name]
        begin = target.shape[0]
        target.resize(begin + len(values), axis=0)
        target[begin:] = values
