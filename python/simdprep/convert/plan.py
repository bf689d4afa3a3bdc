"""Plan: the tasks of a conversion, made of the headers of its inputs alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from .. import _core
from ..errors import ConfigError
from ..readers import Source, step_ranges
from ..schema import EVENTS
from .cuts import LEAST_SHARE, Piece, cut, is_large, task_bytes, wanted_entries
from .executors import Executor
from .headers import Headers
from .opening import Opening
from .recipe import Recipe
from .resolution import Resolution
from .tasks import Task, run_tasks

#: So few large files are looked at in this process.
_FEW = 4


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        data: What all tasks have in common, as JSON.
        tasks: In the order of their rows.
        num_entries: Of all tasks.
    """

    data: dict[str, Any]
    tasks: list[Task]
    num_entries: int


def make_plan(folder: Path, resolution: Resolution, *, executor: Executor | None = None) -> Plan:
    """Divide a conversion into tasks.

    Args:
        folder: The staging folder, absolute.
        resolution: What is read and stored.
        executor: Where the borders of many large files are looked for.

    Raises:
        InputError: a large file is damaged.
        ConfigError: the size of a task is no size.
    """
    request, inputs, headers = resolution.request, resolution.files, resolution.headers
    recipe, schema = resolution.recipe, resolution.schema
    if request.task_size is not None and request.task_size < 1:
        raise ConfigError("size of a task", got=request.task_size, expected="at least 1 byte")
    pieces = list(wanted_entries(headers.found, inputs.entries.start, inputs.entries.stop))
    first = inputs.first()
    scale = _scale(first, headers, recipe)
    total = sum(piece.header.num_bytes * scale for piece in pieces)
    target = float(request.task_size or task_bytes(total))
    borders = _borders(pieces, recipe, scale, target, executor)
    is_fixed = schema.rows == EVENTS and recipe.rules.select is None
    chunk_rows = schema.core().describe().chunk_rows if is_fixed else None
    text = resolution.config_text
    what = _identity(resolution)
    tasks = []
    for group in cut(pieces, borders, scale=scale, target=target, chunk_rows=chunk_rows):
        read = [[p.header.path, p.start, p.stop, p.header.stamp, p.header.size] for p in group]
        tree = group[0].header.tree
        tasks.append(Task.of({"plan": str(folder), "inputs": read}, identity=[what, tree, read]))
    data = {
        "cwd": os.getcwd(),  # noqa: PTH109
        "config": resolution.resolved.to_data(),
        "config_text": text,
        "config_sha256": sha256(text.encode()).hexdigest() if text else "",
        "objects": None if request.objects is None else list(request.objects),
        "takes_all": recipe.takes_all,
        "first": first.path,
        "schema": schema.to_json(),
        "part_rows": request.part_rows,
        "skip_bad_files": inputs.skip_bad_files,
        "skipped": [asdict(entry) for entry in headers.skipped],
        "files": len(inputs.paths),
        "bytes_in": sum(header.size for header in headers.found),
        "told": list(recipe.told),
    }
    return Plan(data, tasks, sum(piece.stop - piece.start for piece in pieces))


def _identity(resolution: Resolution) -> str:
    """Hash of all that decides the bytes of a part, but for its inputs."""
    request = resolution.request
    data = resolution.resolved.to_data()
    data["input"] = {key: value for key, value in data.get("input", {}).items() if key not in ("files", "samples")}
    versions = [_core.__version__, _core.deflate_backend]
    objects = None if request.objects is None else list(request.objects)
    text = repr((resolution.schema.to_json(), data, objects, request.part_rows, versions))
    return sha256(text.encode()).hexdigest()


def _scale(first: Source, headers: Headers, recipe: Recipe) -> float:
    """The share of an input's bytes that is read, as it is in the first."""
    known = next((header for header in headers.found if header.path == first.path), None)
    names = list(recipe.grouping.branch_names)
    if known is None or not known.num_bytes or not names or not first.num_entries:
        return 1.0
    return first.layout(names)[0] / known.num_bytes


def _borders(
    pieces: Sequence[Piece], recipe: Recipe, scale: float, target: float, executor: Executor | None
) -> dict[str, list[int]]:
    """By path of a large input, where it may be cut."""
    large = [piece for piece in pieces if is_large(piece, scale, target)]
    names = list(recipe.grouping.branch_names)
    tasks = []
    for piece in large:
        size = int(target * LEAST_SHARE / (piece.header.num_bytes * scale / piece.header.num_entries))
        tasks.append(
            Task.of({
                "path": piece.header.path,
                "tree": piece.header.tree,
                "range": [piece.start, piece.stop],
                "size": max(size, 1),
                "names": names,
            })
        )  # fmt: skip
    records = run_tasks(tasks, borders_of, executor=executor if len(tasks) > _FEW else None)
    return {piece.header.path: record["borders"] for piece, record in zip(large, records, strict=True)}


def borders_of(task: Task) -> dict[str, Any]:
    """Find where an input is best cut into pieces of some number of entries; the work of a task."""
    wanted = task.payload
    start, stop = wanted["range"]
    with Opening(wanted["tree"] or None).open_alone(wanted["path"], threads=1) as source:
        names = [name for name in wanted["names"] if name in source.branches] or list(source.branches)
        _, borders = source.layout(names)
    return {"borders": [last for _, last in step_ranges(start, stop, wanted["size"], borders)][:-1]}
