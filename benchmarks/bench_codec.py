"""Codec: padded arrays to a file, every encoder through the same direct chunk writes.

What is compared is what a chunk costs: shuffling, deflating and storing it. The limits are a copy in memory, and
the same bytes written to a fresh file without any encoding.

All peers are timed on the headline; the regimes of multiplicity have ours beside h5py; of all else, the real files
among it, only the sizes are asked, which one run tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

import simdprep as sp
from simdprep import _core

from .baselines import direct_chunks, h5py_file
from .baselines.awkward_pad import Arrays
from .cases import Size, raw_bytes
from .codec_cases import ArrayCase, reals, toys
from .comparison import assert_equal
from .machine import cores, other_isas
from .question import Contender, Target

#: About a megabyte a chunk, as our schemas have it; one chunk a field where there are fewer rows.
CHUNK_BYTES = 1 << 20
MOST_ROWS, LEAST_ROWS = 2048, 128

#: Levels of ours beside the default, the first of which is timed in rounds.
LEVELS = (1, 9)

#: What the promises compare sizes with: every dataset shuffled or not, whichever is smaller.
BEST_GZIP_9 = "h5py gzip 9, shuffled or not"
GZIP_4 = f"h5py shuffle+gzip {h5py_file.GZIP_LEVEL}"
COPY = "copy in memory"
FRESH = "fresh file, nothing encoded"

#: Peers are slow, and ratios steady.
MOST_ROUNDS = 3

#: The cases whose speed is asked.
TIMED = ("toy tracks, columns", "toy tracks, compound", "toy tracks, mean *")

ASKS = "shuffle, deflate and store padded arrays"
TARGETS = (
    Target(BEST_GZIP_9, 1, "chunks", 1.0, ("toy *",)),
    Target(BEST_GZIP_9, 1, "chunks", 1.10, ("real *",)),
    Target(BEST_GZIP_9, 1, "chunks", 1.03, ("real *",), ours="simdprep gzip:9"),
    Target(GZIP_4, 1, "chunks", 0.88, ("real nano_tt_v12.root, Jet",)),
    Target(GZIP_4, 4, "speed", 8.0, TIMED, ours="simdprep avx2"),
    Target(GZIP_4, 4, "speed", 3.0, TIMED, ours="simdprep scalar"),
)


@dataclass(frozen=True)
class Prepared:
    """Arrays, and how they are cut into chunks."""

    case: ArrayCase
    arrays: Arrays
    folder: Path

    @cached_property
    def chunk_rows(self) -> int:
        """One number for all datasets."""
        stored = [array for _, array in h5py_file.datasets(self.arrays, self.case.layout)]
        rows = max(len(array) for array in stored)
        widest = max(array.nbytes // len(array) for array in stored)
        fitting = 1 << max(0, (CHUNK_BYTES // widest).bit_length() - 1)
        return min(rows, max(LEAST_ROWS, min(MOST_ROWS, fitting)))

    @cached_property
    def num_rows(self) -> int:
        """Of the longest dataset."""
        return max(len(array) for fields in self.arrays.values() for array in fields.values())

    def path(self, name: str) -> Path:
        """Return the file of a contender."""
        return self.folder / f"{name.replace(' ', '-')}.h5"


def encode_ours(chunk: NDArray[Any], *, level: int) -> tuple[bytes, int]:
    """Return a chunk's stored bytes and filter mask."""
    raw = chunk.reshape(-1).view(np.uint8)
    return _core.encode_chunk(raw, shuffle_size=chunk.dtype.itemsize, deflate_level=level, fletcher=False)


def copy(arrays: Arrays) -> int:
    """Copy everything once; return how many bytes that were."""
    return sum(array.copy().nbytes for fields in arrays.values() for array in fields.values())


def store(path: Path, arrays: Arrays) -> int:
    """Write everything as it is to a file that was not there; return how many bytes that were."""
    path.unlink(missing_ok=True)
    with path.open("wb", buffering=0) as file:
        for array in chain.from_iterable(fields.values() for fields in arrays.values()):
            file.write(np.ascontiguousarray(array).data)
    return path.stat().st_size


def cases(size: Size) -> Sequence[ArrayCase]:
    return [*toys(size), *reals(size)]


def prepare(case: ArrayCase, folder: Path) -> Prepared:
    return Prepared(case, case.arrays(folder), folder)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    asks = prepared.case.asks
    counts = [count for count in threads if count != 2] if asks != "size" else [1]
    found = [*_h5py(prepared), *_ours(prepared, counts)]
    if asks == "peers":
        found += [*_plugins(prepared), *_pools(prepared, counts), *_limits(prepared)]
    return found


