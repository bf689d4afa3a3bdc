"""The stored bytes of a file: its chunks as they lie there, whatever lies between them."""

import hashlib
from pathlib import Path

import h5py


def stored_sha256(path: Path) -> str:
    """SHA-256 of the schema and of all stored chunks and filter masks, dataset by dataset.

    Where HDF5 puts what, and what versions the provenance names, makes no difference.
    """
    digest = hashlib.sha256()
    with h5py.File(path) as stored:
        digest.update(stored.attrs["simdprep_schema"])
        names: list[str] = []
        stored.visititems(lambda name, entry: names.append(name) if isinstance(entry, h5py.Dataset) else None)
        for name in sorted(names):
            dataset = stored[name].id
            digest.update(f"{name} {dataset.shape}".encode())
            for index in range(dataset.get_num_chunks()):
                place = dataset.get_chunk_info(index).chunk_offset
                mask, data = dataset.read_direct_chunk(place)
                digest.update(f"{place} {mask}".encode() + data)
    return digest.hexdigest()
