"""Answering: the loop of a peer's program. It runs in the peer's environment and imports nothing of ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

#: Makes the batches of an epoch: values (rows, slots, fields), mask, and what identifies each row.
Epoch = Callable[[], Iterator[tuple[Any, Any, Any]]]


def answer(epoch: Epoch) -> None:
    """Say that all is imported, then answer requests: an epoch, or its first batches as a file."""
    said, sys.stdout = sys.stdout, sys.stderr  # what the peer prints is no answer
    said.write("{}\n")
    said.flush()
    for line in sys.stdin:
        request = json.loads(line)
        batches = rows = 0
        kept = []
        for values, valid, marks in epoch():
            batches += 1
            rows += len(marks)
            if "keep" in request:
                kept.append([np.array(part) for part in (values, valid, marks)])
            if batches == request["batches"]:
                break
        if "keep" in request:
            names = ("values", "valid", "marks")
            np.savez(request["keep"], **{n: np.concatenate(parts) for n, parts in zip(names, zip(*kept))})  # noqa: B905
        said.write(json.dumps({"batches": batches, "rows": rows}) + "\n")
        said.flush()
