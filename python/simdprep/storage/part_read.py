"""PartRead: entries of a part that are wanted, and the doing of many such reads at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from ..thread_pool import thread_pool

if TYPE_CHECKING:
    from .part_reader import PartReader


@dataclass(frozen=True)
class PartRead:
    """Entries [start, stop) of the ``index``-th dataset of a part, and the contiguous array they go to."""

    part: PartReader
    index: int
    start: int
    stop: int
    out: NDArray[Any]


def read_all(reads: Sequence[PartRead]) -> None:
    """Do several reads at once, so that all threads have chunks to decode.

    Raises:
        DatasetError: stored bytes are damaged, or hold what their dtype cannot be.
    """
    by_core: list[tuple[PartRead, _core.ChunkReader]] = []
    for read in reads:
        read.part.check_range(read.index, read.start, read.stop)
        if read.start == read.stop:
            continue
        reader = read.part.chunk_reader(read.index)
        if reader is None:
            read.part.read_by_hdf5(read.index, read.start, read.stop, read.out)
        else:
            by_core.append((read, reader))
    if by_core:
        pool = thread_pool(by_core[0][0].part.threads)
        try:
            _core.read_rows(pool, [(reader, read.start, read.stop, read.out) for read, reader in by_core])
        except DatasetError:
            _find_damage(pool, by_core)
            raise
    for read in reads:
        _check_bools(read)


def _find_damage(pool: _core.ThreadPool, reads: list[tuple[PartRead, _core.ChunkReader]]) -> None:
    """Do reads of which one failed again, one by one, to name its dataset."""
    for read, reader in reads:
        try:
            reader.read(pool, read.start, read.stop, read.out)
        except DatasetError as error:
            raise read.part.named(error, read.index) from None


def _check_bools(read: PartRead) -> None:
    """Refuse bytes that are neither true nor false: numpy trusts them to be."""
    names = read.out.dtype.names
    columns = [read.out] if names is None else [read.out[name] for name in names]
    for column in columns:
        if column.dtype == np.bool_ and column.size and column.view(np.uint8).max() > 1:
            got = f"byte {column.view(np.uint8).max()}"
            raise DatasetError("bool", got=got, expected="0 or 1", where=read.part.place(read.index))
