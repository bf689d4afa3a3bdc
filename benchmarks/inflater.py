"""Inflater: reads a zlib stream symbol by symbol and says where its bits went; written for that, not for speed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["codes", "literal", "match", "stored"]

_LENGTHS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258)  # fmt: skip  # noqa: E501
_LENGTH_BITS = (0,) * 8 + tuple(bits for bits in range(1, 6) for _ in range(4)) + (0,)
_DISTANCES = (1, 2, 3, 4, *(base for power in range(2, 15) for base in ((1 << power) + 1, (3 << power >> 1) + 1)))
_DISTANCE_BITS = (0, 0, *(bits for bits in range(14) for _ in range(2)))
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_END = 256


@dataclass(frozen=True)
class Piece:
    """Some bits of a stream.

    Attributes:
        kind: ``codes`` are headers of blocks, their codes and ends, and the frame of zlib.
        begin: First byte of the output that they stand for.
        end: One past the last; as ``begin`` for ``codes``.
        bits: How many they are.
    """

    kind: Kind
    begin: int
    end: int
    bits: int


class _Bits:
    """Takes bits off a stream, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> int:
        value = 0
        for i in range(count):
            value |= (self.data[self.at >> 3] >> (self.at & 7) & 1) << i
            self.at += 1
        return value

    def symbol(self, code: dict[tuple[int, int], int]) -> int:
        value = 0
        for length in range(1, 16):
            value = value << 1 | self.take(1)
            found = code.get((length, value))
            if found is not None:
                return found
        raise ValueError("deflate code: got bits of no symbol, expected one")


def _code(lengths: Sequence[int]) -> dict[tuple[int, int], int]:
    """The symbols by the length and the bits of their codes (RFC 1951, 3.2.2)."""
    code, value = {}, 0
    for length in range(1, 16):
        value <<= 1
        for symbol, own in enumerate(lengths):
            if own == length:
                code[length, value] = symbol
                value += 1
    return code


def inflate(stream: bytes) -> tuple[bytes, list[Piece]]:
    """Return what a zlib stream holds, and all of its bits in order.

    Raises:
        ValueError: it is not sound.
    """
    bits, out, pieces = _Bits(stream), bytearray(), [Piece("codes", 0, 0, 16)]
    bits.take(16)
    is_last = 0
    while not is_last:
        begun = bits.at
        is_last, kind = bits.take(1), bits.take(2)
        if kind == 0:
            bits.at = bits.at + 7 & ~7
            size = bits.take(16)
            bits.take(16)
            pieces.append(Piece("codes", len(out), len(out), bits.at - begun))
            first = bits.at >> 3
            out += stream[first : first + size]
            bits.at += 8 * size
            pieces.append(Piece("stored", len(out) - size, len(out), 8 * size))
        else:
            codes = _read_codes(bits) if kind == 2 else _fixed_codes()
            pieces.append(Piece("codes", len(out), len(out), bits.at - begun))
            pieces += _symbols(bits, out, *codes)
    pieces.append(Piece("codes", len(out), len(out), 8 * len(stream) - bits.at))
    if zlib.adler32(out) != int.from_bytes(stream[-4:], "big"):
        raise ValueError("checksum of a zlib stream: got another, expected that of its bytes")
    return bytes(out), pieces


def _symbols(
    bits: _Bits, out: bytearray, literals: dict[tuple[int, int], int], distances: dict[tuple[int, int], int]
) -> Iterator[Piece]:
    while True:
        begun, first = bits.at, len(out)
        symbol = bits.symbol(literals)
        if symbol == _END:
            yield Piece("codes", first, first, bits.at - begun)
            return
        if symbol < _END:
            out.append(symbol)
            yield Piece("literal", first, first + 1, bits.at - begun)
            continue
        length = _LENGTHS[symbol - 257] + bits.take(_LENGTH_BITS[symbol - 257])
        symbol = bits.symbol(distances)
        distance = _DISTANCES[symbol] + bits.take(_DISTANCE_BITS[symbol])
        if distance > first:
            raise ValueError("match: got one from before the stream, expected one within")
        for _ in range(length):
            out.append(out[-distance])
        yield Piece("match", first, first + length, bits.at - begun)


def _fixed_codes() -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    return _code([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8), _code([5] * 30)


def _read_codes(bits: _Bits) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """The codes that a dynamic block begins with."""
    num_literals, num_distances, num_lengths = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
    told = [0] * 19
    for symbol in _ORDER[:num_lengths]:
        told[symbol] = bits.take(3)
    code, lengths = _code(told), list[int]()
    while len(lengths) < num_literals + num_distances:
        symbol = bits.symbol(code)
        if symbol < 16:
            lengths.append(symbol)
        elif symbol == 16:
            lengths += [lengths[-1]] * (3 + bits.take(2))
        else:
            lengths += [0] * (3 + bits.take(3) if symbol == 17 else 11 + bits.take(7))
    return _code(lengths[:num_literals]), _code(lengths[num_literals:])
