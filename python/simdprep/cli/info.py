"""``simdprep info``: what a dataset holds, and where it comes from."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer


def info(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A file, a folder of parts, or a glob.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for programs.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Long lists in full.")] = False,
) -> int:
    """Show objects, fields, shapes, rows, sizes, padding, truncation and provenance."""
    from ..storage import info as describe
    from .description import print_dataset

    found = describe(dataset)
    if json:
        sys.stdout.write(_json(found.to_dict()))
    else:
        print_dataset(found, verbose=verbose)
    return 0


def _json(data: dict[str, Any]) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
