"""ConversionTask: the work of one task of a conversion: some entries in, parts and an account of them out."""

from __future__ import annotations

import os
import pickle
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from ..errors import SimdprepError
from ..readers import STEP_BYTES
from ..schema import Schema
from ..storage.attributes import parse_schema
from ..storage.staged_parts import StagedParts
from . import accounts
from .chunks import chunks
from .kept_source import KEPT
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
class Shared:
    """What all tasks of a plan have in common, ready for use.

    Attributes:
        folder: The staging folder.
        cwd: Names of inputs may be relative to it.
        opening: How inputs are opened.
        config_text: Stored with the parts.
        schema: What is stored.
        recipe: What is read.
        part_rows: Rows per part.
        skip_bad_files: What cannot be read is left out.
    """

    folder: str
    cwd: str
    opening: Opening
    config_text: str
    schema: Schema
    recipe: Recipe
    part_rows: int | None
    skip_bad_files: bool

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read a plan, and the header of its first input.

        Raises:
            InputError: they cannot be read.
        """
        from ..schema.config import load_config  # a process that is given all this does not load it

        data = Staging(folder).read()
        _enter(data["cwd"])
        config = load_config(data["config"])
        opening = Opening.from_config(config)
        with opening.open(data["first"], threads=1) as source:
            recipe = make_recipe(source, config, objects=data["objects"])
        return cls(
            str(folder),
            data["cwd"],
            opening,
            data["config_text"],
            parse_schema(data["schema"], str(folder)),
            replace(recipe, takes_all=data["takes_all"]),
            data["part_rows"],
            data["skip_bad_files"],
        )


@dataclass(frozen=True)
class ReadyWork:
    """:func:`convert_task` for processes of this machine, which are told what tasks share and need not find it out.

    Attributes:
        shared: A pickled :class:`Shared`.
    """

    shared: bytes

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return the work on the tasks of a plan."""
        return cls(pickle.dumps(Shared.of(folder)))

    def __call__(self, task: Task) -> dict[str, Any]:
        """Convert what a task says."""
        shared = _unpickled(self.shared)
        _enter(shared.cwd)
        return _convert(task, shared)


@lru_cache(maxsize=2)
def _unpickled(shared: bytes) -> Shared:
    return cast("Shared", pickle.loads(shared))


@lru_cache(maxsize=2)
def _shared(folder: str, _changed: int) -> Shared:
    return Shared.of(Path(folder))


def make_ready(opening: Opening, path: str, threads: int) -> None:
    """Open an input, in a process that has nothing to do yet: it imports what tasks need."""
    with suppress(SimdprepError):  # whoever reads it will say so
        source, key = KEPT.open(opening, path, threads)
        KEPT.keep(key, source)


def convert_task(task: Task) -> dict[str, Any]:
    """Convert what a task says; its parts are staged beside the plan.

    Raises:
        InputError: an input cannot be read, and such are not to be skipped.
        ResourceError: disk or memory is exhausted.
    """
    folder = Path(task.payload["plan"])
    return _convert(task, _shared(str(folder), (folder / PLAN).stat().st_mtime_ns))


def _convert(task: Task, shared: Shared) -> dict[str, Any]:
    threads = task.payload.get("threads")
    staged = StagedParts(Path(task.payload["plan"]), task.id, threaded=threads != 1)
    recipe = shared.recipe
    inputs = TaskInputs(
        tuple(piece[0] for piece in task.payload["inputs"]),
        shared.opening,
        skip_bad_files=shared.skip_bad_files,
        threads=threads,
        pieces=task.payload["inputs"],
        last=task.last,
        keeps=task.payload.get("keeps", False),
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


def _enter(cwd: str) -> None:
    if os.getcwd() != cwd:  # noqa: PTH109
        with suppress(OSError):  # it may be missing here
            os.chdir(cwd)
