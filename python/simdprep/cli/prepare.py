"""``simdprep prepare``: files to train, val and test, with the constants of the training rows."""

from __future__ import annotations

from typing import Annotated

import typer


def prepare(
    config: Annotated[str, typer.Argument(metavar="CONFIG", help="YAML file with a section prepare.")],
    *,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder of the outputs; by default named as the config."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a config path, such as prepare.seed=2. Repeatable."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run wrote there.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Jobs at a time; by default one per core. Bytes do not depend on it."),
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Scheduler whose workers do it: tcp://HOST:8786.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what an interrupted run has done.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and one line of summary.")] = False,
) -> int:
    """Select, label, weight or resample, split, and fit constants: train, val and test from a YAML.

    The folder gets a dataset of each split, state.json (everything that was fitted) and report.json (the cut-flow,
    the balance of the rows).
    """
    from pathlib import Path

    from ..prepare import prepare as run
    from .preparation import print_preparation
    from .progress import Progress

    with Progress(quiet=quiet, verb="preparing", noun="tasks") as progress:
        summary = run(
            config,
            Path(config).stem if output is None else output,
            overrides=overrides or (),
            overwrite=overwrite,
            jobs=jobs,
            dask=dask,
            resume=resume,
            progress=progress,
        )
    print_preparation(summary, quiet=quiet)
    return 0
