"""The loops of :mod:`.declusterings`, over rows, for one thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..jit import jit_like_numpy


@jit_like_numpy
def _place(nodes: NDArray[np.float64], node: int, power: float, where: NDArray[np.float64]) -> None:
    """Write pT to the power of the algorithm, squared, then rapidity, azimuth and pT of a node."""
    x, y, z, e = nodes[node, 0], nodes[node, 1], nodes[node, 2], nodes[node, 3]
    pt = np.hypot(x, y)
    where[node, 0] = 1.0 if power == 0.0 else max(pt, 1e-100) ** (2.0 * power)
    where[node, 1] = 0.5 * np.log(max(e + z, 1e-20) / max(e - z, 1e-20))
    where[node, 2] = np.arctan2(y, x)
    where[node, 3] = pt


@jit_like_numpy
def _squared(where: NDArray[np.float64], a: int, b: int) -> Any:
    """Return the squared distance of two nodes in rapidity and azimuth."""
    angle = abs(where[a, 2] - where[b, 2])
    angle = 2 * np.pi - angle if angle > np.pi else angle
    height = where[a, 1] - where[b, 1]
    return height * height + angle * angle


@jit_like_numpy
def _find(where: NDArray[np.float64], active: NDArray[np.int64], size: int, at: int, near: NDArray[np.int64],
          distance: NDArray[np.float64]) -> None:  # fmt: skip
    """Find the nearest of the other active nodes for the one at place ``at``."""
    node = active[at]
    near[node], distance[node] = -1, np.inf
    for other in range(size):
        if other == at:
            continue
        found = min(where[node, 0], where[active[other], 0]) * _squared(where, node, active[other])
        if found < distance[node] or near[node] < 0:
            near[node], distance[node] = active[other], found


@jit_like_numpy
def _replace(where: NDArray[np.float64], active: NDArray[np.int64], size: int, pair: tuple[int, int], new: int,
             near: NDArray[np.int64], distance: NDArray[np.float64]) -> Any:  # fmt: skip
    """Put the node ``new`` in place of a pair of active ones; return how many are active then."""
    a, b = pair
    kept = 0
    for at in range(size):
        if active[at] != a and active[at] != b:
            active[kept] = active[at]
            kept += 1
    active[kept] = new
    _find(where, active, kept + 1, kept, near, distance)
    for at in range(kept):
        node = active[at]
        if near[node] == a or near[node] == b:
            _find(where, active, kept + 1, at, near, distance)
        else:
            found = min(where[node, 0], where[new, 0]) * _squared(where, node, new)
            if found < distance[node]:
                near[node], distance[node] = new, found
    return kept + 1


@jit_like_numpy
def merge(
    values: NDArray[np.float32],
    mask: NDArray[np.bool_],
    power: float,
    branches: NDArray[np.int32],
    nodes: NDArray[np.float64],
    count: NDArray[np.int64],
) -> None:
    """Merge the two nearest of each row, again and again; every node knows the one nearest to it."""
    slots = values.shape[1]
    where = np.zeros((2 * slots, 4))
    near, distance = np.zeros(2 * slots, np.int64), np.zeros(2 * slots)
    active = np.zeros(slots, np.int64)
    for row in range(values.shape[0]):
        size = 0
        for slot in range(slots):
            if mask[row, slot]:
                nodes[row, slot] = values[row, slot]
                _place(nodes[row], slot, power, where)
                active[size] = slot
                size += 1
        for at in range(size):
            _find(where, active, size, at, near, distance)
        step = 0
        while size > 1:
            best = 0
            for at in range(1, size):
                if distance[active[at]] < distance[active[best]]:
                    best = at
            a = active[best]
            b = near[a]
            if where[b, 3] > where[a, 3]:
                a, b = b, a
            new = slots + step
            branches[row, step, 0], branches[row, step, 1] = a, b
            nodes[row, new] = nodes[row, a] + nodes[row, b]
            _place(nodes[row], new, power, where)
            size = _replace(where, active, size, (a, b), new, near, distance)
            step += 1
        count[row] = step


@jit_like_numpy
def follow(
    branches: NDArray[np.int32],
    nodes: NDArray[np.float64],
    count: NDArray[np.int64],
    found: NDArray[np.float64],
    real: NDArray[np.bool_],
) -> None:
    """Write delta, kT, z and mass of each declustering along the harder branch."""
    slots = branches.shape[1] + 1
    where = np.zeros((2 * slots, 4))
    for row in range(branches.shape[0]):
        step = count[row] - 1
        depth = 0
        while step >= 0:
            a, b = branches[row, step, 0], branches[row, step, 1]
            _place(nodes[row], a, 0.0, where)
            _place(nodes[row], b, 0.0, where)
            delta = np.sqrt(_squared(where, a, b))
            both = nodes[row, slots + step]
            square = both[3] * both[3] - both[0] * both[0] - both[1] * both[1] - both[2] * both[2]
            found[row, depth, 0] = delta
            found[row, depth, 1] = where[b, 3] * delta
            found[row, depth, 2] = where[b, 3] / (where[a, 3] + where[b, 3])
            found[row, depth, 3] = np.sqrt(max(square, 0.0))
            real[row, depth] = True
            depth += 1
            step = a - slots
