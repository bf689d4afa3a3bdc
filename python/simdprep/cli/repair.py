"""``simdprep repair``: bad parts are made again from their recorded inputs."""

from __future__ import annotations

from typing import Annotated

import typer


def repair(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A file, or a folder of parts.")],
    *,
    config: Annotated[
        str | None,
        typer.Option("--config", "-c", metavar="FILE", help="The resolved config, where no part can say it any more."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what is wrong.")] = False,
) -> int:
    """Make damaged and missing parts again, byte for byte, each alone from the inputs it records.

    An input that changed is named, and its part stays as it is. Exit code 1 where anything is still wrong, 4 where the
    disk is full.
    """
    from ..convert.restoration import repair as run
    from ..errors import ResourceError
    from . import quantity
    from .console import note, say

    report = run(dataset, config=config)
    for line in report.told:
        note(line, style="yellow")
    for part, error in report.failed.items():
        note(f"{part} is as it was", style="bold red")
        note(str(error))
    if not quiet:
        for part in report.repaired:
            say(f"{part}: made again")
        if report.ok:
            say(
                f"{report.path} is sound: {len(report.repaired)} of {quantity.counted(report.parts, 'part')} made again"
            )
    if any(isinstance(error, ResourceError) for error in report.failed.values()):
        return ResourceError.exit_code
    return 0 if report.ok else 1
