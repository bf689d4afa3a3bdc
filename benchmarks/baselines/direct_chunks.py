"""Files by direct chunk writes: a thread pool shuffles and deflates, HDF5 only stores.

The quickest way there is without a library of one's own: compressors that release the GIL, each chunk
written as it is. Those that are not installed are left out, and named.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .h5py_file import GZIP_LEVEL, Layout, datasets

#: Takes a contiguous array, which its elements are shuffled from; returns stored bytes and filter mask.
Encode = Callable[[NDArray[Any]], tuple[bytes, int]]
Compress = Callable[[NDArray[np.uint8]], bytes]


@dataclass(frozen=True)
class Library:
    """A compressor to zlib streams.

    Attributes:
        name: As the tables have it.
        package: What to install.
        module: What to import.
        function: Of the module, taking bytes and level.
        level: That it is used with.
    """

    name: str
    package: str
    module: str
    function: str
    level: int

    def compress(self) -> Compress:
        """Return the function.

        Raises:
            ImportError: the package is not installed.
        """
        function, level = getattr(import_module(self.module), self.function), self.level
        return lambda array: function(array, level)


#: Its levels end at 3; 2 is its default.
ISAL = Library("python-isal", "isal", "isal.isal_zlib", "compress", 2)

LIBRARIES = (
    ISAL,
    Library("zlib-ng", "zlib-ng", "zlib_ng.zlib_ng", "compress", GZIP_LEVEL),
    Library("libdeflate", "deflate", "deflate", "zlib_compress", GZIP_LEVEL),
)


def is_installed(library: Library) -> bool:
    """Return True where its package can be imported."""
    return find_spec(library.module.partition(".")[0]) is not None


def libraries() -> Iterator[tuple[Library, Compress]]:
    """Yield the libraries that are installed."""
    yield from ((library, library.compress()) for library in LIBRARIES if is_installed(library))


def missing() -> list[str]:
    """Return the packages that are not installed."""
    return [library.package for library in LIBRARIES if not is_installed(library)]


def shuffled(compress: Compress) -> Encode:
    """Return what shuffles by numpy and compresses."""

    def encode(chunk: NDArray[Any]) -> tuple[bytes, int]:
        size = chunk.dtype.itemsize
        flat = chunk.view(np.uint8).reshape(-1)
        return compress(flat if size == 1 else np.ascontiguousarray(flat.reshape(-1, size).T)), 0

    return encode


def write(
    path: Path,
    arrays: Mapping[str, Mapping[str, NDArray[Any]]],
    encode: Encode,
    *,
    layout: Layout,
    chunk_rows: int,
    threads: int,
) -> Path:
    """Write padded arrays, as :func:`benchmarks.baselines.h5py_file.write` does."""
    with h5py.File(path, "w") as file, ThreadPoolExecutor(threads) as pool:
        pending: list[tuple[h5py.h5d.DatasetID, tuple[int, ...], Future[tuple[bytes, int]]]] = []
        for name, array in datasets(arrays, layout):
            dataset = _create(file, name, array, chunk_rows)
            for start in range(0, len(array), chunk_rows):
                offset = (start, *(0,) * (array.ndim - 1))
                pending.append((dataset, offset, pool.submit(encode, chunk_of(array, start, chunk_rows))))
        for dataset, offset, future in pending:
            stored, mask = future.result()
            dataset.write_direct_chunk(offset, stored, mask)
    return path


def write_smallest(
    path: Path, arrays: Mapping[str, Mapping[str, NDArray[Any]]], *, layout: Layout, chunk_rows: int, threads: int
) -> Path:
    """Write padded arrays with gzip 9, every dataset shuffled or not, whichever is smaller: HDF5 at its best."""
    with h5py.File(path, "w") as file, ThreadPoolExecutor(threads) as pool:
        for name, array in datasets(arrays, layout):
            starts = range(0, len(array), chunk_rows)
            chunks = [chunk_of(array, start, chunk_rows) for start in starts]
            ways = [list(pool.map(encode, chunks)) for encode in (_gzip_9_shuffled, _gzip_9)]
            stored = min(ways, key=lambda way: sum(len(stream) for stream, _ in way))
            dataset = _create(file, name, array, chunk_rows)
            for start, (stream, mask) in zip(starts, stored, strict=True):
                dataset.write_direct_chunk((start, *(0,) * (array.ndim - 1)), stream, mask)
    return path


def _gzip_9(chunk: NDArray[Any]) -> tuple[bytes, int]:
    """The chunk's bytes as they stand: the filter mask says so where there is a shuffle to skip."""
    return zlib.compress(chunk.tobytes(), 9), int(chunk.dtype.itemsize > 1)


_gzip_9_shuffled = shuffled(lambda array: zlib.compress(array.tobytes(), 9))


def chunk_of(array: NDArray[Any], start: int, chunk_rows: int) -> NDArray[Any]:
    """Return a chunk; the last one is as long as the others, its rest zeros as in HDF5."""
    part = array[start : start + chunk_rows]
    if len(part) == chunk_rows:
        return np.ascontiguousarray(part)
    whole = np.zeros((chunk_rows, *array.shape[1:]), array.dtype)
    whole[: len(part)] = part
    return whole


def _create(file: h5py.File, name: str, array: NDArray[Any], chunk_rows: int) -> h5py.h5d.DatasetID:
    inner = array.shape[1:]
    filters: dict[str, Any] = {
        "shuffle": array.dtype.itemsize > 1,
        "compression": "gzip",
        "compression_opts": GZIP_LEVEL,
    }
    dataset = file.create_dataset(
        name, array.shape, array.dtype, chunks=(chunk_rows, *inner), maxshape=(None, *inner), **filters
    )
    return dataset.id
