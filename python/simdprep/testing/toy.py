"""What the toy generators share: blocks of entries, draws, and their assembly into events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from ..errors import SimdprepError

#: Entries generated together. Each block has a random stream of its own, so that entry ``i`` of a
#: seed is the same whatever range it is asked for in.
BLOCK = 1024

Columns = dict[str, NDArray[Any]]


@dataclass
class Block:
    """Consecutive entries before assembly.

    Attributes:
        scalars: Per-entry numbers, each (n,).
        records: Row-level objects: their fields, each (n,).
        lists: Objects: their fields, each flat over the block.
        counts: Items per entry of each object, int64 (n,); for a nested one, items per item of its parent.
        parents: Parent of each nested object.
    """

    scalars: Columns = field(default_factory=dict)
    records: dict[str, Columns] = field(default_factory=dict)
    lists: dict[str, Columns] = field(default_factory=dict)
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)


def generate(
    make: Callable[[np.random.Generator, int], Block], num_entries: int, *, seed: int, start: int, stream: int
) -> ak.Array:
    """Return entries ``start`` to ``start + num_entries`` of what ``make`` draws block by block.

    Args:
        make: Draws one block of :data:`BLOCK` entries from a generator; the second argument is the
            number of the block's first entry.
        num_entries: How many entries.
        seed: Which sample.
        start: First entry.
        stream: Keeps different generators with one seed apart.

    Returns:
        Awkward records, one per entry.

    Raises:
        SimdprepError: a negative number.
    """
    for what, value in (("num_entries", num_entries), ("seed", seed), ("start", start)):
        if value < 0:
            raise SimdprepError(what, got=value, expected="zero or more")
    first, last = start // BLOCK, -(-(start + num_entries) // BLOCK)
    numbers = range(first, max(last, first + 1))
    blocks = [make(np.random.default_rng([seed, stream, number]), number * BLOCK) for number in numbers]
    entries = assemble(blocks)
    offset = start - first * BLOCK
    return ak.to_packed(entries[offset : offset + num_entries])


def assemble(blocks: list[Block]) -> ak.Array:
    """Join blocks into one array of events, in the form that readers give.

    Lists become ``var * {...}``, a nested object a top-level ``var * var * {...}``.
    """
    model = blocks[0]
    entries: dict[str, Any] = {
        name: np.concatenate([block.scalars[name] for block in blocks]) for name in model.scalars
    }
    for name in model.records:
        entries[name] = ak.Array(_joined([block.records[name] for block in blocks]))
    counts = {name: np.concatenate([block.counts[name] for block in blocks]) for name in model.counts}
    for name in model.lists:
        items = ak.unflatten(ak.Array(_joined([block.lists[name] for block in blocks])), counts[name])
        if name in model.parents:
            items = ak.unflatten(items, counts[model.parents[name]])
        entries[name] = items
    return ak.Array(entries)


def _joined(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def owners(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every item the number of the entry that owns it; int64 (sum of counts,)."""
    return np.repeat(np.arange(len(counts)), counts)


def slots(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for every item its position within its entry; int64 (sum of counts,)."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def hardest_first(columns: Columns, owner: NDArray[np.int64]) -> Columns:
    """Return the columns with the items of each owner sorted by falling ``pt``."""
    order = np.lexsort((-columns["pt"], owner))
    return {name: column[order] for name, column in columns.items()}


def falling(rng: np.random.Generator, size: int, *, least: float, power: float, most: float) -> NDArray[np.float64]:
    """Draw from a power law between ``least`` and ``most``: the density falls as ``x ** -power``."""
    slope = power - 1
    kept = 1 - (least / most) ** slope
    values: NDArray[np.float64] = least * (1 - kept * rng.random(size)) ** (-1 / slope)
    return values


def azimuth(values: NDArray[Any]) -> NDArray[Any]:
    """Bring angles into [-pi, pi)."""
    return (values + np.pi) % (2 * np.pi) - np.pi


def rounded(values: NDArray[Any], *, bits: int) -> NDArray[np.float32]:
    """Return float32 with only ``bits`` bits of mantissa, as NanoAOD stores most of its floats."""
    shift = 23 - bits
    raw = values.astype(np.float32).view(np.uint32) + np.uint32(1 << (shift - 1))
    return (raw & np.uint32(0xFFFFFFFF << shift & 0xFFFFFFFF)).view(np.float32)
