"""Fused: a checked expression as one compiled loop over the events; no array between its operations.

It gives what :func:`.evaluate.evaluate`, the reference, gives: dtypes, missing values and order of operations
are the same. Sums of floating numbers are taken in float64, and functions such as ``exp`` are those of the
compiler: these agree to the rounding of the dtype. The loop is compiled once for an expression and the dtypes
of its fields (about a second) and kept in the user's cache folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import expanded
from .evaluate import evaluate
from .expressions import Expression
from .frame import Frame, Value
from .generate import MAX_DEPTH, Generated, Unfusable, generate
from .nodes import operands
from .probe import probe
from .scope import Scope

#: A thread of its own is worth it for this much.
BYTES_PER_THREAD = 1 << 20

#: Expressions that are remembered.
MAX_KNOWN = 1000


def evaluate_fused(expression: Expression, scope: Scope, frame: Frame, *, threads: int | None = None) -> Value:
    """Return the values of ``expression``, one per entry of the scope's object, as :func:`.evaluate.evaluate` does.

    What cannot be compiled so that it gives the same (float16, mixed comparisons of int64 and uint64, trees of
    more than 100 levels) is evaluated by numpy.

    Args:
        expression: The expression, which :meth:`Scope.check` has passed.
        scope: Where it stands.
        frame: The events.
        threads: At most so many; ``None`` for one per usable core.

    Raises:
        ExpressionError: an operation does not take the dtypes it is given; the column is named.
    """
    generated = _generated(expression, scope, frame)
    if generated is None:
        return evaluate(expression, scope, frame)
    from .kernel_cache import compiled  # loads numba

    kernel = compiled(generated.source)
    size = frame.length(scope.path)
    out = np.empty(size, generated.dtype)
    missing = np.zeros(size if generated.may_miss else 0, np.bool_)
    _call(kernel, frame, generated, out, missing, threads)
    return Value(scope.path, out, missing if missing.any() else None)


@dataclass
class _Known:
    """An expression that was seen: what it reads, and the kernels for the dtypes its fields had; ``None`` for none."""

    reads: list[tuple[str, str, str | None]]
    kernels: dict[tuple[object, ...], Generated | None] = field(default_factory=dict)


_known: dict[tuple[object, ...], _Known] = {}


def _generated(expression: Expression, scope: Scope, frame: Frame) -> Generated | None:
    """Return the kernel for the dtypes of ``frame``; it is generated once, however many chunks there are."""
    objects = tuple((entry.name, entry.path, entry.fields) for entry in scope.catalog)
    key = (expression.text, expression.root.column, scope.own, scope.lead, objects)
    known = _known.get(key)
    if known is not None:
        dtypes = _dtypes(frame, known.reads)
        if dtypes in known.kernels:
            return known.kernels[dtypes]
    expression = expanded(expression, scope)
    if _depth(expression) > MAX_DEPTH:
        return None
    found = probe(expression, scope, frame)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        known = _known.setdefault(key, _Known(list(found.fields)))
    generated = None
    if found.kinds[id(expression.root)].dtype is not None:  # no number
        with suppress(Unfusable):
            generated = generate(expression, scope, found)
    known.kernels[_dtypes(frame, known.reads)] = generated
    return generated


def _dtypes(frame: Frame, reads: list[tuple[str, str, str | None]]) -> tuple[object, ...]:
    values = [frame.value(*read) for read in reads]
    return (any(value.missing is not None for value in values), *(value.data.dtype for value in values))


def _call(
    kernel: Callable[..., None],
    frame: Frame,
    generated: Generated,
    out: NDArray[Any],
    missing: NDArray[np.bool_],
    threads: int | None,
) -> None:
    arrays: list[NDArray[Any]] = []
    for step in generated.steps:
        counts = frame.counts(step)
        offsets = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        arrays.append(offsets)
    for name, entry, text, may_miss in generated.fields:
        value = frame.value(name, entry, text)
        arrays.append(np.ascontiguousarray(value.data))
        if may_miss:
            arrays.append(np.zeros(len(value.data), np.bool_) if value.missing is None else value.missing)
    size = sum(array.nbytes for array in (*arrays, out))
    ranges = _ranges(frame.num_events, size, threads or len(os.sched_getaffinity(0)))
    if len(ranges) == 1:
        kernel(0, frame.num_events, *arrays, out, missing)
        return
    with ThreadPoolExecutor(len(ranges)) as pool:
        for result in [pool.submit(kernel, begin, end, *arrays, out, missing) for begin, end in ranges]:
            result.result()


def _ranges(num_events: int, size: int, most: int) -> list[tuple[int, int]]:
    """Return runs of events, one per thread; ``size`` is the bytes that they read and write."""
    threads = max(1, min(most, size // BYTES_PER_THREAD))
    borders = [num_events * index // threads for index in range(threads + 1)]
    return list(pairwise(borders))


def _depth(expression: Expression) -> int:
    deepest = 0
    pending = [(expression.root, 1)]
    while pending:
        node, depth = pending.pop()
        deepest = max(deepest, depth)
        pending.extend((operand, depth + 1) for operand in operands(node))
    return deepest
