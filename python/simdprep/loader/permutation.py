"""Keyed permutations of ``range(size)``: any entry in O(1), no state, the same on every machine."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

#: Splitmix64: the golden ratio as a 64-bit fraction, and the multipliers of its finaliser.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

#: The 32-bit finaliser of MurmurHash3; 32-bit lanes go through vector units, 64-bit products do not.
_FIRST_32, _SECOND_32 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)

#: Rounds of the network. Four make it a permutation nobody can tell from a random one if the hash is
#: random; the others are for a hash that is merely good.
_ROUNDS = 6

#: Up to this size a permutation is the ranking of as many hashes: a network over a few bits cannot
#: give all permutations equally often.
_SMALL = 256


def key_of(*parts: object) -> int:
    """Return a 64-bit key that depends on the text of every part, and on nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def hashes(key: int, count: int) -> NDArray[np.uint64]:
    """Return the first ``count`` words of the stream of a key (splitmix64); uint64 (count,)."""
    words = np.arange(1, count + 1, dtype=np.uint64)
    words *= _GOLDEN
    words += np.uint64(key)
    words ^= words >> np.uint64(30)
    words *= _FIRST
    words ^= words >> np.uint64(27)
    words *= _SECOND
    words ^= words >> np.uint64(31)
    return words


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
    if size <= _SMALL:
        ranking: NDArray[np.int64] = np.argsort(hashes(key, size), kind="stable")
        return ranking[entries]
    bits = (size - 1).bit_length()
    keys = (hashes(key, _ROUNDS) >> np.uint64(32)).astype(np.uint32)
    image = _network(entries, bits, keys)
    outside = np.flatnonzero(image >= size)
    while len(outside):
        again = _network(image[outside], bits, keys)
        image[outside] = again
        outside = outside[again >= size]
    return image


def _network(entries: NDArray[np.int64], bits: int, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Alternately change the upper half of the bits by a hash of the lower one, and the lower by the upper."""
    low_bits = bits // 2  # at most 31
    low = (entries & ((1 << low_bits) - 1)).astype(np.uint32)
    high = (entries >> low_bits).astype(np.uint32)
    for turn in range(_ROUNDS):
        key = keys[turn : turn + 1]
        if turn % 2 == 0:
            high ^= _hash(low, key, bits - low_bits)
        else:
            low ^= _hash(high, key, low_bits)
    image = high.astype(np.int64)
    image <<= low_bits
    image |= low
    return image


def _hash(words: NDArray[np.uint32], key: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    """The upper ``bits`` of a hash of each word."""
    mixed = words + key
    mixed ^= mixed >> np.uint32(16)
    mixed *= _FIRST_32
    mixed ^= mixed >> np.uint32(13)
    mixed *= _SECOND_32
    mixed >>= np.uint32(32 - bits)
    return mixed
