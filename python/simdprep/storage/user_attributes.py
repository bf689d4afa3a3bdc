"""UserAttributes: attributes that others put on the objects of parts, such as ``flavour_label``."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from .guard import guarded, open_file
from .part_reader import PartReader

#: Ours, which are written anew, and most bytes of one of the others.
_PREFIX, _COPIES = "simdprep_", ("unit", "description")
_MOST_BYTES = 1 << 16


class UserAttributes:
    """Collects the attributes that are not of the format: the first value of each is kept.

    Attributes:
        told: What could not be kept, one line each.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Any] = {}
        self.told: list[str] = []

    def add(self, reader: PartReader) -> None:
        """Take those of a part."""
        if not reader.owners_of_others:
            return
        with guarded(reader.path):
            file = h5py.File(open_file(reader.path))
            for owner in reader.owners_of_others:
                self._add_of(file[owner].attrs, owner, reader)

    def _add_of(self, attributes: Any, owner: str, reader: PartReader) -> None:
        for name in attributes:
            if name.startswith(_PREFIX) or (name in _COPIES and owner not in reader.description.object_paths):
                continue
            place = f"attribute {name} of {owner}"
            value = _value(attributes, name)
            if value is None:
                self._tell(f"{place} is left out: neither numbers nor texts of at most {_MOST_BYTES} bytes")
            elif (owner, name) not in self._found:
                self._found[owner, name] = value
            elif not _same(self._found[owner, name], value):
                self._tell(f"{place} differs in {reader.path}; the first value is kept")

    def _tell(self, line: str) -> None:
        if line not in self.told:
            self.told.append(line)

    def write(self, file: h5py.h5f.FileID) -> None:
        """Store them."""
        target = h5py.File(file)
        for (owner, name), value in self._found.items():
            if owner in target:
                target[owner].attrs[name] = value


def _value(attributes: Any, name: str) -> Any:
    """The value of an attribute; ``None`` for what may be large, or point somewhere."""
    low = attributes.get_id(name)
    size = low.get_storage_size()
    texts = h5py.check_string_dtype(low.dtype) is not None
    if size > _MOST_BYTES or not (texts or low.dtype.kind in "biufSc"):
        return None
    value = attributes[name]
    size = len(value) if isinstance(value, (str, bytes)) else np.asarray(value).nbytes
    return value if size <= _MOST_BYTES else None


def _same(one: Any, other: Any) -> bool:
    first, second = np.asarray(one), np.asarray(other)
    return first.shape == second.shape and bool((first == second).all())
