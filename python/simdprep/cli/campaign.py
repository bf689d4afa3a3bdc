"""``simdprep plan``, ``run-task`` and ``commit``: a conversion by the jobs of a batch system."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .options import Verbose
from .request import with_request

_PLAN = Annotated[str, typer.Argument(metavar="PLAN", help="OUT.parts/plan.json, or its folder.")]


@with_request
def plan(
    *,
    request: dict[str, Any],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output, when it is committed.")] = False,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Processes that read headers; all cores.")] = None,
    task_size: Annotated[
        str | None, typer.Option(metavar="BYTES", help="Uncompressed input of a task: 64MB (the default), 1GB, ...")
    ] = None,
) -> int:
    """Plan a conversion: read the headers of the inputs, and divide it into tasks that other machines do.

    Prints where the plan is and how many tasks it has. `simdprep run-task PLAN I/N` does share I of N of them,
    wherever inputs and output can be seen, and `simdprep commit PLAN` makes the dataset when all are done.
    """
    from ..convert.planning import plan as run
    from .console import note, say
    from .quantity import counted, parse_size

    size = None if task_size is None else parse_size("--task-size", task_size)
    staging, made = run(**request, overwrite=overwrite, jobs=jobs, task_size=size)
    skipped = made.data["skipped"]
    for entry in skipped:
        note(f"skipped {entry['path']}: {entry['reason']}", style="bold yellow")
    files = counted(made.data["files"] - len(skipped), "file")
    say(f"{staging.folder}: {counted(len(made.tasks), 'task')} for {made.num_entries:,} entries in {files}")
    return 3 if skipped else 0


def run_task(
    plan: _PLAN,
    share: Annotated[str, typer.Argument(metavar="I/N", help="Share I (from 1) of N of the tasks.")],
    *,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes of this machine.")] = 1,
) -> int:
    """Do one share of the tasks of a plan. What is done already is not done again.

    Exit code 3 if something could not be read and was left out.
    """
    from ..convert.campaign import run_share
    from ..convert.executors import executor_of
    from ..errors import ConfigError

    number, slash, shares = share.partition("/")
    if not (slash and number.isdigit() and shares.isdigit()):
        raise ConfigError("share of the tasks", got=repr(share), expected="I/N in whole numbers", hint="1/10")
    with executor_of(jobs=jobs) as executor:
        incomplete = run_share(plan, int(number), int(shares), executor=executor)
    return 3 if incomplete else 0


def commit(
    plan: _PLAN,
    *,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="One line of summary.")] = False,
    verbose: Verbose = False,
) -> int:
    """Make the dataset of a plan whose tasks are all done, and remove what was staged."""
    from ..convert.campaign import commit_plan
    from .conversion import print_summary

    summary = commit_plan(plan)
    print_summary(summary, quiet=quiet, verbose=verbose)
    return summary.exit_code
