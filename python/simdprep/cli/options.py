"""The options that several verbs have, each with its one name and help."""

from __future__ import annotations

from typing import Annotated

import typer

#: How every verb that reads inputs calls them.
INPUTS = "Files, globs or URLs; ROOT, Parquet, feather or HDF5. Sorted by name."

Inputs = Annotated[
    list[str] | None, typer.Argument(metavar="INPUT", help=f"{INPUTS} May be left out with input.files in --config.")
]
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="OUT", help="A .h5 file, or any other name for a folder of parts.")
]
ConfigFile = Annotated[
    str | None, typer.Option("--config", "-c", metavar="FILE", help="YAML file; `simdprep inspect --yaml` makes one.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a config path, such as objects.Jet.pad=12. Repeatable."),
]
Tree = Annotated[str | None, typer.Option(metavar="NAME", help="Tree to read, where a file has several.")]
Objects = Annotated[str | None, typer.Option(metavar="NAMES", help="Only these objects: Jet,Muon.")]
Rows = Annotated[
    str | None, typer.Option(metavar="OBJECT", help="Row object: events, or an object for one row per entry of it.")
]
Pad = Annotated[
    list[str] | None,
    typer.Option(metavar="OBJECT=N", help="Slots: a number, p99 (the default) or max. Repeatable; '*' is all others."),
]
Layout = Annotated[str | None, typer.Option(metavar="NAME", help="columns (the default), compound or ragged.")]
Compression = Annotated[
    str | None, typer.Option(metavar="CODEC", help="gzip (the default), gzip:1 to gzip:9, or none.")
]
Entries = Annotated[
    str | None, typer.Option(metavar="START:STOP", help="Only these of all entries of the sorted inputs.")
]
SkipBadFiles = Annotated[
    bool, typer.Option("--skip-bad-files", help="Leave out what cannot be read; exit code 3 then.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Long lists in full.")]
