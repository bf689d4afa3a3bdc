"""Block sizes: what compressed bytes of a ROOT file say they hold, looked at before memory is taken for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Self

import uproot

#: In front of each block: algorithm, version, bytes stored and bytes held (three each, the lowest first).
_HEADER = 9

Hook = Callable[..., None]


class SizeCheck:
    """While one is begun, uproot asks here before it decompresses anything: it believes a basket that claims gigabytes.

    What somebody else has uproot ask is asked as well, and alone again when the last of these has ended. A context
    manager.
    """

    _lock = threading.Lock()
    _begun = 0
    _before: Hook | None = None
    _hook: Hook | None = None

    def __init__(self) -> None:
        self._is_begun = True
        with SizeCheck._lock:
            SizeCheck._begun += 1
            before = uproot.compression.decompress.hook_before_block
            if before is not SizeCheck._hook:
                SizeCheck._before, SizeCheck._hook = before, _chained(before)
                uproot.compression.decompress.hook_before_block = SizeCheck._hook

    def end(self) -> None:
        """End this check; later calls do nothing."""
        with SizeCheck._lock:
            SizeCheck._begun -= self._is_begun
            self._is_begun = False
            if SizeCheck._begun or SizeCheck._hook is None:
                return
            if uproot.compression.decompress.hook_before_block is SizeCheck._hook:  # else somebody's has followed
                uproot.compression.decompress.hook_before_block = SizeCheck._before
            SizeCheck._before = SizeCheck._hook = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _chained(before: Hook) -> Hook:
    def hook(**block: Any) -> None:
        before(**block)
        _check(**block)

    return hook


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