def _h5py(prepared: Prepared) -> Iterator[Contender]:
    layout, rows = prepared.case.layout, prepared.chunk_rows
    for level in (1, 4, 9) if prepared.case.asks == "peers" else (h5py_file.GZIP_LEVEL,):
        yield _stored(
            prepared,
            f"h5py shuffle+gzip {level}",
            partial(h5py_file.write, arrays=prepared.arrays, layout=layout, chunk_rows=rows, level=level),
        )
    run = partial(direct_chunks.write_smallest, arrays=prepared.arrays, layout=layout, chunk_rows=rows, threads=cores())
    yield _stored(prepared, BEST_GZIP_9, run, threads=cores())


def _plugins(prepared: Prepared) -> Iterator[Contender]:
    if find_spec("hdf5plugin") is None:
        return
    for name, options in h5py_file.plugins().items():
        yield _stored(
            prepared,
            name,
            partial(
                h5py_file.write,
                arrays=prepared.arrays,
                layout=prepared.case.layout,
                chunk_rows=prepared.chunk_rows,
                options=options,
            ),
        )


def _pools(prepared: Prepared, counts: Sequence[int]) -> Iterator[Contender]:
    for library, compress in direct_chunks.libraries():
        for count in counts:
            run = _direct(prepared, direct_chunks.shuffled(compress), count)
            yield _stored(prepared, f"thread pool + {library.name}", run, threads=count, in_threads=True)


def _ours(prepared: Prepared, counts: Sequence[int]) -> Iterator[Contender]:
    default = default_level()
    for count in counts:
        run = _direct(prepared, partial(encode_ours, level=default), count)
        yield _stored(prepared, "simdprep", run, threads=count, is_ours=True)
        for isa in other_isas() if prepared.case.asks != "size" else ():
            yield _stored(prepared, f"simdprep {isa}", run, threads=count, is_ours=True, isa=isa)
        for level in LEVELS if prepared.case.asks != "speed" else ():
            run = _direct(prepared, partial(encode_ours, level=level), count)
            yield _stored(prepared, f"simdprep gzip:{level}", run, threads=count, is_ours=True)
    if prepared.case.asks == "speed":  # its size is asked of every case
        run = _direct(prepared, partial(encode_ours, level=LEVELS[-1]), counts[-1])
        yield _stored(prepared, f"simdprep gzip:{LEVELS[-1]}", run, threads=counts[-1], is_ours=True)


def _limits(prepared: Prepared) -> Iterator[Contender]:
    for name, run in (
        (COPY, partial(copy, prepared.arrays)),
        (FRESH, partial(store, prepared.folder / "fresh.bin", prepared.arrays)),
    ):
        yield Contender(name, run, prepared.num_rows, measures_memory=False)


def _direct(prepared: Prepared, encode: direct_chunks.Encode, threads: int) -> Any:
    return partial(
        direct_chunks.write,
        arrays=prepared.arrays,
        encode=encode,
        layout=prepared.case.layout,
        chunk_rows=prepared.chunk_rows,
        threads=threads,
    )


def _stored(prepared: Prepared, name: str, run: Any, *, threads: int = 1, **options: Any) -> Contender:
    path = prepared.path(f"{name} {threads}")
    once = prepared.case.asks == "size" or name.endswith("gzip:9") or "gzip 9" in name
    options |= {"stores": path, "once": once, "measures_memory": False}  # a chunk or two a thread
    return Contender(name, partial(run, path), prepared.num_rows, threads, **options)


def default_level() -> int:
    """Return what ``gzip`` alone means."""
    schema = sp.Schema.from_awkward(ak.Array({"x": [0.0]}))
    return schema.core().describe().datasets[0].deflate_level


def check(prepared: Prepared, results: Mapping[str, Path | int]) -> None:
    size = raw_bytes(prepared.arrays)
    fields = {name: list(found) for name, found in prepared.arrays.items()}
    for path in results.values():
        if isinstance(path, int):
            assert path == size
        else:
            assert_equal(h5py_file.read(path, fields), prepared.arrays)


def missing() -> list[str]:
    """Return the packages without which some peers are left out."""
    plugin = [] if find_spec("hdf5plugin") is not None else ["hdf5plugin"]
    return [*direct_chunks.missing(), *plugin]
