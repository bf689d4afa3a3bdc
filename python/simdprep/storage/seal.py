"""Seal: what is known only after a part was written, added to its provenance, and what other tools look for."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py

from .sink import write_attribute

_PROVENANCE = "simdprep_provenance"
_BLOCK = 1 << 20


def seal(
    path: Path, more: Mapping[str, Any], *, texts: Mapping[tuple[str, str], Sequence[str]] | None = None
) -> tuple[str, int]:
    """Add entries to the provenance of a part that no manifest names yet; return its SHA-256 and size.

    Killed meanwhile it leaves a part that does not open, so the part must still be one that can be made again.

    Args:
        path: The part.
        more: JSON by key; what is there already is replaced.
        texts: Lists of texts for other tools, by object and attribute, as they write them: of variable length.
            Nothing of ours reads them.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)  # all is written when it is closed
    file = h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDWR, fapl=access)
    try:
        held = h5py.h5a.open(file, _PROVENANCE.encode())
        raw = bytearray(held.get_storage_size())
        provenance = json.loads(_text_of(held, raw)) | dict(more)
        text = json.dumps(provenance, ensure_ascii=False, separators=(",", ":"))
        for name, value in ((_PROVENANCE, text), (_PROVENANCE + "_sha256", _digest(text))):
            h5py.h5a.delete(file, name.encode())
            write_attribute(file, "/", name, value)
        for (owner, name), listed in (texts or {}).items():
            h5py.File(file)[owner].attrs.create(name, list(listed), dtype=h5py.string_dtype())
        h5py.h5f.flush(file)
    finally:
        file.close()
    return _of_file(path)


def _text_of(attribute: h5py.h5a.AttrID, raw: bytearray) -> str:
    import numpy as np

    data = np.empty((), dtype=f"S{max(len(raw), 1)}")
    attribute.read(data, mtype=attribute.get_type())
    return bytes(data.item()).decode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _of_file(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
        os.fsync(file.fileno())
    return digest.hexdigest(), size
