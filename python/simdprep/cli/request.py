"""Request: the options that say what a conversion is to make; one list of them for all verbs that have them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature
from typing import Any

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
)


def request_of(
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
    skip_bad_files: SkipBadFiles = False,
) -> dict[str, Any]:
    """Return the options as ``simdprep.convert`` names and takes them.

    Raises:
        ConfigError: names or pads cannot be read.
    """
    from .names import parse_names
    from .pads import parse_pads

    return {
        "inputs": inputs or None,
        "output": output,
        "config": config,
        "overrides": overrides or (),
        "tree": tree,
        "objects": parse_names("--objects", objects),
        "rows": rows,
        "pad": parse_pads(pad or []),
        "layout": layout,
        "compression": compression,
        "entries": entries,
        "skip_bad_files": skip_bad_files,
    }


def with_request(verb: Callable[..., int]) -> Callable[..., int]:
    """Give a verb the options of :func:`request_of`, before its own; it is called with their ``request``."""
    asked = signature(request_of, eval_str=True).parameters
    own = [entry for entry in signature(verb, eval_str=True).parameters.values() if entry.name != "request"]

    @wraps(verb)
    def called(**named: Any) -> int:
        request = request_of(**{name: named.pop(name) for name in asked})
        return verb(request=request, **named)

    called.__signature__ = Signature([*asked.values(), *own])  # type: ignore[attr-defined]  # what typer reads
    return called
