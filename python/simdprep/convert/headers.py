"""Headers: size and identity of all inputs, read by several processes where they are many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import SimdprepError
from ..readers import Friend, Header, header_of, is_transient
from .attempt import error_from_json, error_to_json
from .executors import Executor
from .inputs import OPEN_FILES, Inputs
from .opening import Opening
from .summary import Skipped
from .tasks import Task, run_tasks

#: Files of a task.
_BATCH = 500

#: So few files are read in this process: to start another takes longer.
_FEW = 2 * _BATCH

#: Files of a task where the first may be enough.
_FIRST_BATCH = 16


@dataclass
class Headers:
    """What was found.

    Attributes:
        found: Of the files that can be read, in order.
        skipped: Why others are left out.
    """

    found: list[Header] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def read_headers(inputs: Inputs, executor: Executor | None = None) -> Headers:
    """Read the headers of all inputs, up to the last entry that is asked for.

    Args:
        inputs: The files; with ``skip_bad_files`` what cannot be read is left out, else it is raised.
        executor: Where they are read; ``None`` for this process.

    Raises:
        InputError: a file cannot be read.
    """
    headers = Headers()
    before = 0
    for path, entry in _entries(inputs, executor):
        if "error" in entry:
            error = error_from_json(entry["error"])
            if not inputs.skip_bad_files:
                raise error
            headers.skipped.append(Skipped.of(error, path, "all"))
            continue
        header = Header.from_json(entry)
        headers.found.append(header)
        before += header.num_entries
        if inputs.entries.stop is not None and before >= inputs.entries.stop:
            break
    return headers


def _entries(inputs: Inputs, executor: Executor | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what was found of each file."""
    if len(inputs.paths) <= OPEN_FILES:  # they stay open, and are read next
        for path in inputs.paths:
            yield path, _of_source(path, inputs)
        return
    if len(inputs.paths) <= _FEW:
        executor = None
    to_the_end = inputs.entries.stop is None
    size = _BATCH if to_the_end else _FIRST_BATCH
    opening = {"tree": inputs.opening.tree, "friends": [asdict(friend) for friend in inputs.opening.friends]}
    batches = [inputs.paths[start : start + size] for start in range(0, len(inputs.paths), size)]
    tasks = [Task.of({"paths": list(batch), **opening}) for batch in batches]
    for group in [tasks] if to_the_end else [[task] for task in tasks]:
        for task, record in zip(group, run_tasks(group, headers_of, executor=executor), strict=True):
            yield from zip(task.payload["paths"], record["headers"], strict=True)


def headers_of(task: Task) -> dict[str, Any]:
    """Read the headers of some files; the work of a task."""
    friends = [Friend(**{**entry, "index": tuple(entry["index"])}) for entry in task.payload["friends"]]
    opening = Opening(task.payload["tree"], tuple(friends))
    return {"headers": [_read(path, opening, last=task.last) for path in task.payload["paths"]]}


def _read(path: str, opening: Opening, *, last: bool) -> dict[str, Any]:
    try:
        return opening.header(path).to_json()
    except SimdprepError as error:
        if is_transient(error) and not last:
            raise
        return {"error": error_to_json(error)}


def _of_source(path: str, inputs: Inputs) -> dict[str, Any]:
    try:
        return header_of(inputs.source(path)).to_json()
    except SimdprepError as error:
        return {"error": error_to_json(error)}
