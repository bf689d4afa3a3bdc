"""``simdprep inspect``: what an input holds, and a config that converts it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .options import INPUTS, Objects, Tree, Verbose


def inspect(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT", help=INPUTS)],
    *,
    tree: Tree = None,
    objects: Objects = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print a config that is ready for `simdprep convert -c`.")
    ] = False,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="YAML that says more of the input: friends.")
    ] = None,
    verbose: Verbose = False,
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
