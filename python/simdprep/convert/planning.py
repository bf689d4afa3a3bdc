"""Planning: a conversion that other machines do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..storage.staged_output import check_output, staging_folder
from .campaign import write_plan
from .executors import executor_of
from .headers import read_headers
from .inputs import EntryRange, Files
from .plan import Plan, make_plan
from .resolve import Pads, like_input
from .resolved import resolved_config
from .run import ConfigLike, inputs_of, resolve, settings_of
from .staging import Staging


def plan(
    inputs: Files | None,
    output: str | os.PathLike[str],
    *,
    config: ConfigLike = None,
    overrides: Sequence[str] = (),
    tree: str | None = None,
    objects: Sequence[str] | None = None,
    rows: str | None = None,
    pad: Pads | None = None,
    layout: str | None = None,
    compression: str | None = None,
    entries: str | EntryRange | None = None,
    overwrite: bool = False,
    skip_bad_files: bool = False,
    part_rows: int | None = None,
    jobs: int | None = None,
    executor: Any = None,
    task_size: int | None = None,
) -> tuple[Staging, Plan]:
    """Divide a conversion into tasks, and store them beside the output.

    Opens the headers of the inputs, and of the first ones what their pads need. ``simdprep.convert.campaign`` has what
    does the tasks and commits them.

    Args:
        inputs: As of :func:`simdprep.convert`, and so are those that are not named here.
        output: Beside it, in ``OUT.parts``, the plan is stored.
        jobs: Processes that read headers, where they are many; ``None`` for one per core.
        executor: What reads them instead.
        task_size: Uncompressed bytes that a task aims at; ``None`` for 64 MiB, more where there are many thousands.

    Returns:
        Where the plan is, and what it says.

    Raises:
        SimdprepError: as :func:`simdprep.convert`.
    """
    place = Path(output)
    settings = settings_of(config, overrides, tree=tree, rows=rows, layout=layout, compression=compression)
    check_output(place, overwrite=overwrite)
    with ExitStack() as stack:
        workers = stack.enter_context(executor_of(executor, jobs=jobs))
        files = stack.enter_context(inputs_of(inputs, settings, entries, skip_bad_files))
        settings = like_input(settings, files.first())
        headers = read_headers(files, workers)
        recipe, schema = resolve(settings, files, objects=objects, pad=pad)
        resolved = resolved_config(settings, recipe, schema, files)
        made = make_plan(
            staging_folder(place.absolute()),
            files,
            headers,
            recipe,
            schema,
            resolved,
            objects=objects,
            part_rows=part_rows,
            task_size=task_size,
            executor=workers,
        )
    return write_plan(made, place, overwrite=overwrite), made
