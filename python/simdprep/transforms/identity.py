"""Identity: 64 bits that say which row this is, and the hashes that decide by it.

What happens to a row (its split, its fold, how many copies are kept) is a function of the seed and of the
row's identity alone: not of its place in the file, of the batch it came in, of threads or of jobs. An
identity is made of the columns that name a row, such as run and event number, by :func:`identity_of`;
:func:`hash_of` gives the words that decide, different for every purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SchemaError
from .splitmix import GOLDEN, SECOND, mixed

Words = NDArray[np.uint64]

_ALL = (1 << 64) - 1


def key_of(*parts: object) -> int:
    """Return a 64-bit key that depends on the text of every part, and on nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def identity_of(columns: Sequence[NDArray[Any]]) -> Words:
    """Return one word per row, made of all columns that name it, in this order.

    Args:
        columns: One or more arrays (n,) of bool, integers or floating numbers. A number gives the same
            word whatever the width it is stored with, as long as it stays of its kind.

    Returns:
        uint64 (n,).

    Raises:
        SchemaError: no column, other shapes, or dtypes that are no numbers.
    """
    if not columns:
        raise SchemaError("columns of an identity", got="none", expected="one or more")
    size = len(columns[0])
    words = np.zeros(size, np.uint64)
    for column in columns:
        if column.shape != (size,) or column.dtype.kind not in "biuf":
            raise SchemaError(
                "column of an identity", got=f"{column.dtype} {column.shape}", expected=f"numbers ({size},)"
            )
        words ^= mixed(_words(column) + np.uint64(GOLDEN))
        words = mixed(words)
    return words


def hash_of(identity: Words, key: int) -> Words:
    """Return words that look random, one per row: the same for the same identity and key.

    Args:
        identity: uint64 (n,).
        key: Of :func:`key_of`: seed and purpose.

    Returns:
        uint64 (n,), each equally likely in all of its range.
    """
    from .identity_kernel import hash_rows

    return hash_rows(checked(identity), *halves(key))


def reference_hash(identity: Words, key: int) -> Words:
    """Return what :func:`hash_of` returns, in plain numpy: the form the kernel is held to."""
    first, second = (np.uint64(half) for half in halves(key))
    return mixed(mixed(identity ^ first) + second)


def halves(key: int) -> tuple[int, int]:
    """Return the two words that a key enters a hash by."""
    return key, (key * GOLDEN + SECOND) & _ALL


def checked(identity: Words) -> Words:
    """Return an identity (n,) as the kernels take it; one of several columns (n, k) is joined.

    Raises:
        SchemaError: it is not uint64 of one or two axes.
    """
    if identity.dtype != np.uint64 or identity.ndim not in (1, 2):
        got = f"{identity.dtype} {identity.shape}"
        raise SchemaError("identity", got=got, expected="uint64 (n,)", hint="identity_of(columns)")
    if identity.ndim == 2:
        return identity_of(list(identity.T))
    return np.ascontiguousarray(identity)


def _words(column: NDArray[Any]) -> Words:
    if column.dtype.kind == "f":
        wide = column.astype(np.float64)
        wide += 0.0  # one zero
        wide[np.isnan(wide)] = np.nan  # one NaN
        return wide.view(np.uint64)
    if column.dtype.kind == "i":
        return column.astype(np.int64).view(np.uint64)
    return column.astype(np.uint64)
