"""Arrays of all kinds, and files whose chunks our encoder made and HDF5 reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from simdprep import _core

LEVELS = tuple(range(1, 10))

RECORDS = ("u2,u1", "f8,f4,f4,i4,u1", ",".join(["f4"] * 20) + ",i1")
DTYPES = ("b1", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8", *RECORDS)

#: What fills an array of some items; in the second argument it finds its random numbers.
FILLS = {
    "noise": lambda size, rng: rng.bytes(size),
    "zeros": lambda size, rng: bytes(size),
    "ones": lambda size, rng: b"\xff" * size,
    "ramp": lambda size, rng: np.arange(size // 2 + 1, dtype=np.uint16).tobytes()[:size],
    "runs": lambda size, rng: np.repeat(
        rng.integers(0, 4, size).astype(np.uint8), rng.choice([1, 2, 3, 258, 259, 700], size)
    ).tobytes()[:size],
    "floats": lambda size, rng: rng.normal(0, 30, size // 4 + 1).astype(np.float32).tobytes()[:size],
    "skewed": lambda size, rng: np.minimum(rng.geometric(0.3, size), 255).astype(np.uint8).tobytes(),
    "repeats": lambda size, rng: (rng.bytes(37 + int(rng.integers(0, 5000))) * (size // 37 + 1))[:size],
}


@st.composite
def arrays(draw: DrawFn, most: int = 200_000) -> NDArray[Any]:
    """One-dimensional arrays of any dtype, records included: mostly small, mixed of one to three fills."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    limit = draw(st.sampled_from([40, 1000, most // dtype.itemsize]))
    size = draw(st.integers(1, limit)) * dtype.itemsize
    names = draw(st.lists(st.sampled_from(sorted(FILLS)), min_size=1, max_size=3))
    share = size // len(names)
    raw = b"".join(FILLS[name](share, rng) for name in names) + bytes(size - share * len(names))
    if dtype.kind == "b":
        raw = bytes(byte & 1 for byte in raw)
    return np.frombuffer(raw, dtype)


def encode(array: NDArray[Any], *, level: int, fletcher: bool = False) -> tuple[bytes, int]:
    """Return the stored bytes and the filter mask of an array that is one chunk."""
    assert sys.byteorder == "little"
    size = array.dtype.itemsize
    return _core.encode_chunk(
        np.frombuffer(array.tobytes(), np.uint8), shuffle_size=size, deflate_level=level, fletcher=fletcher
    )


def stored_file(path: Path, array: NDArray[Any], *, level: int, fletcher: bool) -> Path:
    """Write a file with one dataset ``x`` that is one chunk."""
    stored, mask = encode(array, level=level, fletcher=fletcher)
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset(
            "x",
            array.shape,
            array.dtype,
            chunks=array.shape,
            shuffle=array.dtype.itemsize > 1,
            compression="gzip",
            compression_opts=level,
            fletcher32=fletcher,
        )
        dataset.id.write_direct_chunk((0,), stored, mask)
    return path
