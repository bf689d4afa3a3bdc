"""BasketReader: branches of plain numbers, and of lists of them, read by the core.

uproot finds the baskets and says what is in them; the core reads, decompresses and turns them, in its threads and
without the interpreter's lock, one basket at a time while it is in the cache. All else, and whatever is not as it
should be, is left to uproot: the slow form of this, and the one that says what is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from awkward import contents
from awkward.index import Index64
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from ..thread_pool import thread_pool
from .inputs import is_url

#: ROOT's numbers of the compressions that the core does not undo: LZMA, the old one of its own, and LZ4.
_OTHER_COMPRESSIONS = (2, 3, 4)


@dataclass(frozen=True)
class _Stored:
    """How a branch is stored.

    Attributes:
        baskets: int64 (n, 4): address, bytes, first entry and one past the last of each.
        dtype: Of its numbers.
        shape: Of an item.
        header: Bytes before the items of a list; -1 where an entry is one item.
    """

    baskets: NDArray[np.int64]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    header: int


class BasketReader:
    """Reads the branches of one local ROOT file.

    Args:
        path: The file; of a URL nothing is read.
        threads: Threads that decompress; 0 for one per core.
    """

    def __init__(self, path: str, threads: int = 0) -> None:
        self._threads = threads
        self._stored: dict[str, _Stored | None] = {}
        self._file = -1 if is_url(path) else os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def read(self, branches: Mapping[str, Any], start: int, stop: int) -> dict[str, Any]:
        """Read the entries [start, stop) of those branches that can be read so.

        Args:
            branches: Branches of uproot, by whatever name.
            start: First entry.
            stop: One past the last, more than ``start``.

        Returns:
            Awkward layouts by name, as uproot's arrays have them; a name is missing where uproot must read it.
        """
        if self._file < 0:
            return {}
        stored = {name: self._of(name, branch) for name, branch in branches.items()}
        known = {name: how for name, how in stored.items() if how is not None}
        try:
            found = _core.read_branches(
                thread_pool(self._threads), self._file, [_asked(how, start, stop) for how in known.values()]
            )
        except DatasetError:
            self.close()  # the rest will not be better; uproot reads it, or says what is wrong
            return {}
        return {
            name: _layout(how, offsets, numbers)
            for (name, how), (offsets, numbers) in zip(known.items(), found, strict=True)
        }

    def _of(self, name: str, branch: Any) -> _Stored | None:
        if name not in self._stored:
            self._stored[name] = _stored(branch)
        return self._stored[name]


def _asked(how: _Stored, start: int, stop: int) -> tuple[Any, ...]:
    """What the core is asked for: the baskets that hold the entries, the form of these, and which they are."""
    first = int(np.searchsorted(how.baskets[:, 3], start, side="right"))
    last = int(np.searchsorted(how.baskets[:, 2], stop, side="left"))
    size = how.dtype.itemsize
    return how.baskets[first:last], size, size * int(np.prod(how.shape)), how.header, start, stop


def _layout(how: _Stored, offsets: NDArray[np.int64] | None, numbers: NDArray[np.uint8]) -> Any:
    items = contents.NumpyArray(numbers.view(how.dtype).reshape(-1, *how.shape))
    return items if offsets is None else contents.ListOffsetArray(Index64(offsets), items)


def _stored(branch: Any) -> _Stored | None:
    """Return how a branch is stored; ``None`` where it is in a way that only uproot knows."""
    interpretation, header = branch.interpretation, -1
    if type(interpretation).__name__ == "AsJagged":
        interpretation, header = interpretation.content, interpretation.header_bytes
    if type(interpretation).__name__ != "AsDtype" or branch.embedded_baskets:
        return None
    if branch.member("fCompress") // 100 in _OTHER_COMPRESSIONS:
        return None
    stored, wanted = interpretation.from_dtype, interpretation.to_dtype
    numbers, shape = stored.subdtype if stored.subdtype is not None else (stored, ())
    is_plain = numbers.kind in "biuf" and numbers.itemsize <= 8 and (numbers.itemsize == 1 or numbers.byteorder == ">")
    if not is_plain or stored.newbyteorder("=") != wanted or 0 in shape:
        return None
    offsets = np.asarray(branch.entry_offsets, np.int64)
    places = [np.asarray(branch.member(name)[: len(offsets) - 1], np.int64) for name in ("fBasketSeek", "fBasketBytes")]
    if any(len(place) != len(offsets) - 1 or (place <= 0).any() for place in places):
        return None
    if (offsets[1:] < offsets[:-1]).any():
        return None
    baskets = np.stack([*places, offsets[:-1], offsets[1:]], axis=1)
    return _Stored(np.ascontiguousarray(baskets), numbers.newbyteorder("="), tuple(shape), header)
