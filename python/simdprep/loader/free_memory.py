"""Free memory: what this process may still take, by the machine and by its container."""

from __future__ import annotations

import os
from pathlib import Path

#: Where control groups say what may be used and what is: version 2, then version 1.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def free_memory() -> int:
    """Return the bytes that can be taken without swapping; 0 where nothing says so."""
    limits = [_left(*files) for files in _GROUPS]
    return min([_available(), *(limit for limit in limits if limit is not None)])


def ranks_here(world_size: int) -> int:
    """Return how many of the ranks run on this machine, at most; ``torchrun`` and its like say so."""
    told = os.environ.get("LOCAL_WORLD_SIZE", "")
    return int(told) if told.isdigit() and int(told) > 0 else world_size


def _available() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    sizes = dict(line.split(":", 1) for line in lines)
    return int(sizes.get("MemAvailable", "0").split()[0]) << 10


def _left(limit: str, used: str) -> int | None:
    try:
        return max(0, int(Path(limit).read_text()) - int(Path(used).read_text()))
    except (OSError, ValueError):  # no such group, or "max"
        return None
