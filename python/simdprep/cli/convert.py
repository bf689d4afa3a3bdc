"""``simdprep convert``: ROOT, Parquet, feather or HDF5 files to a dataset."""

from __future__ import annotations

from typing import Annotated

import typer

#: How every verb that reads inputs calls them.
INPUTS = "Files, globs or URLs; ROOT, Parquet, feather or HDF5. Sorted by name."


def convert(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT", help=f"{INPUTS} May be left out with input.files in --config."),
    ] = None,
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="A .h5 file, or any other name for a folder of parts.")
    ],
    config: Annotated[
        str | None,
        typer.Option("--config", "-c", metavar="FILE", help="YAML file; `simdprep inspect --yaml` makes one."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Override a config path, such as objects.Jet.pad=12. Repeatable."
        ),
    ] = None,
    tree: Annotated[str | None, typer.Option(metavar="NAME", help="Tree to read, where a file has several.")] = None,
    objects: Annotated[str | None, typer.Option(metavar="NAMES", help="Only these objects: Jet,Muon.")] = None,
    rows: Annotated[
        str | None, typer.Option(metavar="OBJECT", help="Row object: events, or an object for one row per entry of it.")
    ] = None,
    pad: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OBJECT=N", help="Slots: a number, p99 (the default) or max. Repeatable; '*' is all others."
        ),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="NAME", help="columns (the default), compound or ragged.")
    ] = None,
    compression: Annotated[
        str | None, typer.Option(metavar="CODEC", help="gzip (the default), gzip:1 to gzip:9, or none.")
    ] = None,
    entries: Annotated[
        str | None, typer.Option(metavar="START:STOP", help="Only these of all entries of the sorted inputs.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    skip_bad_files: Annotated[
        bool, typer.Option("--skip-bad-files", help="Leave out what cannot be read; exit code 3 then.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Processes; all cores by default.")] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Scheduler whose workers do it: tcp://HOST:8786.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after an interrupted run of the same.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Add the inputs that the output does not have yet.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and one line of summary.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Long lists in full.")] = False,
) -> int:
    """Convert ROOT, Parquet, feather or HDF5 files to an HDF5 dataset.

    With no config it finds the tree, groups branches into objects, pads at the 99th percentile of their multiplicity,
    and says what it did.
    """
    from pathlib import Path

    from ..convert import convert as run
    from ..storage.staged_output import has_parts, staging_folder
    from .console import note
    from .conversion import print_summary
    from .names import parse_names
    from .pads import parse_pads
    from .progress import Progress

    pads = parse_pads(pad or [])
    names = parse_names("--objects", objects)
    try:
        with Progress(quiet=quiet) as progress:
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
        staged = staging_folder(Path(output))
        if has_parts(staged):
            note(f"what was done is kept in {staged}; --resume goes on with it")
        raise
    print_summary(summary, quiet=quiet, verbose=verbose)
    return summary.exit_code
