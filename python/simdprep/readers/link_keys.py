"""Keys of ATLAS containers: what an ElementLink names its target by.

A key is the lowest 30 bits of a CRC-64 of the container's name, continued by the number of its class.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

#: Numbers of the classes that links lead to (CLASS_DEF of the xAOD packages).
_CLASSES = {
    "BTagging": 1264356158,
    "CaloCluster": 1219821989,
    "Electron": 1087532415,
    "FlowElement": 1158384067,
    "Jet": 1244316195,
    "Muon": 1178459224,
    "MuonSegment": 1129401482,
    "PFO": 1177172577,
    "Photon": 1105575213,
    "TauJet": 1177172564,
    "TauTrack": 1306133771,
    "TrackParticle": 1287425431,
    "TruthParticle": 1237340765,
    "TruthVertex": 1239726567,
    "Vertex": 1092961325,
}

_POLYNOMIAL = 0x95AC9329AC4BC9B5
_ALL_ONES = (1 << 64) - 1
_KEY_BITS = (1 << 30) - 1

#: Key of a link to nothing.
NO_KEY = 0


def keys_of(container: str) -> frozenset[int]:
    """Return the keys a container of this name can have, one for each class."""
    return frozenset(_extended(_crc(container.encode()), number) & _KEY_BITS for number in _CLASSES.values())


def container_names(keys: Iterable[int], containers: Iterable[str]) -> dict[int, str]:
    """Return which of some containers each key is of, for the keys that are of one."""
    wanted = set(keys)
    return {key: name for name in containers for key in keys_of(name) & wanted}


@cache
def _table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = (number >> 1) ^ _POLYNOMIAL if number & 1 else number >> 1
        table.append(number)
    return tuple(table)


def _crc(text: bytes) -> int:
    table, crc = _table(), _ALL_ONES
    for byte in text:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


def _extended(crc: int, number: int) -> int:
    table = _table()
    while number:
        crc = table[(crc ^ number) & 0xFF] ^ (crc >> 8)
        number >>= 8
    return crc
