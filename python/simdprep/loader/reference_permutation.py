"""The network of :mod:`permutation` in plain numpy: the form the core is held to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: The 32-bit finaliser of MurmurHash3.
_FIRST, _SECOND = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)


def permute(entries: NDArray[np.int64], size: int, bits: int, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return where the permutation of ``range(size)`` with these round keys sends entries.

    Args:
        entries: int64 (n,), each in the range.
        size: Length of the range, at most 2**bits.
        bits: Of the network.
        keys: uint32 (rounds,).
    """
    image = _network(entries, bits, keys)
    outside = np.flatnonzero(image >= size)
    while len(outside):
        image[outside] = _network(image[outside], bits, keys)
        outside = outside[image[outside] >= size]
    return image


def _network(entries: NDArray[np.int64], bits: int, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Alternately change the upper half of the bits by a hash of the lower one, and the lower by the upper."""
    low_bits = bits // 2
    low = (entries & ((1 << low_bits) - 1)).astype(np.uint32)
    high = (entries >> low_bits).astype(np.uint32)
    for turn, key in enumerate(keys):
        if turn % 2 == 0:
            high ^= _hash(low, key, bits - low_bits)
        else:
            low ^= _hash(high, key, low_bits)
    return (high.astype(np.int64) << low_bits) | low


def _hash(words: NDArray[np.uint32], key: np.uint32, bits: int) -> NDArray[np.uint32]:
    """The upper ``bits`` of a hash of each word."""
    with np.errstate(over="ignore"):
        mixed = words + key
        mixed ^= mixed >> np.uint32(16)
        mixed *= _FIRST
        mixed ^= mixed >> np.uint32(13)
        mixed *= _SECOND
        mixed >>= np.uint32(32 - bits)
    return mixed
