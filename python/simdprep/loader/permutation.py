"""Keyed permutations of ``range(size)``: any entry in O(1), no state, the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..transforms.identity import key_of
from ..transforms.splitmix import GOLDEN, mixed

__all__ = ["hashes", "key_of", "permute", "permute_each", "round_keys"]

#: Rounds of the network. Four make it a permutation nobody can tell from a random one if the hash is
#: random; the others are for a hash that is merely good.
_ROUNDS = 6

#: Up to this size a permutation is the ranking of as many hashes: a network over a few bits cannot
#: give all permutations equally often.
_SMALL = 256


def hashes(key: int, count: int) -> NDArray[np.uint64]:
    """Return the first ``count`` words of the stream of a key (splitmix64); uint64 (count,)."""
    words = np.arange(1, count + 1, dtype=np.uint64)
    words *= np.uint64(GOLDEN)
    words += np.uint64(key)
    return mixed(words)


def permute(entries: NDArray[np.int64], size: int, key: int) -> NDArray[np.int64]:
    """Return where a permutation of ``range(size)`` sends ``entries``.

    A Feistel network over the smallest power of two that holds ``size``; what lands beyond
    ``size`` goes through again until it does not, which keeps the map one to one.

    Args:
        entries: int64 (n,), each in ``range(size)``.
        size: Length of the range.
        key: Which permutation, 64 bits.

    Returns:
        int64 (n,), each in ``range(size)``; distinct for distinct entries.
    """
    return permute_each(entries, np.zeros(len(entries), np.int64), np.array([size]), np.array([key], np.uint64))


def permute_each(
    entries: NDArray[np.int64], which: NDArray[np.int64], sizes: NDArray[np.int64], keys: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Return where several permutations send entries, each entry by one of them; see :func:`permute`.

    Where all ranges are long, each network is over the power of two that holds the longest.

    Args:
        entries: int64 (n,), each in the range of its permutation.
        which: Number of the permutation of each entry, int64 (n,).
        sizes: Length of the range of each permutation.
        keys: Of each permutation, 64 bits.

    Returns:
        int64 (n,); distinct for distinct entries of one permutation.
    """
    if int(sizes.min()) <= _SMALL:
        image = np.empty(len(entries), np.int64)
        for number in np.unique(which).tolist():
            own = np.flatnonzero(which == number)
            image[own] = _permute_one(entries[own], int(sizes[number]), int(keys[number]))
        return image
    bits = (int(sizes.max()) - 1).bit_length()
    return _core.permute(entries, which, bits, sizes.astype(np.int64), np.stack([round_keys(int(key)) for key in keys]))


def round_keys(key: int) -> NDArray[np.uint32]:
    """Return the keys of the rounds of the network of a key, uint32 (rounds,)."""
    return (hashes(key, _ROUNDS) >> np.uint64(32)).astype(np.uint32)


def _permute_one(entries: NDArray[np.int64], size: int, key: int) -> NDArray[np.int64]:
    if size <= _SMALL:
        ranking: NDArray[np.int64] = np.argsort(hashes(key, size), kind="stable")
        return ranking[entries]
    return permute(entries, size, key)
