"""Cuts: where a run of entries is divided into tasks. They depend on the inputs and the config alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..readers import STEP_BYTES, Header

#: Uncompressed bytes of what is read, per task, unless there are more than :data:`MANY_TASKS`.
TASK_BYTES = STEP_BYTES

#: Tasks grow beyond this number of them: each is a part at least.
MANY_TASKS = 16_384

#: Fewer tasks are done in one process, with all its threads: others would hardly have begun when all is done.
WORTH_TASKS = 8

#: Where there are many tasks, none is more than this share of what is left to do: all processes end at about the same
#: time, whatever their number.
_SHARE_OF_REST = 1 / 6

#: But not less than this share of the others.
LEAST_SHARE = 1 / 4


@dataclass(frozen=True)
class Piece:
    """Entries of one input.

    Attributes:
        header: Of the input.
        start: First entry.
        stop: One past the last.
    """

    header: Header
    start: int
    stop: int


def task_bytes(total: float) -> float:
    """Return the bytes of a task for inputs of so many bytes in all."""
    return max(float(TASK_BYTES), total / MANY_TASKS)


def wanted_entries(headers: Sequence[Header], start: int, stop: int | None) -> Iterator[Piece]:
    """Yield what the entries ``start:stop`` of all inputs, one after the other, are of each; empty ones left out."""
    before = 0
    for header in headers:
        first = min(max(start - before, 0), header.num_entries)
        last = header.num_entries if stop is None else min(max(stop - before, 0), header.num_entries)
        if first < last:
            yield Piece(header, first, last)
        before += header.num_entries


def is_large(piece: Piece, scale: float, target: float) -> bool:
    """Return True where an input is more than a task, so that its borders must be known."""
    return _bytes_of(piece, scale) > 2 * target


def cut(
    pieces: Sequence[Piece],
    borders: Mapping[str, Sequence[int]],
    *,
    scale: float,
    target: float,
    chunk_rows: int | None,
) -> list[list[Piece]]:
    """Divide inputs into tasks: several small ones together, large ones at the borders the file has.

    Args:
        pieces: The inputs, in order.
        borders: By path of a large input, entries at which it may be cut.
        scale: Bytes that are read per byte of a header's ``num_bytes``.
        target: Bytes of a task; the last of many are less.
        chunk_rows: Cut at multiples of so many rows, where every entry is a row, so that parts end with their chunks;
            ``None`` where rows are not known yet.
    """
    tasks: list[list[Piece]] = []
    task: list[Piece] = []
    held, rows, in_task = 0.0, 0, 0  # bytes and rows of the task at hand, rows before it
    total = sum(_bytes_of(piece, scale) for piece in pieces)
    left, wanted, least = total, _wanted(total, total, target), target * LEAST_SHARE / 2
    for piece in pieces:
        per_entry = piece.header.num_bytes * scale / max(piece.header.num_entries, 1)
        start = piece.start
        for border in _borders(piece, borders.get(piece.header.path, ())):
            size = held + (border - start) * per_entry
            if size < wanted or left - size < least:  # a small rest is not worth a task
                continue
            end = border
            if chunk_rows is not None:
                excess = (rows + in_task + end - start) % chunk_rows
                end = end - excess if end - excess > start else end
            task.append(Piece(piece.header, start, end))
            tasks.append(task)
            rows += in_task + end - start
            left -= held + (end - start) * per_entry
            task, held, in_task, start = [], 0.0, 0, end
            wanted = _wanted(left, total, target)
        if start < piece.stop:
            task.append(Piece(piece.header, start, piece.stop))
            held += (piece.stop - start) * per_entry
            in_task += piece.stop - start
    return [*tasks, task] if task else tasks


def _bytes_of(piece: Piece, scale: float) -> float:
    return piece.header.num_bytes * scale / max(piece.header.num_entries, 1) * (piece.stop - piece.start)


def _wanted(left: float, total: float, target: float) -> float:
    """Bytes of the next task."""
    if total < WORTH_TASKS * target:
        return target
    return min(max(left * _SHARE_OF_REST, target * LEAST_SHARE), target)


def _borders(piece: Piece, inner: Iterable[int]) -> Iterator[int]:
    yield from (border for border in inner if piece.start < border < piece.stop)
    yield piece.stop
