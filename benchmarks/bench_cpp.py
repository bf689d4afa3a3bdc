"""C++: an event loop that dumps jets and tracks, against a writer in the manner of ATLAS HDF5Utils.

    python -m benchmarks.bench_cpp [--quick]

The peer is our own (``benchmarks/cpp/point_writer.hpp``), as HDF5Utils itself needs the ATLAS software: a virtual call
and a ``std::function`` per value, compound datasets, gzip 7, one thread. It writes the filled slots point by point, as
HDF5Utils does, or whole batches as one slab. What was measured of HDF5Utils itself stands beside each case.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .cases import Size
from .comparison import assert_equal
from .event_loop import EventLoop, Form, Job, Writer
from .question import Contender, Target

NUM_TRACK_FIELDS, TRACK_SLOTS, MEAN_TRACKS = 20, 40, 10
JET_FIELDS = ("pt", "eta", "phi", "mass", "energy", "tag_b", "tag_c", "tag_u", "label", "index")
#: Values that are fetched for a jet, on average: its own and those of its tracks.
VALUES_PER_JET = len(JET_FIELDS) + NUM_TRACK_FIELDS * MEAN_TRACKS

POINTS, SLAB, TENTH = "HDF5Utils-like, points", "HDF5Utils-like, slab", "ours, a tenth of the jets"
PEERS: dict[str, Writer] = {POINTS: "points", SLAB: "slab"}

ASKS = "dump jets and tracks from a C++ event loop"
TARGETS = (
    Target(POINTS, 1, "speed", 5.0, ("toy jets, gzip",)),
    Target(POINTS, 4, "speed", 20.0, ("toy jets, gzip",)),
    Target(POINTS, 4, "size", 1.0, ("toy jets, gzip",)),
    Target(POINTS, 4, "speed", 3.0, ("toy jets, uncompressed",)),
    Target(POINTS, 4, "speed", 10.0, ("toy jets, half precision",)),
    Target(TENTH, 4, "memory", 1.1, ("toy jets, ten times as many",)),
)


@dataclass(frozen=True)
class LoopCase:
    """One way to write the jets."""

    name: str
    what: str
    form: Form
    num_jets: int
    bits: int = 12  # of mantissa, as NanoAOD stores most of its floats


@dataclass(frozen=True)
class Prepared:
    """The process that writes, and where to."""

    case: LoopCase
    loop: EventLoop
    folder: Path


def cases(size: Size) -> Sequence[LoopCase]:
    number = {"tiny": 300, "quick": 20_000, "full": 200_000}[size]
    jets = (
        f"{number:,} jets of {len(JET_FIELDS)} fields, {MEAN_TRACKS} tracks on average in {TRACK_SLOTS} slots, "
        f"{NUM_TRACK_FIELDS} floats of 12 bits of mantissa and valid each"
    )
    return [
        LoopCase("toy jets, gzip", f"{jets}; HDF5Utils itself: 16,300 jets/s", "gzip", number),
        LoopCase("toy jets of all bits, gzip", "the same, but mantissas of 23 random bits", "gzip", number, bits=23),
        LoopCase("toy jets, uncompressed", "the same without gzip; HDF5Utils itself: 142,000 jets/s", "none", number),
        LoopCase("toy jets, half precision", "the same in float16; HDF5Utils itself: 84 ns a value", "half", number),
        LoopCase("toy jets, filled only", "rows are values, none kept; HDF5Utils itself: 13 ns each", "fill", number),
        LoopCase("toy jets, ten times as many", "memory does not grow with them", "gzip", 10 * number),
    ]


def prepare(case: LoopCase, folder: Path) -> Prepared:
    return Prepared(case, EventLoop(bits=case.bits), folder)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    if prepared.case.name.endswith("ten times as many"):
        return [
            _contender(prepared, TENTH, "ours", threads[-1], share=10),
            _contender(prepared, "simdprep", "ours", threads[-1]),
        ]
    ours = threads[:1] if prepared.case.form == "fill" else threads
    return [
        *[_contender(prepared, name, writer, 1) for name, writer in PEERS.items()],
        *[_contender(prepared, "simdprep", "ours", count) for count in ours],
    ]


def _contender(prepared: Prepared, name: str, writer: Writer, threads: int, *, share: int = 1) -> Contender:
    case, loop = prepared.case, prepared.loop
    keeps = case.form != "fill"
    path = prepared.folder / f"{writer}-{threads}-{share}.h5"
    number = case.num_jets // share
    return Contender(
        name,
        partial(_write, loop, Job(writer, case.form, number, path, threads)),
        number if keeps else number * VALUES_PER_JET,
        threads,
        is_ours=name == "simdprep",
        stores=path if keeps else None,
        pid=loop.pid,
    )


def _write(loop: EventLoop, job: Job) -> Job:
    loop.write(job)
    return job


def check(prepared: Prepared, results: Mapping[str, Job]) -> None:
    if SLAB not in results or prepared.case.form == "fill":
        return
    if prepared.case.form == "half":
        _check_half(prepared, results)
        return
    expected = read(results[SLAB].path)
    for job in results.values():
        assert_equal(read(job.path), expected)


def _check_half(prepared: Prepared, results: Mapping[str, Job]) -> None:
    """Ours are the nearest halves. HDF5 1.10 rounds some values to the next, has another NaN, and stores half of what
    rounds up to a power of two: 0.99999 becomes 0.5.
    """
    job = Job("slab", "none", prepared.case.num_jets, prepared.folder / "float32.h5")
    prepared.loop.write(job)
    expected = read(job.path)
    expected["tracks"] = {
        name: values if name == "valid" else values.astype(np.float16) for name, values in expected["tracks"].items()
    }
    for key, job in results.items():
        found = read(job.path)
        for name, values in expected["tracks"].items():
            other = found["tracks"][name]
            assert other.dtype == values.dtype, f"{key}: {name} is {other.dtype}"
            if job.writer == "ours" or name == "valid":
                np.testing.assert_array_equal(other, values, err_msg=f"{key}: {name}")
            else:
                wide, exact = other.astype(np.float32), values.astype(np.float32)
                close = np.isclose(wide, exact, rtol=2**-10, atol=2**-23, equal_nan=True)
                assert (wide[~close] * 2 == exact[~close]).all(), f"{key}: {name}"
        assert_equal({"jets": found["jets"]}, {"jets": expected["jets"]})


def read(path: Path) -> dict[str, dict[str, NDArray[Any]]]:
    """Read all values by object and field, of compounds and of columns."""
    names = {"jets": list(JET_FIELDS), "tracks": [*(f"v{field}" for field in range(NUM_TRACK_FIELDS)), "valid"]}
    arrays: dict[str, dict[str, NDArray[Any]]] = {}
    with h5py.File(path, "r") as file:
        for name, fields in names.items():
            stored = file[name][:] if isinstance(file[name], h5py.Dataset) else file[name]
            arrays[name] = {field: np.ascontiguousarray(stored[field][:]) for field in fields}
    return arrays


if __name__ == "__main__":
    from .__main__ import main

    sys.exit(main(["cpp", *sys.argv[1:]]))
