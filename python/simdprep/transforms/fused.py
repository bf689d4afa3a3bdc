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
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .evaluate import evaluate
from .expressions import Expression
from .frame import Frame, Value
from .generate import MAX_DEPTH, Unfusable, generate
from .levels import Scope
from .nodes import operands
from .probe import probe

#: A thread of its own is worth it for this much.
BYTES_PER_THREAD = 1 << 20


def evaluate_fused(expression: Expression, scope: Scope, frame: Frame) -> Value:
    """Return the values of ``expression``, one per entry of the scope's object, as :func:`.evaluate.evaluate` does.

    What cannot be compiled so that it gives the same (float16, mixed comparisons of int64 and uint64, trees of
    more than 100 levels) is evaluated by numpy.

    Raises:
        ExpressionError: an operation does not take the dtypes it is given; the column is named.
    """
    if _depth(expression) > MAX_DEPTH:
        return evaluate(expression, scope, frame)
    found = probe(expression, scope, frame)
    if found.kinds[id(expression.root)].dtype is None:
        return evaluate(expression, scope, frame)  # a number
    try:
        generated = generate(expression, scope, found)
    except Unfusable:
        return evaluate(expression, scope, frame)
    from .kernel_cache import compiled  # loads numba

    kernel = compiled(generated.source)
    size = frame.length(scope.path)
    out = np.empty(size, generated.dtype)
    missing = np.zeros(size if generated.may_miss else 0, np.bool_)
    _call(kernel, frame, generated.steps, generated.fields, out, missing)
    return Value(scope.path, out, missing if missing.any() else None)


def _call(
    kernel: Callable[..., None],
    frame: Frame,
    steps: list[str],
    fields: list[tuple[str, str, str | None, bool]],
    out: NDArray[Any],
    missing: NDArray[np.bool_],
) -> None:
    arrays: list[NDArray[Any]] = []
    for step in steps:
        counts = frame.counts(step)
        offsets = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        arrays.append(offsets)
    for name, entry, text, may_miss in fields:
        value = frame.value(name, entry, text)
        arrays.append(np.ascontiguousarray(value.data))
        if may_miss:
            arrays.append(np.zeros(len(value.data), np.bool_) if value.missing is None else value.missing)
    size = sum(array.nbytes for array in (*arrays, out))
    ranges = _ranges(frame.num_events, size)
    if len(ranges) == 1:
        kernel(0, frame.num_events, *arrays, out, missing)
        return
    with ThreadPoolExecutor(len(ranges)) as pool:
        for result in [pool.submit(kernel, begin, end, *arrays, out, missing) for begin, end in ranges]:
            result.result()


def _ranges(num_events: int, size: int) -> list[tuple[int, int]]:
    """Return runs of events, one per thread; ``size`` is the bytes that they read and write."""
    threads = max(1, min(len(os.sched_getaffinity(0)), size // BYTES_PER_THREAD))
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
