"""RNTuple sources: ROOT's new columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import awkward as ak
import numpy as np
import xxhash  # of uproot
from numpy.typing import NDArray

from ..errors import InputError
from .branch import Branch
from .guard import failed, first_line, reading
from .leaf import Found, Leaf, find_leaves
from .source import Source
from .steps import NO_BORDERS

#: Name that ROOT gives to a collection without one: its members are also fields of their own.
_UNNAMED = "_collection"

#: Bytes that no RNTuple exceeds: how many entries would fill them tells the size of one.
_MUCH = 1 << 50


class RNTupleSource(Source):
    """One RNTuple. Records, and vectors of records, are presented member by member."""

    kind = "rntuple"

    def __init__(self, path: str, file: Any, ntuple: Any, name: str) -> None:
        super().__init__(path, name, ntuple.num_entries)
        self._file = file
        self._ntuple = ntuple
        _check_page_lists(ntuple, self.where)
        fields = list(ntuple.fields)
        known = {str(entry.name) for entry in fields}
        for entry in fields:
            found = self._find(entry)
            if str(entry.name).startswith(_UNNAMED):
                _drop_projected(found, known)
            self._add(found.leaves, found.refused, found.bookkeeping)

    def close(self) -> None:
        """Close the file; arrays already read stay valid."""
        self._file.close()

    def _uuid(self) -> str:
        return str(self._file.uuid)

    def _find(self, entry: Any) -> Found:
        name = str(entry.name)
        try:
            form, _ = self._ntuple.to_akform(filter_field=lambda other: _top(other) == name)
            content = form.content(name)
        except Exception as error:  # noqa: BLE001 (whatever the reason, the field is refused with it)
            return Found(refused={name: f"type {entry.typename}: {first_line(error)}"})
        return find_leaves(content, name, like=Branch(name, "", description=str(entry.description or "")))

    def _read(self, leaves: Sequence[Leaf], start: int, stop: int) -> Mapping[str, Any]:
        try:
            return self._read_all(leaves, start, stop)
        except MemoryError:
            raise
        except Exception as error:
            for leaf in leaves:
                where = f"{self.where}/{leaf.branch.name}, entries {start}:{stop}"
                hint = "copying the file again, or --skip-bad-files"
                with reading("damaged page", expected="data that can be read", where=where, hint=hint):
                    self._read_all([leaf], start, stop)
            raise failed(error, "entries", expected="a sound file", where=f"{self.where}, {start}:{stop}") from error

    def _read_all(self, leaves: Sequence[Leaf], start: int, stop: int) -> dict[str, ak.Array]:
        # A filter on names would also match members of other records, and skips silently what is not there.
        paths = {_read_path(leaf) for leaf in leaves}
        arrays = self._ntuple.arrays(
            filter_field=lambda field: field.path in paths, entry_start=start, entry_stop=stop, library="ak"
        )
        return {leaf.container: arrays[leaf.container] for leaf in leaves}

    def _layout(self, leaves: Sequence[Leaf]) -> tuple[float, NDArray[np.int64]]:
        paths = {_read_path(leaf) for leaf in leaves}
        entries = self._ntuple.num_entries_for(_MUCH, filter_field=lambda field: field.path in paths)
        starts = [int(cluster.num_first_entry) for cluster in self._ntuple.cluster_summaries]
        return _MUCH * self.num_entries / int(entries), np.asarray(starts, np.int64) if starts else NO_BORDERS


def _top(field: Any) -> str:
    return str(field.path).partition(".")[0]


def _check_page_lists(ntuple: Any, where: str) -> None:
    """Raise where a page list is damaged: uproot checks header and footer only, and believes any size it reads."""
    for record in ntuple.footer.cluster_group_records:
        link = record.page_list_link
        chunk, _ = ntuple.read_locator(link.locator, link.env_uncomp_size)
        content = bytes(chunk.raw_data)
        if xxhash.xxh3_64_intdigest(content[:-8]) != int.from_bytes(content[-8:], "little"):
            hint = "copying the file again, or --skip-bad-files"
            raise InputError("damaged page list", expected="the checksum stored with it", where=where, hint=hint)


def _read_path(leaf: Leaf) -> str:
    """The field to read for a leaf: tuples whole, since uproot numbers anew the slots that are selected."""
    path = [leaf.container]
    for key in leaf.path:
        if key.isdecimal():
            break
        path.append(key)
    return ".".join(path)


def _drop_projected(found: Found, known: set[str]) -> None:
    """Refuse the members of an unnamed collection that the file also shows as fields."""
    kept = []
    for leaf in found.leaves:
        member = leaf.branch.name.partition(".")[2]
        if member in known:
            found.refused[leaf.branch.name] = f"the same as {member}"
        else:
            kept.append(leaf)
    found.leaves = kept
