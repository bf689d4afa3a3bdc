"""Planning: a conversion that other machines do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..storage.staged_output import check_output, staging_folder
from .campaign import write_plan
from .executors import executor_of
from .inputs import Files
from .plan import Plan, make_plan
from .request import Request
from .resolution import Resolution
from .staging import Staging


def plan(
    inputs: Files | None,
    output: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Any = None,
    **options: Any,
) -> tuple[Staging, Plan]:
    """Divide a conversion into tasks, and store them beside the output.

    Opens the headers of the inputs, and of the first ones what their pads need. ``simdprep.convert.campaign`` has what
    does the tasks and commits them.

    Args:
        inputs: As of :func:`simdprep.convert`.
        output: Beside it, in ``OUT.parts``, the plan is stored.
        overwrite: Replace the output, when it is committed.
        jobs: Processes that read headers, where they are many; ``None`` for one per core.
        executor: What reads them instead.
        options: What else is asked for: those of :class:`~simdprep.convert.request.Request`.

    Returns:
        Where the plan is, and what it says.

    Raises:
        SimdprepError: as :func:`simdprep.convert`.
    """
    place = Path(output)
    request = Request(inputs, **options)
    settings = request.settings()
    check_output(place, overwrite=overwrite)
    with executor_of(executor, jobs=jobs) as workers, request.files(settings) as files:
        resolution = Resolution.of(request, settings, files, executor=workers)
        made = make_plan(staging_folder(place.absolute()), resolution, executor=workers)
    return write_plan(made, place, overwrite=overwrite), made
