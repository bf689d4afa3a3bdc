"""CutBookkeeper: the counters of all events, as ATLAS tools expect them beside compound datasets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from ..errors import DatasetError
from .attributes import COUNTERS as GROUP
from .guard import guarded, open_file, open_member
from .part_reader import PartReader

#: A counter has a few numbers; a file that claims more is not believed.
_MOST_BYTES, _MOST_COUNTERS = 4096, 1000


class CutBookkeeper:
    """Adds up ``/cutBookkeeper/<name>/counts`` of parts, member by member."""

    def __init__(self) -> None:
        self._sums: dict[str, np.ndarray[Any, Any]] = {}

    def add(self, reader: PartReader) -> None:
        """Take those of a part, if it has any.

        Raises:
            DatasetError: they are no records of numbers, or not those of the parts before.
        """
        for name, counts in read_counts(reader):
            total = self._sums.get(name)
            if total is None:
                self._sums[name] = counts
                continue
            if total.dtype != counts.dtype:
                raise DatasetError(
                    "members of a counter",
                    got=str(counts.dtype),
                    expected=f"{total.dtype}, as before",
                    where=f"{reader.path}: /{GROUP}/{name}/counts",
                )
            for member in total.dtype.names or ():
                total[member] += counts[member]

    def write(self, file: h5py.h5f.FileID) -> None:
        """Store the sums; nothing where no part had any."""
        if not self._sums:
            return
        creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
        creation.set_obj_track_times(False)
        h5py.h5g.create(file, f"/{GROUP}".encode(), gcpl=creation)
        plain = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plain.set_obj_track_times(False)
        plain.set_layout(h5py.h5d.COMPACT)
        for name, counts in self._sums.items():
            h5py.h5g.create(file, f"/{GROUP}/{name}".encode(), gcpl=creation)
            kind = h5py.h5t.py_create(counts.dtype, logical=True)
            space = h5py.h5s.create(h5py.h5s.SCALAR)
            dataset = h5py.h5d.create(file, f"/{GROUP}/{name}/counts".encode(), kind, space, dcpl=plain)
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, counts)


def read_counts(reader: PartReader) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield name and record () of every counter of a part."""
    if not reader.has_counters:
        return
    where = f"{reader.path}: /{GROUP}"
    with guarded(where):
        group = open_member(h5py.h5g.open(open_file(reader.path), b"/"), GROUP, where)
        if not isinstance(group, h5py.h5g.GroupID) or group.get_num_objs() > _MOST_COUNTERS:
            raise DatasetError("counters", got="something else", expected="a group of them", where=where)
        for name in sorted(entry.decode() for entry in group):
            dataset = open_member(open_member(group, name, where), "counts", f"{where}/{name}")
            yield name, _read_record(dataset, f"{where}/{name}/counts")


def _read_record(dataset: Any, where: str) -> np.ndarray[Any, Any]:
    if not isinstance(dataset, h5py.h5d.DatasetID) or dataset.shape != () or _leads_elsewhere(dataset):
        raise DatasetError("counter", got="another kind of object", expected="one record", where=where)
    dtype = dataset.dtype
    plain = dtype.names is not None and all(dtype[name].kind in "iuf" for name in dtype.names)
    if not plain or dtype.itemsize > _MOST_BYTES:
        raise DatasetError("counter", got=f"dtype {dtype}", expected="a record of numbers", where=where)
    counts = np.zeros((), dtype)
    dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, counts)
    return counts


def _leads_elsewhere(dataset: h5py.h5d.DatasetID) -> bool:
    plist = dataset.get_create_plist()
    return bool(plist.get_external_count()) or plist.get_layout() == h5py.h5d.VIRTUAL
