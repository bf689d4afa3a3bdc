"""The loop of :mod:`.images`, over rows, for one thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..jit import jit_like_numpy


@jit_like_numpy
def _is_turned(pt: NDArray[np.float64], along: NDArray[np.float64], size: int) -> Any:
    """Return whether more of the pT lies at negative values."""
    low, high = 0.0, 0.0
    for at in range(size):
        low += pt[at] if along[at] < 0 else 0.0
        high += pt[at] if along[at] > 0 else 0.0
    return low > high


@jit_like_numpy
def _centre(pt: NDArray[np.float64], eta: NDArray[np.float64], phi: NDArray[np.float64], size: int) -> None:
    """Take eta and phi from the centroid."""
    hardest, turn = 0, 2 * np.pi
    for at in range(1, size):
        hardest = at if pt[at] > pt[hardest] else hardest
    origin = phi[hardest]
    total, one, two = 0.0, 0.0, 0.0
    for at in range(size):
        angle = phi[at] - origin + np.pi
        phi[at] = angle - turn * np.floor(angle / turn) - np.pi
        total += pt[at]
        one += pt[at] * eta[at]
        two += pt[at] * phi[at]
    for at in range(size):
        eta[at] -= one / total
        phi[at] -= two / total


@jit_like_numpy
def _upright(pt: NDArray[np.float64], eta: NDArray[np.float64], phi: NDArray[np.float64], size: int) -> None:
    """Turn the axis of the largest spread to phi."""
    mixed, one, two = 0.0, 0.0, 0.0
    for at in range(size):
        mixed += pt[at] * eta[at] * phi[at]
        one += pt[at] * eta[at] * eta[at]
        two += pt[at] * phi[at] * phi[at]
    turn = np.pi / 2 - 0.5 * np.arctan2(2 * mixed, one - two)
    cosine, sine = np.cos(turn), np.sin(turn)
    for at in range(size):
        eta[at], phi[at] = eta[at] * cosine - phi[at] * sine, eta[at] * sine + phi[at] * cosine


@jit_like_numpy
def _flip(pt: NDArray[np.float64], along: NDArray[np.float64], size: int) -> None:
    """Bring the harder half to positive values."""
    if _is_turned(pt, along, size):
        for at in range(size):
            along[at] = -along[at]


@jit_like_numpy
def paint(
    values: NDArray[np.float64],
    mask: NDArray[np.bool_],
    width: float,
    centre: bool,
    rotate: bool,
    flip: bool,
    out: NDArray[np.float64],
) -> None:
    """Add the pT of ``values`` (B, P, 3) to ``out`` (B, pixels, pixels), which is zero."""
    slots, pixels = values.shape[1], out.shape[1]
    pt, eta, phi = np.empty(slots), np.empty(slots), np.empty(slots)
    for row in range(values.shape[0]):
        size = 0
        total = 0.0
        for slot in range(slots):
            if mask[row, slot]:
                pt[size], eta[size], phi[size] = values[row, slot, 0], values[row, slot, 1], values[row, slot, 2]
                total += pt[size]
                size += 1
        if not total > 0:
            continue
        if centre:
            _centre(pt, eta, phi, size)
        if rotate:
            _upright(pt, eta, phi, size)
        if flip:
            _flip(pt, eta, size)
            _flip(pt, phi, size)
        for at in range(size):
            first = np.floor((eta[at] + width / 2) * (pixels / width))
            second = np.floor((phi[at] + width / 2) * (pixels / width))
            if 0 <= first < pixels and 0 <= second < pixels:
                out[row, int(first), int(second)] += pt[at]
