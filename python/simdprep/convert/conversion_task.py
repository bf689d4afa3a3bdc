"""ConversionTask: the work of one task of a conversion: some entries in, parts and an account of them out."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SimdprepError
from ..readers import STEP_BYTES, open_source
from ..schema import Schema
from ..schema.config import Config, load_config
from ..storage.attributes import parse_schema
from ..storage.staged_parts import StagedParts
from . import accounts
from .chunks import chunks
from .opening import Opening
from .prefetch import prefetched
from .recipe import Recipe, make_recipe
from .staging import PLAN, Staging
from .summary import ConvertSummary
from .task_inputs import TaskInputs
from .writer import Writer

if TYPE_CHECKING:
    from .tasks import Task

#: Uncompressed bytes of a step: reading, padding and writing go on at once, and four steps make a task.
_STEP_BYTES = STEP_BYTES // 4

#: A step of many branches is not less than this for each: reading one takes time of its own.
_BRANCH_BYTES = 32 << 10


@dataclass(frozen=True)
class _Shared:
    """What all tasks of a plan have in common."""

    config: Config
    config_text: str
    schema: Schema
    recipe: Recipe
    cwd: str
    part_rows: int | None
    skip_bad_files: bool


def make_ready(path: str) -> None:
    """Open an input, in a process that has nothing to do yet: it imports what tasks need."""
    with suppress(SimdprepError):  # whoever reads it will say so
        open_source(path, threads=1).close()


def convert_task(task: Task) -> dict[str, Any]:
    """Convert what a task says; its parts are staged beside the plan.

    Raises:
        InputError: an input cannot be read, and such are not to be skipped.
        ResourceError: disk or memory is exhausted.
    """
    folder = Path(task.payload["plan"])
    shared = _shared(str(folder), (folder / PLAN).stat().st_mtime_ns)
    threads = task.payload.get("threads")
    staged = StagedParts(folder, task.id, threaded=threads != 1)
    recipe = shared.recipe
    inputs = TaskInputs(
        tuple(piece[0] for piece in task.payload["inputs"]),
        Opening.from_config(shared.config),
        skip_bad_files=shared.skip_bad_files,
        threads=threads,
        pieces=task.payload["inputs"],
        last=task.last,
    )
    with (
        inputs,
        Writer(
            staged, shared.schema, threads=threads, part_rows=shared.part_rows, config_text=shared.config_text
        ) as writer,
    ):
        summary = ConvertSummary(writer.summary, shared.schema)
        for chunk in prefetched(chunks(recipe, inputs, step_bytes=_step_bytes(recipe))):
            accounts.account(summary, chunk)
            if chunk.events is not None:
                writer.fill(chunk.events, origin=chunk.origin, ordered=True)
    summary.skipped = [*inputs.skipped, *summary.skipped]
    if inputs.unread:
        summary.entries_in += inputs.unread
        summary.dropped["unreadable"] += inputs.unread
    return {
        **accounts.to_json(summary),
        "parts": [part.to_json() for part in staged.parts],
        "categories": [[name, field, list(texts)] for (name, field), texts in writer.categories.items()],
        "surplus": list(inputs.surplus),
    }


def _step_bytes(recipe: Recipe) -> int:
    return min(max(_STEP_BYTES, _BRANCH_BYTES * len(recipe.grouping.branch_names)), STEP_BYTES)


@lru_cache(maxsize=2)
def _shared(folder: str, _changed: int) -> _Shared:
    """Read the plan, and the header of its first input, once in each process."""
    data = Staging(Path(folder)).read()
    if os.getcwd() != data["cwd"]:  # noqa: PTH109
        with suppress(OSError):  # names of inputs may be relative to it; if not, it may be missing here
            os.chdir(data["cwd"])
    config = load_config(data["config"])
    with Opening.from_config(config).open(data["first"], threads=1) as source:
        recipe = make_recipe(source, config, objects=data["objects"])
    return _Shared(
        config,
        data["config_text"],
        parse_schema(data["schema"], folder),
        replace(recipe, takes_all=data["takes_all"]),
        data["cwd"],
        data["part_rows"],
        data["skip_bad_files"],
    )
