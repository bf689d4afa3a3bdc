"""The h5py sink: executes the core's description of a part as an HDF5 file in memory."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from .. import _core
from ..schema import Schema

_UNLIMITED = h5py.h5s.UNLIMITED


def build_image(part: _core.Part, schema: Schema, description: _core.Description, provenance: str) -> _core.FileImage:
    """Return a complete HDF5 file holding ``part``, whose chunks it takes; they are not copied.

    Args:
        part: A finished part of the core's encoder.
        schema: Stored as ``simdprep_schema``; its string lists are those of this part.
        description: The core's description of ``schema``.
        provenance: JSON text stored as ``simdprep_provenance``.
    """
    image = _core.FileImage()
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fileobj_driver(h5py.h5fd.fileobj_driver, image)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    file = h5py.h5f.create(b"simdprep-part.h5", h5py.h5f.ACC_TRUNC, fcpl=creation, fapl=access)
    try:
        create_objects(file, description, [part.dataset(index).length for index in range(len(description.datasets))])
        for index, dataset in enumerate(description.datasets):
            _write_chunks(file, dataset, part.dataset(index), image)
        for attribute in part.attributes() + _core.root_attributes(schema.core(), provenance):
            write_attribute(file, attribute.owner, attribute.name, attribute.value)
    finally:
        file.close()
    return image


def create_objects(file: h5py.h5f.FileID, description: _core.Description, lengths: list[int]) -> None:
    """Create the groups and the empty datasets of a description, ``lengths`` long on their first axes."""
    without_times = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    without_times.set_obj_track_times(False)
    for path in description.groups:
        h5py.h5g.create(file, path.encode(), gcpl=without_times)
    for dataset, length in zip(description.datasets, lengths, strict=True):
        _create_dataset(file, dataset, length)


def stored_dtype(dataset: _core.DatasetDescription) -> np.dtype[Any]:
    """The numpy dtype of a dataset's items: a number, or a packed record of numbers."""
    if not dataset.compound:
        return np.dtype(dataset.members[0].dtype)
    return np.dtype([(member.name, member.dtype) for member in dataset.members])


def _create_dataset(file: h5py.h5f.FileID, dataset: _core.DatasetDescription, length: int) -> None:
    dtype = stored_dtype(dataset)
    slots = tuple(dataset.slots)
    space = h5py.h5s.create_simple((length, *slots), (_UNLIMITED, *slots))
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
    h5py.h5d.create(file, dataset.path.encode(), h5py.h5t.py_create(dtype, logical=True), space, dcpl=creation)


def _write_chunks(
    file: h5py.h5f.FileID, dataset: _core.DatasetDescription, stored: _core.StoredDataset, image: _core.FileImage
) -> None:
    target = h5py.h5d.open(file, dataset.path.encode())
    inner = (0,) * len(dataset.slots)
    for index in range(stored.num_chunks):
        place = (index * dataset.chunk_rows, *inner)
        image.announce(stored, index)
        target.write_direct_chunk(place, stored.chunk(index), filter_mask=stored.filter_mask(index))
    image.hold(stored)


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
