"""TorchResident: a dataset that lies on a device, from which batches are gathered and padded there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from ..batch import Batch
from ..block import Block
from ..form import UNLIMITED, Form, Graph, Jagged, Varlen
from ..plan import Input, Plan
from ..steps import Step, run_step
from .torch_batch import Sent, Tensor, ToTorch, shared

Decode = Callable[[], Sequence[Block]]


class TorchResident(ToTorch):
    """Turns row numbers into batches of a dataset that it holds on a device.

    The entries are decoded and copied there once, packed and transformed; a batch then costs the
    copy of its row numbers. Steps are given batches of tensors on the device.

    Args:
        device: Such as ``cuda:1``; on ``cpu`` tensors the same operations run, for tests.
        plan: What batches hold.
        decode: Decodes all blocks, in the order of their rows.
        steps: What is done to each batch.
    """

    def __init__(self, device: str | None, plan: Plan, decode: Decode, steps: Sequence[Step]) -> None:
        super().__init__(device)
        self._plan = plan
        self._decode = decode
        self._steps = tuple(steps)
        self._store: _Store | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, **super().__getstate__(), "_store": None}

    def send(self, batch: Batch) -> Sent | Batch:
        """Gather the rows that a batch numbers; its weights, where it has any, stay."""
        self.begin_stream()
        with torch.cuda.stream(self._stream) if self.is_cuda else nullcontext():
            if self._store is None:
                self._store = _Store(self._plan, self._decode(), self._device)
            made = self._store.take(batch, lambda values: shared(values).to(self._device, non_blocking=True))
            for step in self._steps:
                try:
                    made = run_step(step, made)
                except Exception as error:
                    error.add_note(f"in the transform {getattr(step, '__name__', type(step).__name__)}, on the device")
                    raise
        tensors: list[Tensor] = []

        def note(tensor: Any) -> Any:
            tensors.extend([tensor.values(), tensor.offsets()] if tensor.is_nested else [tensor])
            return tensor

        made.change_arrays(note)
        return self.sent(made, tensors, batch)


class _Store:
    """All rows on a device."""

    def __init__(self, plan: Plan, blocks: Sequence[Block], device: Any) -> None:
        self._plan = plan
        self._scalars = {
            scalar: shared(_label(np.concatenate([block.scalars[scalar] for block in blocks]))).to(device)
            for scalar in plan.scalars
        }
        self._objects = {name: _Entries(entry, plan.form, blocks, device) for name, entry in plan.inputs.items()}

    def take(self, batch: Batch, upload: Callable[[Any], Tensor]) -> Batch:
        host = batch.index
        index = upload(host)
        real, rows = index >= 0, index.clamp(min=0)
        values, valid = {}, {}
        for name, entries in self._objects.items():
            values[name], mask = entries.take(rows, real, host)
            if mask is not None:
                valid[name] = mask
        labels = {
            name: torch.where(real, self._scalars[scalar][rows], 0).to(self._scalars[scalar].dtype)
            for name, scalar in self._plan.labels.items()
        }
        weights = None if batch.weights is None else upload(batch.weights)
        if self._plan.weight is not None:
            weights = torch.where(real, self._scalars[self._plan.weight][rows], 0).float()
        one = next(iter(labels.values())) if self._plan.single_label else labels or None
        return Batch(values, valid, labels=one, weights=weights, index=index)


class _Entries:
    """The packed entries of one object; one more of zeros stands behind them, for empty slots."""

    def __init__(self, entry: Input, form: Form, blocks: Sequence[Block], device: Any) -> None:
        packed = [block.packed[entry.spec.name] for block in blocks]
        self._entry = entry
        self._form = form
        self._size = sum(len(part.items) for part in packed)
        first = shared(packed[0].items)
        self._items = torch.zeros((self._size + 1, first.shape[1]), dtype=first.dtype, device=device)
        at = 0
        for part in packed:
            self._items[at : at + len(part.items)] = shared(part.items).to(device)
            at += len(part.items)
        # On the host too: how long a batch is must be known without waiting for the device.
        self._bounds = [
            _joined([getattr(part, name) for part in packed])
            for name in ("offsets", "inner_offsets")
            if getattr(packed[0], name) is not None
        ]
        self._on_device = [torch.from_numpy(bounds).to(device) for bounds in self._bounds]

    def take(self, rows: Tensor, real: Tensor, host: Any) -> tuple[Any, Tensor | None]:
        """Return the values of some rows, and the mask; ``host`` are the row numbers as numpy has them."""
        if not self._entry.slots:
            return self._items[torch.where(real, rows, self._size)], real
        limits = self._entry.slots if len(self._entry.slots) > 1 else (UNLIMITED, *self._entry.slots)
        if len(self._bounds) == 1:
            starts, counts = _ranges(self._on_device[0], rows, real, limits[1])
            sizes = _sizes(self._bounds[0], host, limits[1])
            return self._lists(starts, counts, sizes, limits[1])
        return self._nested(rows, real, host, limits)

    def _lists(self, starts: Tensor, counts: Tensor, sizes: Any, limit: int) -> tuple[Any, Tensor | None]:
        form = self._form
        if form.is_slotted:
            pad = limit if form.name == "padded" else form.slots(int(sizes.max(initial=0)), limit)
            values, mask = self._padded(starts, counts, pad)
            return (values.transpose(1, 2).contiguous() if form.channels_first else values), mask
        flat, offsets, owner = _flat(starts, counts, int(sizes.sum()))
        items = self._items[flat]
        if form.name == "jagged":
            shortest, longest = int(sizes.min(initial=0)), int(sizes.max(initial=0))
            nested = torch.nested.nested_tensor_from_jagged(items, offsets, min_seqlen=shortest, max_seqlen=longest)
            return nested, None
        if form.name == "varlen":
            return Varlen(items, offsets.int(), int(sizes.max(initial=0))), None
        return Graph(items, owner, offsets), None

    def _nested(self, rows: Tensor, real: Tensor, host: Any, limits: tuple[int, ...]) -> tuple[Any, Tensor | None]:
        form, (outer, inner) = self._form, limits
        starts, counts = _ranges(self._on_device[0], rows, real, outer)
        sizes = _sizes(self._bounds[0], host, outer)
        lists = _host_lists(self._bounds[0], host, sizes)
        inner_sizes = np.minimum(np.diff(self._bounds[1])[lists], inner)
        if form.is_slotted:
            if form.name == "batch_max":
                outer = form.slots(int(sizes.max(initial=0)), outer)
                inner = form.slots(int(inner_sizes.max(initial=0)), inner)
            slots = torch.arange(outer, device=rows.device)
            there = slots < counts[:, None]
            firsts, lengths = _ranges(
                self._on_device[1], torch.where(there, starts[:, None] + slots, 0).flatten(), there.flatten(), inner
            )
            values, mask = self._padded(firsts, lengths, inner)
            values, mask = (tensor.view(len(rows), outer, *tensor.shape[1:]) for tensor in (values, mask))
            return (values.movedim(-1, 1).contiguous() if form.channels_first else values), mask
        flat, offsets, owner = _flat(starts, counts, len(lists))
        firsts, lengths = _ranges(self._on_device[1], flat, torch.ones_like(flat, dtype=torch.bool), inner)
        at, inner_offsets, number = _flat(firsts, lengths, int(inner_sizes.sum()))
        items = self._items[at]
        if form.name == "jagged":
            return Jagged(items, offsets, inner_offsets), None
        if form.name == "varlen":
            return Varlen(items, inner_offsets.int(), int(inner_sizes.max(initial=0)), offsets), None
        return Graph(items, owner[number], inner_offsets[offsets], number), None

    def _padded(self, starts: Tensor, counts: Tensor, pad: int) -> tuple[Tensor, Tensor]:
        slots = torch.arange(pad, device=starts.device)
        mask = slots < counts[:, None]
        at = torch.where(mask, starts[:, None] + slots, self._size)
        return self._items[at.flatten()].view(*at.shape, -1), mask


def _ranges(bounds: Tensor, rows: Tensor, real: Tensor, limit: int) -> tuple[Tensor, Tensor]:
    """Where lists begin, and how many entries of each count; none of those that are not real."""
    if len(bounds) == 1:  # no list at all
        return torch.zeros_like(rows), torch.zeros_like(rows)
    starts = bounds[rows]
    return starts, torch.where(real, bounds[rows + 1] - starts, 0).clamp(max=limit)


def _flat(starts: Tensor, counts: Tensor, total: int) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers of all entries of some lists, where each list begins in them, and the list of each entry."""
    offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    owner = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts, output_size=total)
    return torch.arange(total, device=counts.device) + (starts - offsets[:-1])[owner], offsets, owner


def _sizes(bounds: Any, rows: Any, limit: int) -> Any:
    """Entries of each row that count, on the host."""
    if len(bounds) == 1:
        return np.zeros(len(rows), np.int64)
    return np.where(rows < 0, 0, np.minimum(bounds[rows + 1] - bounds[rows], limit))


def _host_lists(bounds: Any, rows: Any, sizes: Any) -> Any:
    """Numbers of the lists of rows, on the host."""
    ends = np.cumsum(sizes)
    return np.repeat(bounds[rows] - (ends - sizes), sizes) + np.arange(sizes.sum())


def _joined(parts: Sequence[Any]) -> Any:
    starts = np.cumsum([0, *(int(part[-1]) for part in parts)])
    return np.concatenate(
        [np.zeros(1, np.int64), *(part[1:] + start for part, start in zip(parts, starts[:-1], strict=True))]
    )


def _label(values: Any) -> Any:
    return values.astype(np.int64) if values.dtype.kind in "iu" else values
