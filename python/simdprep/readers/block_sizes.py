"""Block sizes: what compressed bytes of a ROOT file say they hold, looked at before memory is taken for it."""

from __future__ import annotations

from typing import Any

import uproot

#: In front of each block: algorithm, version, bytes stored and bytes held (three each, the lowest first).
_HEADER = 9


def check_sizes() -> None:
    """Let uproot ask this module before it decompresses anything: it believes a basket that claims gigabytes."""
    uproot.compression.decompress.hook_before_block = _check


def _check(
    *, chunk: Any, context: Any, start: Any, compressed_bytes: int, uncompressed_bytes: int, num_blocks: int, **_: Any
) -> None:
    if num_blocks:
        return
    cursor = start.copy()
    left, held = compressed_bytes, 0
    while left >= _HEADER:
        header = bytes(cursor.bytes(chunk, _HEADER, context))
        stored = int.from_bytes(header[3:6], "little")
        held += int.from_bytes(header[6:9], "little")
        left -= _HEADER + stored
        cursor.skip(stored)
        if held == uncompressed_bytes:  # what follows, if anything, is never read
            return
    if held != uncompressed_bytes:
        raise ValueError(f"{uncompressed_bytes} bytes are claimed, its blocks hold {held}")
