"""Parquet sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..errors import InputError
from .arrow_columns import bytes_per_entry, find_columns, has_inner_dictionary, leaf_columns, to_awkward
from .guard import reading
from .identity import open_bytes
from .leaf import Leaf
from .source import Source

_HINT = "copying the file again, or --skip-bad-files"

#: Rows decoded at a time; a step takes as many of these as it needs.
_BATCH_ROWS = 1 << 14


@dataclass
class _Cursor:
    """A running read of some columns: Parquet can only be decoded from the start of a row group on."""

    columns: tuple[str, ...]
    position: int
    batches: Iterator[Any]
    rest: list[Any] = field(default_factory=list)

    def take(self, start: int, stop: int) -> Any:
        """Return rows ``start:stop`` as a table; ``start`` is not before the position."""
        kept = []
        while self.position < stop:
            batch = self.rest.pop() if self.rest else next(self.batches)
            rows = min(batch.num_rows, (start if self.position < start else stop) - self.position)
            if self.position >= start:
                kept.append(batch.slice(0, rows))
            if rows < batch.num_rows:
                self.rest.append(batch.slice(rows))
            self.position += rows
        return pa.Table.from_batches(kept)


class ParquetSource(Source):
    """One Parquet file. Structs, and lists of structs, are presented member by member."""

    kind = "parquet"

    def __init__(self, path: str, threads: int | None) -> None:
        self._bytes = open_bytes(path)
        try:
            with reading("Parquet file", expected="one that pyarrow can open", where=path):
                self._file = pq.ParquetFile(self._bytes)
                self._meta = self._file.metadata
                schema = self._file.schema_arrow
                super().__init__(path, "", self._meta.num_rows)
                sizes = [self._meta.row_group(index).num_rows for index in range(self._meta.num_row_groups)]
                self._borders = np.concatenate(([0], np.cumsum(np.array(sizes, np.int64))))
                self._threads = threads != 1
                self._columns = self._column_indices(schema)
                self._has_inner_dictionary = any(map(has_inner_dictionary, schema.types))
                for found in find_columns(schema):
                    self._add(found.leaves, found.refused, found.bookkeeping)
            if not self.branches and not self.refused:
                raise InputError("table", got="0 columns", expected="at least one", where=path)
        except BaseException:
            self._bytes.close()
            raise
        self._cursor: _Cursor | None = None

    def close(self) -> None:
        """Close the file; arrays already read stay valid."""
        self._cursor = None
        self._file.close()
        self._bytes.close()

    def _column_indices(self, schema: Any) -> dict[tuple[str, ...], int]:
        """Map the path of each leaf to its Parquet column; empty where the two do not correspond."""
        paths = leaf_columns(schema)
        if len(paths) != self._meta.num_columns or len(set(paths)) != len(paths):
            return {}
        return {path: index for index, path in enumerate(paths)}

    def _column_names(self, leaves: Sequence[Leaf]) -> tuple[str, ...]:
        names = []
        for leaf in leaves:
            index = self._columns.get((leaf.container, *leaf.path))
            names.append(leaf.container if index is None else self._meta.schema.column(index).path)
        return tuple(dict.fromkeys(names))

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        columns = self._column_names(leaves)
        first, last = self._group_of(start), self._group_of(stop - 1)
        where = f"{self.path}, entries {start}:{stop} (row groups {first} to {last})"
        with reading("damaged row group", expected="data that can be read", where=where, hint=_HINT):
            cursor = self._cursor
            if cursor is None or cursor.columns != columns or not self._near(cursor.position, start):
                cursor = _Cursor(columns, int(self._borders[first]), self._batches(columns, first))
            self._cursor = None  # after an error the position is lost
            table = cursor.take(start, stop)
            self._cursor = cursor
            return to_awkward(table, leaves)

    def _batches(self, columns: tuple[str, ...], first: int) -> Iterator[Any]:
        """Yield the rows from row group ``first`` on."""
        groups = range(first, len(self._borders) - 1)
        # pyarrow (26) joins no lists of dictionaries of two row groups in a batch: then each group is read alone.
        for some in [[group] for group in groups] if self._has_inner_dictionary else [list(groups)]:
            yield from self._file.iter_batches(
                batch_size=_BATCH_ROWS, row_groups=some, columns=list(columns), use_threads=self._threads
            )

    def _near(self, position: int, start: int) -> bool:
        """True where going on from ``position`` skips no more than starting anew."""
        return int(self._borders[self._group_of(start)]) <= position <= start

    def _group_of(self, entry: int) -> int:
        return int(np.searchsorted(self._borders, entry, side="right")) - 1

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        # Not from the metadata of single columns: where that is damaged, pyarrow ends the process.
        total = sum(self._meta.row_group(group).total_byte_size for group in range(self._meta.num_row_groups))
        wanted = bytes_per_entry({leaf.branch.name: leaf.branch for leaf in leaves})
        return total * wanted / bytes_per_entry(self.branches), self._borders
