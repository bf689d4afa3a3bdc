"""Threads: a loop over rows, split among them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise


def over_rows(work: Callable[[int, int], None], rows: int, threads: int | None = None) -> None:
    """Call ``work(begin, end)`` for runs of ``rows`` rows, each in a thread; ``work`` must release the GIL to gain.

    Args:
        work: What is done; it raises in the caller's thread.
        rows: How many there are.
        threads: At most so many; ``None`` for one per usable core.
    """
    count = max(1, min(threads or len(os.sched_getaffinity(0)), rows))
    borders = [rows * index // count for index in range(count + 1)]
    if count == 1:
        work(0, rows)
        return
    with ThreadPoolExecutor(count) as pool:
        for result in [pool.submit(work, begin, end) for begin, end in pairwise(borders)]:
            result.result()
