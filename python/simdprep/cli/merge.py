"""``simdprep merge``: datasets become one."""

from __future__ import annotations

from typing import Annotated

import typer


def merge(
    datasets: Annotated[
        list[str],
        typer.Argument(metavar="DATASET", help="Files, folders of parts, or globs, in the order of their rows."),
    ],
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="A .h5 file, or any other name for a folder of parts.")
    ],
    fill: Annotated[
        bool,
        typer.Option("--fill", help="Make up with fill values for fields and slots that some lack; widen dtypes."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what is unusual.")] = False,
) -> int:
    """Merge datasets into one file or folder; they stay as they are.

    Whatever keeps them from being one is named. Counters are added up, metadata and configs of all are kept.
    """
    from ..storage.merged_dataset import merge as run
    from . import quantity
    from .console import note, say

    summary = run(datasets, output, fill=fill, overwrite=overwrite)
    for line in summary.told:
        note(line, style="yellow")
    if not quiet:
        say(
            f"{summary.path}: {quantity.counted(summary.num_rows, 'row')} of "
            f"{quantity.counted(summary.files, 'file')} in {quantity.counted(summary.parts, 'part')}; "
            f"{quantity.size(summary.bytes)} from {quantity.size(summary.bytes_in)}"
            + (f"; {summary.num_configs} configs" if summary.num_configs > 1 else "")
        )
    return 0
