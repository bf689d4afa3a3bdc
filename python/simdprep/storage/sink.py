"""The h5py sink: executes the core's description of a part as HDF5 groups, datasets and attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from .. import _core

_UNLIMITED = h5py.h5s.UNLIMITED


def create_objects(file: h5py.h5f.FileID, description: _core.Description, lengths: list[int]) -> None:
    """Create the groups and the empty datasets of a description, ``lengths`` long on their first axes."""
    without_times = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    without_times.set_obj_track_times(False)
    for path in description.groups:
        h5py.h5g.create(file, path.encode(), gcpl=without_times)
    alike: dict[Any, _Storage] = {}  # many datasets are made in the same way
    for dataset, length in zip(description.datasets, lengths, strict=True):
        kinds = tuple((member.name, member.dtype) for member in dataset.members) if dataset.compound else ()
        filters = (dataset.shuffle, dataset.deflate_level, dataset.fletcher)
        key = (kinds or dataset.members[0].dtype, tuple(dataset.slots), dataset.fill, dataset.chunk_rows, filters)
        storage = alike.get(key)
        if storage is None:
            storage = alike[key] = _Storage.of(dataset)
        space = h5py.h5s.create_simple((length, *storage.slots), (_UNLIMITED, *storage.slots))
        h5py.h5d.create(file, dataset.path.encode(), storage.kind, space, dcpl=storage.creation)


def stored_dtype(dataset: _core.DatasetDescription) -> np.dtype[Any]:
    """The numpy dtype of a dataset's items: a number, or a packed record of numbers."""
    if not dataset.compound:
        return np.dtype(dataset.members[0].dtype)
    return np.dtype([(member.name, member.dtype) for member in dataset.members])


@dataclass(frozen=True)
class _Storage:
    """How a dataset is made: its slots, type, chunks, fill value and filters."""

    slots: tuple[int, ...]
    kind: Any
    creation: h5py.h5p.PropDCID

    @classmethod
    def of(cls, dataset: _core.DatasetDescription) -> _Storage:
        dtype = stored_dtype(dataset)
        slots = tuple(dataset.slots)
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_obj_track_times(False)
        creation.set_chunk((dataset.chunk_rows, *slots))
        creation.set_fill_value(np.frombuffer(dataset.fill, dtype)[0:1].reshape(()))
        creation.set_fill_time(h5py.h5d.FILL_TIME_IFSET)
        if dataset.shuffle:
            creation.set_shuffle()
        if dataset.deflate_level:
            creation.set_deflate(dataset.deflate_level)
        if dataset.fletcher:
            creation.set_fletcher32()
        return cls(slots, h5py.h5t.py_create(dtype, logical=True), creation)


def write_attribute(file: h5py.h5f.FileID, owner: str, name: str, value: str | int) -> None:
    """Write an attribute: a number as uint64, text as fixed-length UTF-8.

    Variable-length strings would lie in HDF5's global heap, which no checksum covers.
    """
    target = h5py.h5o.open(file, owner.encode())
    if isinstance(value, str):
        data = value.encode()
        text = h5py.h5t.C_S1.copy()
        text.set_size(max(len(data), 1))
        text.set_strpad(h5py.h5t.STR_NULLPAD)
        text.set_cset(h5py.h5t.CSET_UTF8)
        attribute = h5py.h5a.create(target, name.encode(), text, h5py.h5s.create(h5py.h5s.SCALAR))
        attribute.write(np.array(data, dtype=f"S{max(len(data), 1)}"), mtype=text)
        return
    attribute = h5py.h5a.create(target, name.encode(), h5py.h5t.STD_U64LE, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(value, dtype=np.uint64))
