"""``simdprep inspect``: what an input holds, and a config that converts it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .convert import INPUTS


def inspect(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT", help=INPUTS)],
    *,
    tree: Annotated[str | None, typer.Option(metavar="NAME", help="Tree to read, where a file has several.")] = None,
    objects: Annotated[str | None, typer.Option(metavar="NAMES", help="Only these objects: Jet,Muon.")] = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print a config that is ready for `simdprep convert -c`.")
    ] = False,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="YAML that says more of the input: friends.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Long lists in full.")] = False,
) -> int:
    """Show what files hold: objects, fields, multiplicities, proposed pads and what these would truncate."""
    from ..convert import inspect as look
    from .inspection import print_inspection
    from .names import parse_names

    found = look(inputs, tree=tree, objects=parse_names("--objects", objects), config=config)
    if yaml:
        sys.stdout.write(found.to_yaml())
    else:
        print_inspection(found, verbose=verbose)
    return 0
