"""A limit on memory while a library reads what may claim any length."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a first entry of a class may need; files that say more are damaged, or read in the wrong way.
TRIAL_BYTES = 1 << 30


@contextmanager
def memory_limit(num_bytes: int = TRIAL_BYTES) -> Iterator[None]:
    """Let this process grow by so many bytes at most; what asks for more gets a MemoryError.

    The system counts addresses, of all threads: keep it short. Nothing is limited where the system does not say how
    large the process is.
    """
    now = _address_space()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = None if now is None else now + num_bytes
    if limit is None or (soft != resource.RLIM_INFINITY and soft <= limit):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Bytes of addresses this process has."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return None
    return pages * resource.getpagesize()
