"""``simdprep verify``: is a dataset whole, and does every byte of it say what was written?"""

from __future__ import annotations

from typing import Annotated

import typer


def verify(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A file, a folder of parts, or a glob.")],
    *,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what is wrong.")] = False,
) -> int:
    """Check hashes, counts, checksums, masks and offsets; name the bad part.

    Exit code 1 where anything is wrong.
    """
    from ..storage import verify as check
    from .verification import print_report

    report = check(dataset)
    print_report(report, quiet=quiet)
    return 0 if report.ok else 1
