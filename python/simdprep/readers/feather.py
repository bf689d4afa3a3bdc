"""Feather sources: Arrow's own file format (IPC), version 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import InputError
from .arrow_columns import bytes_per_entry, find_columns, to_awkward
from .guard import reading
from .identity import open_bytes
from .inputs import is_url
from .leaf import Leaf
from .source import Source

_HINT = "copying the file again, or --skip-bad-files"


class FeatherSource(Source):
    """One feather file. Structs, and lists of structs, are presented member by member."""

    kind = "feather"

    def __init__(self, path: str, threads: int | None) -> None:
        self._threads = threads != 1
        with reading("feather file", expected="one that pyarrow can open", where=path):
            self._bytes: Any = open_bytes(path) if is_url(path) else pa.memory_map(path)
        try:
            with reading("feather file", expected="one that pyarrow can open", where=path):
                self._schema = pa.ipc.open_file(self._bytes).schema
                reader = self._reader((0,) if len(self._schema) else ())
                # Only the first column is decompressed to learn how long the batches are.
                sizes = [reader.get_batch(index).num_rows for index in range(reader.num_record_batches)]
                self._borders = np.concatenate(([0], np.cumsum(np.array(sizes, np.int64))))
                super().__init__(path, "", int(self._borders[-1]))
                for found in find_columns(self._schema):
                    self._add(found.leaves, found.refused, found.bookkeeping)
            if not self.branches and not self.refused:
                raise InputError("table", got="0 columns", expected="at least one", where=path)
        except BaseException:
            self._bytes.close()
            raise
        #: The batch read last, by columns and number: a step may end within it.
        self._last: tuple[tuple[int, ...], int, Any] | None = None

    def close(self) -> None:
        """Close the file; arrays already read stay valid."""
        self._last = None
        self._bytes.close()

    def _reader(self, columns: tuple[int, ...]) -> Any:
        options = pa.ipc.IpcReadOptions(included_fields=list(columns), use_threads=self._threads)
        return pa.ipc.open_file(self._bytes, options=options)

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        columns = tuple(sorted({self._schema.get_field_index(leaf.container) for leaf in leaves}))
        first, last = (int(np.searchsorted(self._borders, entry, side="right")) - 1 for entry in (start, stop - 1))
        where = f"{self.path}, entries {start}:{stop} (record batches {first} to {last})"
        with reading("damaged record batch", expected="data that can be read", where=where, hint=_HINT):
            reader = self._reader(columns)
            pieces = []
            for index in range(first, last + 1):
                batch = self._batch(reader, columns, index)
                begin = int(self._borders[index])
                low, high = max(start - begin, 0), min(stop - begin, batch.num_rows)
                pieces.append(batch.slice(low, high - low))
            return to_awkward(pa.Table.from_batches(pieces), leaves)

    def _batch(self, reader: Any, columns: tuple[int, ...], index: int) -> Any:
        if self._last is None or self._last[:2] != (columns, index):
            self._last = (columns, index, reader.get_batch(index))
        return self._last[2]

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        guess = bytes_per_entry({leaf.branch.name: leaf.branch for leaf in leaves}) * self.num_entries
        return guess, self._borders
