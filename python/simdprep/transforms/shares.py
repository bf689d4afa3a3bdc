"""Shares: whole numbers in given proportions, without rounding errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def shared(total: int, shares: Counts) -> Counts:
    """Return whole numbers that add up to ``total``, each within 1 of its share; the largest remainders go up.

    Args:
        total: From 0.
        shares: Proportions, integers from 0, one or more of them positive, (n,).
    """
    whole = int(shares.sum())
    parts = [divmod(total * share, whole) for share in shares.tolist()]
    result = np.array([part for part, _ in parts], np.int64)
    rests = [rest for _, rest in parts]
    missing = total - int(result.sum())
    up = sorted(range(len(rests)), key=lambda index: (-rests[index], index))[:missing]
    result[up] += 1
    return result


def largest_total(available: Counts, shares: Counts) -> int:
    """Return the largest total whose shares, rounded up, are all available."""
    whole = int(shares.sum())
    return min(rows * whole // share for rows, share in _pairs(available, shares))


def least_total(available: Counts, shares: Counts) -> int:
    """Return the least total whose shares, rounded down, are all that is available, where there are shares."""
    whole = int(shares.sum())
    return max(-(-rows * whole // share) for rows, share in _pairs(available, shares))


def _pairs(available: Counts, shares: Counts) -> list[tuple[int, int]]:
    """Return what is available and the share, where there is one, as integers of Python, which do not overflow."""
    filled = shares > 0
    return list(zip(available[filled].tolist(), shares[filled].tolist(), strict=True))
