"""The application: its verbs, and how each run of one ends."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .bench import bench
from .campaign import commit, plan, run_task
from .config import config
from .console import allow_any_text
from .convert import convert
from .info import info
from .inspect import inspect
from .merge import merge
from .outcome import INTERRUPTED, guarded
from .prepare import prepare
from .repair import repair
from .usage import ParserError, reworded
from .verify import verify


class Verbs(TyperGroup):
    """The verbs. Whatever goes wrong in one ends in lines on stderr and an exit code of the house."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Parse, run and leave the process."""
        allow_any_text()
        options["standalone_mode"] = False  # the parser's own way to end has other texts and codes
        try:
            code = super().main(*args, **options)
        except ParserError as error:
            code = guarded(_raiser(reworded(error)))
        except typer.Abort:
            code = INTERRUPTED
        sys.exit(code)

    def invoke(self, ctx: Any) -> int:
        """Run one verb; return the exit code."""
        run = super().invoke
        return guarded(lambda: run(ctx))


def _raiser(error: Exception) -> Any:
    def work() -> None:
        raise error

    return work


def _version(asked: bool) -> None:
    if asked:
        from .._core import __version__

        typer.echo(__version__)
        raise typer.Exit


app = typer.Typer(
    cls=Verbs,
    name="simdprep",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text: half the time to start, and the same on a terminal and in a pipe
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def simdprep(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and stop.")
    ] = False,
) -> None:
    """Ragged physics events to rectangular HDF5 blocks.

    Exit codes: 0 ok, 1 bad input or config, 2 a mistake of simdprep, 3 finished but something was
    skipped, 4 disk or memory exhausted, 130 interrupted.
    """


for verb in (
    convert, prepare, plan, run_task, commit, inspect, info, verify, merge, repair, bench, config,
):  # fmt: skip
    app.command()(verb)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code.

    Args:
        arguments: Those after the program's name; ``None`` takes the process's own.
    """
    given = sys.argv[1:] if arguments is None else arguments
    app(given or ["--help"], prog_name="simdprep")
