"""Stats: what a loader has handed out, how long its consumer waited, and where the time went."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

#: Waits are counted by their logarithm, from a microsecond on, ten classes per factor of ten: memory
#: stays the same however long an epoch is, and a percentile is right within 13 %.
_LEAST, _PER_DECADE, _CLASSES = 1e-6, 10, 91


@dataclass
class EpochStats:
    """One pass over an epoch, up to now.

    Attributes:
        epoch: Its number.
        batches: Batches handed out.
        rows: Rows in them, empty ones included.
        wait: Seconds the consumer waited for batches, the first one included.
        first_wait: Of these, those for the first batch: filling the pool.
        elapsed: Seconds from the first request to the last batch.
        decoded_rows: Rows that were decoded for it.
        decoded_bytes: Bytes of the fields read of these, as they lie in memory.
        decode_seconds: Seconds during which pools were decoded.
        make_seconds: Seconds during which batches were gathered and transformed.
        queue_level: Mean number of batches that were ready when one was asked for.
    """

    epoch: int = 0
    batches: int = 0
    rows: int = 0
    wait: float = 0.0
    first_wait: float = 0.0
    elapsed: float = 0.0
    decoded_rows: int = 0
    decoded_bytes: int = 0
    decode_seconds: float = 0.0
    make_seconds: float = 0.0
    queue_level: float = 0.0
    _waits: list[int] = field(default_factory=lambda: [0] * _CLASSES, repr=False)
    _begun: float | None = field(default=None, repr=False)

    def asked(self) -> float:
        """Note that a batch is asked for; return the time."""
        now = time.perf_counter()
        if self._begun is None:
            self._begun = now
        return now

    def given(self, asked: float, rows: int, ready: int) -> None:
        """Note that a batch is handed out."""
        now = time.perf_counter()
        wait = now - asked
        if not self.batches:
            self.first_wait = wait
        self.queue_level += (ready - self.queue_level) / (self.batches + 1)
        self.batches += 1
        self.rows += rows
        self.wait += wait
        self._waits[min(_CLASSES - 1, max(0, math.ceil(math.log10(max(wait, _LEAST) / _LEAST) * _PER_DECADE)))] += 1
        assert self._begun is not None
        self.elapsed = now - self._begun

    def decoded(self, rows: int, num_bytes: int) -> None:
        """Note that rows were decoded."""
        self.decoded_rows += rows
        self.decoded_bytes += num_bytes

    def wait_percentile(self, percent: float) -> float:
        """Return the seconds that ``percent`` of the waits did not exceed; 0 before the first batch."""
        wanted = percent / 100 * self.batches
        seen = 0
        for number, count in enumerate(self._waits):
            seen += count
            if count and seen >= wanted:
                return float(_LEAST * 10 ** ((number - 0.5) / _PER_DECADE)) if number else 0.0
        return 0.0

    @property
    def p50(self) -> float:
        """Half of the waits were not longer, in seconds."""
        return self.wait_percentile(50)

    @property
    def p95(self) -> float:
        """95 % of the waits were not longer, in seconds."""
        return self.wait_percentile(95)

    @property
    def stall_share(self) -> float:
        """Share of the time that the consumer waited, 0 to 1, without the wait for the first batch."""
        rest = self.elapsed - self.first_wait
        return max(0.0, self.wait - self.first_wait) / rest if rest > 0 else 0.0

    @property
    def decoded_per_second(self) -> float:
        """Bytes decoded per second of decoding; 0 where nothing was decoded."""
        return self.decoded_bytes / self.decode_seconds if self.decode_seconds else 0.0

    @property
    def headroom(self) -> float:
        """How many times as fast as they were asked for batches could have been made; see :meth:`Loader.headroom`."""
        busy = max(self.decode_seconds, self.make_seconds)
        return self.elapsed / busy if busy else math.inf


@dataclass
class Stats:
    """Counts since the loader was made, over all its iterators.

    Attributes:
        batches: Batches handed out.
        rows: Rows in them, empty ones included.
        wait: Seconds the consumer waited for batches.
        epoch: The latest pass alone.
    """

    batches: int = 0
    rows: int = 0
    wait: float = 0.0
    epoch: EpochStats = field(default_factory=EpochStats)

    def given(self, asked: float, rows: int, ready: int) -> None:
        """Note that a batch is handed out."""
        before = self.epoch.wait
        self.epoch.given(asked, rows, ready)
        self.batches += 1
        self.rows += rows
        self.wait += self.epoch.wait - before
