"""Block: a run of decoded rows, packed as batches are gathered from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import DatasetError
from ..storage import Dataset
from .packing import pack_items, pack_slots, read_packed, resolve
from .plan import Input, Plan, Scalar

Array = NDArray[Any]
Offsets = NDArray[np.int64]


class Packed(NamedTuple):
    """Entries of one object, without empty slots.

    Attributes:
        items: (n_items, fields), contiguous, of the dtype of a batch, already transformed.
        offsets: int64 (rows + 1,), where rows begin; ``None`` where each row is an item.
        inner_offsets: Where the lists of an object that hangs on another begin, which the offsets
            then count; else ``None``.
    """

    items: Array
    offsets: Offsets | None = None
    inner_offsets: Offsets | None = None

    def rows(self, start: int, stop: int) -> Packed:
        """Return rows [start, stop): views, and offsets from 0 on."""
        if self.offsets is None:
            return Packed(self.items[start:stop])
        offsets = self.offsets[start : stop + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        if self.inner_offsets is None:
            return Packed(self.items[first:last], offsets - first)
        inner = self.inner_offsets[first : last + 1]
        return Packed(self.items[inner[0] : inner[-1]], offsets - first, inner - inner[0])


@dataclass(frozen=True)
class Block:
    """Rows [start, stop).

    Attributes:
        start: First row.
        stop: One past the last row.
        packed: By object.
        scalars: Labels and weights (rows,), of the stored dtype.
    """

    start: int
    stop: int
    packed: dict[str, Packed] = field(default_factory=dict)
    scalars: dict[Scalar, Array] = field(default_factory=dict)

    def rows(self, start: int, stop: int) -> Block:
        """Return rows [start, stop) of the dataset, which are among its own: views of its arrays."""
        first, last = start - self.start, stop - self.start
        return Block(
            start,
            stop,
            {name: packed.rows(first, last) for name, packed in self.packed.items()},
            {scalar: values[first:last] for scalar, values in self.scalars.items()},
        )

    @property
    def num_bytes(self) -> int:
        """Bytes of its values in memory."""
        return sum(entry.items.nbytes for entry in self.packed.values()) + sum(
            values.nbytes for values in self.scalars.values()
        )


#: Blocks that are read at once, at most.
_MOST_TOGETHER = 32

#: Chunks of items to read at once where items have chunks of their own: what lies at the ends of a run is decoded
#: for its neighbours, too.
_CHUNKS_TOGETHER = 5


class BlockReader:
    """Reads what a plan asks of a dataset.

    Args:
        dataset: Open.
        plan: What to read.

    Attributes:
        together: Neighbouring blocks that are best read at once: more than 1 where a chunk of a ragged object's
            items holds those of several blocks.
    """

    def __init__(self, dataset: Dataset, plan: Plan) -> None:
        self._dataset = dataset
        self._plan = plan
        self._slabs = _core.Slabs()
        self._views = {name: dataset[name] for name in plan.reads}
        self._transforms = {
            name: resolve(plan.dtype, entry.transforms, len(entry.fields)) for name, entry in plan.inputs.items()
        }
        self._stored = {
            name: self._views[name].stored_slots(entry.fields)
            for name, entry in plan.inputs.items()
            if entry.spec.level == "padded"
        }
        self.together = self._blocks_together()
        self._event_starts: Offsets | None = None
        if any(self._views[name].spec.level == "event" for name in plan.reads):
            self._event_starts = np.asarray(dataset.rows_of_events())

    def read(self, start: int, stop: int) -> Block:
        """Read rows [start, stop).

        Raises:
            DatasetError: stored bytes are damaged.
        """
        block = Block(start, stop)
        for name, fields in self._plan.reads.items():
            level = self._views[name].spec.level
            if level == "padded":
                block.packed[name] = self._padded(name, start, stop)
            elif level == "ragged":
                block.packed[name] = self._ragged(name, start, stop)
            else:
                self._rows(name, fields, block)
        return block

    def _blocks_together(self) -> int:
        most = 1.0
        for name in self._plan.reads:
            view = self._views[name]
            if view.spec.level == "ragged" and self._dataset.num_rows:
                items_of_block = int(view.offsets[-1]) * self._dataset.chunk_rows / self._dataset.num_rows
                most = max(most, _CHUNKS_TOGETHER * view.chunk_items / max(1.0, items_of_block))
        return min(_MOST_TOGETHER, math.ceil(most))

    def _rows(self, name: str, fields: Sequence[str], block: Block) -> None:
        view = self._views[name]
        if view.spec.level == "event":
            columns = self._repeated(name, fields, block.start, block.stop)
        else:
            columns = view.read(fields, block.start, block.stop)
        if name in self._plan.inputs:
            block.packed[name] = Packed(self._pack_items(name, columns))
        for scalar in self._plan.scalars:
            if scalar.object == name:
                block.scalars[scalar] = columns[scalar.field]

    def _padded(self, name: str, start: int, stop: int) -> Packed:
        entry = self._plan.inputs[name]
        items, offsets = self._packed(entry, start, stop)
        if len(self._views[name].num_slots) == 1:
            return Packed(items, offsets)
        shape = stop - start, self._views[name].num_slots[0]
        if self._plan.form.name == "padded":  # empty lists and those of no parent look the same
            return Packed(items, np.arange(shape[0] + 1, dtype=np.int64) * shape[1], offsets)
        parent = self._dataset[str(entry.spec.parent)].read((), start, stop, valid=True)["valid"]
        return Packed(items, *_lists_of_parents(parent, offsets))

    def _packed(self, entry: Input, start: int, stop: int) -> tuple[Array, Offsets]:
        """Items of the valid entries, and where those of each list of slots begin."""
        transforms = self._transforms[entry.spec.name]
        stored = self._stored[entry.spec.name].rows(start, stop)
        if stored is not None:
            # What is damaged, the other way of reading says.
            with suppress(DatasetError):
                return read_packed(self._slabs, stored, self._plan.dtype, transforms)
        columns = self._views[entry.spec.name].read(entry.fields, start, stop, valid=True)
        lists = {key: values.reshape(-1, values.shape[-1]) for key, values in columns.items()}
        fields = [lists[field] for field in entry.fields]
        return pack_slots(fields, lists["valid"], self._plan.dtype, transforms)

    def _ragged(self, name: str, start: int, stop: int) -> Packed:
        rows = self._views[name].read_ragged(self._plan.inputs[name].fields, start, stop)
        return Packed(self._pack_items(name, rows.contents), rows.offsets, rows.inner)

    def _pack_items(self, name: str, columns: dict[str, Array]) -> Array:
        entry = self._plan.inputs[name]
        return pack_items([columns[field] for field in entry.fields], self._plan.dtype, self._transforms[name])

    def _repeated(self, name: str, fields: Sequence[str], start: int, stop: int) -> dict[str, Array]:
        """Fields of events, repeated for each of their rows."""
        assert self._event_starts is not None
        if start == stop:
            return {field: np.empty(0, self._views[name][field].dtype) for field in fields}
        event_of = np.searchsorted(self._event_starts, np.arange(start, stop), side="right") - 1
        first, last = int(event_of[0]), int(event_of[-1]) + 1
        if first < 0 or last >= len(self._event_starts):
            rule = f"an event for each of the rows {start}:{stop}"
            raise DatasetError("offsets of events", got="rows of none", expected=rule, where=f"object {name}")
        return {field: self._views[name][field][first:last][event_of - first] for field in fields}


def _lists_of_parents(parents: NDArray[np.bool_], offsets: Offsets) -> tuple[Offsets, Offsets]:
    """Leave out the empty lists of parents that are not there.

    Args:
        parents: Which are, bool (rows, slots).
        offsets: Where the list of every slot begins in the items, int64 (rows * slots + 1,).

    Returns:
        Where the lists of each row begin, int64 (rows + 1,), and where each of these lists begins in the items.
    """
    rows, slots = parents.shape
    present = parents | (np.diff(offsets).reshape(rows, slots) > 0)
    counts = np.where(present.any(axis=1), slots - np.argmax(present[:, ::-1], axis=1), 0)
    kept = np.arange(slots) < counts[:, np.newaxis]
    starts = offsets[:-1][kept.ravel()]
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.append(starts, offsets[-1])
