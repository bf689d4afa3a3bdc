"""Files with flipped bits: what is read of them, and which flips change it without an error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak
import h5py

import simdprep as sp
from simdprep.errors import SimdprepError


@dataclass
class Outcome:
    """What became of a file with damage: an error, or the values that were read."""

    error: SimdprepError | None
    values: list[Any] | None


def read_everything(path: Path) -> list[Any]:
    """All that a dataset says of itself and all its values, as plain data."""
    said = read_columns(path)
    with sp.open(path, threads=1) as ds:
        return [*said, repr(ds.events().to_list())]


def read_columns(path: Path) -> list[Any]:
    """The same without the events that are put together of the columns."""
    with sp.open(path, threads=1) as ds:
        said: list[Any] = [ds.schema.to_json(), ds.provenance, ds.num_rows, ds.num_events]
        for view in ds.values():
            columns = [*view.values()]
            if view.spec.level == "padded":
                columns += [view.valid, view.count]
            if view.spec.level == "ragged":
                columns.append(view.offsets)
            said += [plain(column[:]) for column in columns]
        return said


def plain(values: Any) -> Any:
    return repr(values.to_list()) if isinstance(values, ak.Array) else values.tobytes()


def outcome(path: Path, read: Callable[[Path], list[Any]] = read_everything) -> Outcome:
    try:
        return Outcome(None, read(path))
    except SimdprepError as error:
        return Outcome(error, None)


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@dataclass
class Flips:
    """What became of flips, each alone: those that changed nothing are of bytes that mean nothing."""

    tried: int = 0
    found: int = 0
    silent: tuple[int, ...] = ()


def flips(path: Path, bits: Iterable[int], read: Callable[[Path], list[Any]] = read_everything) -> Flips:
    """Flip bits one by one and read; the file is as before afterwards."""
    data, before = path.read_bytes(), outcome(path, read)
    assert before.error is None
    done = Flips()
    descriptor = os.open(path, os.O_WRONLY)
    try:
        for bit in bits:
            byte = bit // 8
            os.pwrite(descriptor, bytes([data[byte] ^ 1 << bit % 8]), byte)
            after = outcome(path, read)
            os.pwrite(descriptor, data[byte : byte + 1], byte)
            done.tried += 1
            done.found += after.error is not None
            if after.error is None and after.values != before.values:
                done.silent += (bit,)
    finally:
        os.close(descriptor)
    assert path.read_bytes() == data
    return done


def places(name: str, entry: Any) -> Iterator[tuple[str, int, int]]:
    """Address and size of the stored chunks of a dataset."""
    if isinstance(entry, h5py.Dataset):
        for index in range(entry.id.get_num_chunks()):
            chunk = entry.id.get_chunk_info(index)
            yield name, chunk.byte_offset, chunk.size


def stored_chunks(path: Path) -> list[tuple[str, int, int]]:
    """Dataset, address and size of all chunks of a file."""
    chunks: list[tuple[str, int, int]] = []
    with h5py.File(path) as stored:
        stored.visititems(lambda name, entry: chunks.extend(places(name, entry)))
    return chunks


def metadata_bits(path: Path) -> list[int]:
    """Every bit outside of the chunks."""
    inside = bytearray(path.stat().st_size)
    for _, start, size in stored_chunks(path):
        inside[start : start + size] = b"\1" * size
    return [8 * byte + bit for byte, is_chunk in enumerate(inside) if not is_chunk for bit in range(8)]
