"""``simdprep convert``: ROOT, Parquet, feather or HDF5 files to a dataset."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import (
    Compression,
    ConfigFile,
    Entries,
    Inputs,
    Layout,
    Objects,
    Output,
    Overrides,
    Pad,
    Rows,
    SkipBadFiles,
    Tree,
    Verbose,
)


def convert(
    inputs: Inputs = None,
    *,
    output: Output,
    config: ConfigFile = None,
    overrides: Overrides = None,
    tree: Tree = None,
    objects: Objects = None,
    rows: Rows = None,
    pad: Pad = None,
    layout: Layout = None,
    compression: Compression = None,
    entries: Entries = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    skip_bad_files: SkipBadFiles = False,
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
    from .names import parse_names
    from .pads import parse_pads
    from .progress import Progress

    pads = parse_pads(pad or [])
    names = parse_names("--objects", objects)
    is_whole_and_here = dask is None and entries is None
    try:
        with EarlyWorkers(inputs or () if is_whole_and_here else (), jobs), Progress(quiet=quiet) as progress:
            from ..convert import convert as run

            summary = run(
                inputs or None,
                output,
                config=config,
                overrides=overrides or (),
                tree=tree,
                objects=names,
                rows=rows,
                pad=pads,
                layout=layout,
                compression=compression,
                entries=entries,
                overwrite=overwrite,
                skip_bad_files=skip_bad_files,
                progress=progress,
                jobs=jobs,
                dask=dask,
                resume=resume,
                update=update,
            )
    except BaseException:
        from ..storage.staged_output import has_parts, staging_folder

        staged = staging_folder(Path(output))
        if has_parts(staged):
            note(f"what was done is kept in {staged}; --resume goes on with it")
        raise
    print_summary(summary, quiet=quiet, verbose=verbose)
    return summary.exit_code
