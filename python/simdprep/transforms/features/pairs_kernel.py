"""The loop of :mod:`.pairs`, over rows, for one thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..fused_functions import log_single
from ..jit import jit_like_numpy


@jit_like_numpy
def pairs(values: NDArray[np.float32], mask: NDArray[np.bool_], eps: float, out: NDArray[np.float32]) -> None:
    """Write the features of all pairs of ``values`` (B, P, 4) to ``out`` (B, 4, P, P), 0 where one is not real."""
    slots = values.shape[1]
    tiny = 1e-20
    turn = 2 * np.pi
    pt, phi, rapidity = np.empty(slots), np.empty(slots), np.empty(slots)
    x, y, z, e = np.empty(slots), np.empty(slots), np.empty(slots), np.empty(slots)
    for row in range(values.shape[0]):
        for a in range(slots):
            x[a], y[a], z[a], e[a] = values[row, a, 0], values[row, a, 1], values[row, a, 2], values[row, a, 3]
            pt[a] = np.hypot(x[a], y[a])
            phi[a] = np.arctan2(y[a], x[a])
            rapidity[a] = 0.5 * np.log(max(e[a] + z[a], tiny) / max(e[a] - z[a], tiny))
        for a in range(slots):
            if not mask[row, a]:
                out[row, :, a, :] = 0
                continue
            delta_row, kt_row, z_row, m2_row = out[row, 0, a], out[row, 1, a], out[row, 2, a], out[row, 3, a]
            for b in range(slots):
                angle = phi[a] - phi[b] + np.pi
                angle = angle - turn * np.floor(angle / turn) - np.pi
                height = rapidity[a] - rapidity[b]
                delta = np.sqrt(height * height + angle * angle)
                least = pt[a] if pt[a] < pt[b] else pt[b]
                total = pt[a] + pt[b]
                total = total if total > eps else eps
                ex, ey, ez, ee = x[a] + x[b], y[a] + y[b], z[a] + z[b], e[a] + e[b]
                square = ee * ee - ex * ex - ey * ey - ez * ez
                kt, share = least * delta, least / total
                delta_row[b] = log_single(np.float32(delta if delta > eps else eps))
                kt_row[b] = log_single(np.float32(kt if kt > eps else eps))
                z_row[b] = log_single(np.float32(share if share > eps else eps))
                m2_row[b] = log_single(np.float32(square if square > eps else eps))
            for b in range(slots):
                if not mask[row, b]:
                    delta_row[b] = kt_row[b] = z_row[b] = m2_row[b] = np.float32(0)
