"""``simdprep convert``: ROOT, Parquet, feather or HDF5 files to a dataset."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .options import Verbose
from .request import with_request


@with_request
def convert(
    *,
    request: dict[str, Any],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Processes; all cores by default.")] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Scheduler whose workers do it: tcp://HOST:8786.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after an interrupted run of the same.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Add the inputs that the output does not have yet.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and one line of summary.")] = False,
    verbose: Verbose = False,
) -> int:
    """Convert ROOT, Parquet, feather or HDF5 files to an HDF5 dataset.

    With no config it finds the tree, groups branches into objects, pads at the 99th percentile of their multiplicity,
    and says what it did.
    """
    from pathlib import Path

    from ..convert.early_workers import EarlyWorkers
    from .console import note
    from .conversion import print_summary
    from .progress import Progress

    is_local_and_whole = dask is None and request["entries"] is None
    try:
        with (
            EarlyWorkers(request["inputs"] or () if is_local_and_whole else (), jobs),
            Progress(quiet=quiet) as progress,
        ):
            from ..convert import convert as run

            summary = run(
                **request, overwrite=overwrite, progress=progress, jobs=jobs, dask=dask, resume=resume, update=update
            )
    except BaseException:
        from ..storage.staged_output import has_parts, staging_folder

        staged = staging_folder(Path(request["output"]))
        if has_parts(staged):
            note(f"what was done is kept in {staged}; --resume goes on with it")
        raise
    print_summary(summary, quiet=quiet, verbose=verbose)
    return summary.exit_code
