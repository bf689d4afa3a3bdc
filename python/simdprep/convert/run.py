"""Convert: files of events in, a dataset out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import OutputError
from ..schema import Schema
from ..schema.config import Config
from ..storage.staged_output import check_output, is_whole, staging_folder
from .accounts import account
from .campaign import Progress, convert_in_tasks, planned, share_of
from .chunks import chunks
from .conversion_task import make_ready
from .cuts import TASK_BYTES, WORTH_TASKS
from .executors import LocalPool, Serial, executor_of
from .finished import finished, nothing_new
from .growth import Growth
from .inputs import EntryRange, Files, Inputs
from .plan import make_plan
from .prefetch import prefetched
from .request import ConfigLike, Request
from .resolution import Resolution, find_recipe
from .resolve import Pads, like_input
from .summary import ConvertSummary
from .writer import Writer

if TYPE_CHECKING:
    import awkward as ak


def convert(
    inputs: Files | None,
    output: str | os.PathLike[str],
    *,
    config: ConfigLike = None,
    overrides: Sequence[str] = (),
    tree: str | None = None,
    objects: Sequence[str] | None = None,
    rows: str | None = None,
    pad: Pads | None = None,
    layout: str | None = None,
    compression: str | None = None,
    entries: str | EntryRange | None = None,
    overwrite: bool = False,
    skip_bad_files: bool = False,
    threads: int | None = None,
    part_rows: int | None = None,
    progress: Progress | None = None,
    jobs: int | None = None,
    executor: Any = None,
    dask: str | None = None,
    resume: bool = False,
    update: bool = False,
    task_size: int | None = None,
) -> ConvertSummary:
    """Convert ROOT, Parquet, feather or HDF5 files to a dataset.

    What is more than a task (about 64 MiB of branches) is converted by several processes; where it is divided depends
    on the inputs and the config alone, so that the bytes are the same for any number of them, and if it was
    interrupted and resumed.

    Args:
        inputs: Paths, globs or URLs; sorted. ``None`` takes those of the config.
        output: ``*.h5`` for one file, any other name for a folder of parts.
        config: A YAML file, mapping or :class:`Config`. Without objects in it, branches are grouped
            by their names and counts.
        overrides: ``KEY=VALUE`` texts that replace values of the config.
        tree: Tree to read, where a file has several.
        objects: Only these objects.
        rows: The row object: ``events``, or an object for one row per entry of it.
        pad: Slots by object: a number, ``p99`` or ``max``; ``*`` for all others.
        layout: ``columns``, ``compound`` or ``ragged``.
        compression: ``gzip``, ``gzip:1`` to ``gzip:9``, or ``none``.
        entries: ``START:STOP`` over the entries of all inputs.
        overwrite: Replace the output.
        skip_bad_files: Leave out what cannot be read; the summary says what.
        threads: Threads of each process; ``None`` shares the cores.
        part_rows: Rows per part file; ``None`` closes a part past 128 MiB.
        progress: Called with entries done and in all.
        jobs: Local processes; ``None`` for one per core where there are many tasks, 1 does all in this one.
        executor: What does the tasks instead: anything with ``submit``, such as a ``dask.distributed.Client``.
        dask: Or the address of a dask scheduler.
        resume: Go on with what an interrupted conversion of the same left; the result is the same as if it had not
            been interrupted.
        update: Add those inputs that the output does not have yet.
        task_size: Uncompressed bytes that a task aims at.

    Raises:
        SimdprepError: one of its kinds, for any mistake in inputs, config or output.

    Memory: in each process three steps of input (about 64 MB each, uncompressed, 16 MB where there are several tasks;
    a step is at most twice that), and what :class:`Writer` states.
    """
    started = time.perf_counter()
    place = Path(output)
    request = Request(
        inputs,
        config=config,
        overrides=overrides,
        tree=tree,
        objects=objects,
        rows=rows,
        pad=pad,
        layout=layout,
        compression=compression,
        entries=entries,
        skip_bad_files=skip_bad_files,
        part_rows=part_rows,
        task_size=task_size,
    )
    settings = request.settings()
    growth = Growth.of(place) if update else None
    check_output(place, overwrite=overwrite, resume=resume, update=growth is not None)  # before anything is read
    _check_planned(place, overwrite=overwrite, resume=resume)
    with ExitStack() as stack:
        workers = stack.enter_context(executor_of(executor, jobs=jobs, dask=dask))
        files = stack.enter_context(request.files(settings))
        if growth is not None:
            files.paths = growth.new(files.paths)
            if not files.paths:
                return nothing_new(growth)
        if isinstance(workers, LocalPool) and _is_worth_processes(files):
            workers.begin(make_ready, files.opening, files.paths[0], share_of(workers, threads))  # beside the planning
        resolution = Resolution.of(request, settings, files, executor=workers, growth=growth)
        plan = make_plan(staging_folder(place.absolute()), resolution, executor=workers)
        if resume and growth is None and is_whole(place):
            return finished(place, resolution.resolved)
        is_asked_for = executor is not None or dask is not None or growth is not None
        if is_asked_for or len(plan.tasks) > 1 or staging_folder(place).is_dir():
            summary = convert_in_tasks(
                plan,
                place,
                Serial() if jobs is None and not is_asked_for and len(plan.tasks) < WORTH_TASKS else workers,
                overwrite=overwrite,
                resume=resume,
                growth=growth,
                threads=threads,
                progress=progress,
            )
        else:
            writer = stack.enter_context(
                Writer(
                    output,
                    resolution.schema,
                    overwrite=overwrite or resume,
                    threads=threads,
                    part_rows=part_rows,
                    config_text=resolution.config_text,
                )
            )
            summary = _convert_here(writer, resolution, progress)
    summary.told += _dtype_notes(resolution.settings, resolution.schema)
    summary.seconds = time.perf_counter() - started
    return summary


def _convert_here(writer: Writer, resolution: Resolution, progress: Progress | None) -> ConvertSummary:
    """Convert one task in this process, straight to the output; closes the writer."""
    schema, recipe, files = writer.schema, resolution.recipe, resolution.files
    summary = ConvertSummary(writer.summary, schema, files=len(files.paths), told=[*writer.summary.told, *recipe.told])
    summary.pads = {spec.name: spec.pad for spec in schema.objects if spec.level == "padded" and spec.pad}
    with writer:
        for chunk in prefetched(chunks(recipe, files)):
            account(summary, chunk)
            if chunk.events is not None:
                writer.fill(chunk.events, origin=chunk.origin, ordered=True)
            if progress is not None:
                progress(summary.entries_in, files.estimate())
    summary.skipped = [*files.skipped, *summary.skipped]
    summary.bytes_in = sum(header.size for header in resolution.headers.found)
    if files.surplus:
        summary.told.append(f"left out, not in the first input {recipe.first}: {', '.join(files.surplus)}")
    return summary


def _is_worth_processes(files: Inputs) -> bool:
    """True where local inputs are certainly many tasks, by their sizes."""
    left = WORTH_TASKS * TASK_BYTES
    for path in files.paths if files.entries.stop is None else ():
        left -= Path(path).stat().st_size if Path(path).is_file() else 0
        if left <= 0:
            return True
    return False


def _check_planned(output: Path, *, overwrite: bool, resume: bool) -> None:
    """A plan that others may be at work on is not removed by the way."""
    if not overwrite and not resume and planned(output) is not None:
        raise OutputError(
            "plan of this output",
            got=str(staging_folder(output)),
            expected="none, or its tasks to be committed",
            hint="simdprep commit, or --overwrite, which removes it",
        )


def iterate(
    inputs: Files | None,
    *,
    config: ConfigLike = None,
    overrides: Sequence[str] = (),
    tree: str | None = None,
    objects: Sequence[str] | None = None,
    entries: str | EntryRange | None = None,
) -> Iterator[ak.Array]:
    """Yield the events of the inputs in awkward chunks, selected and derived as ``convert`` would store them.

    Args:
        inputs: As for :func:`convert`.
        config: As for :func:`convert`; layout and pads play no role.
        overrides: As for :func:`convert`.
        tree: As for :func:`convert`.
        objects: As for :func:`convert`.
        entries: As for :func:`convert`.

    Raises:
        SimdprepError: as :func:`convert`.
    """
    request = Request(inputs, config=config, overrides=overrides, tree=tree, objects=objects, entries=entries)
    settings = request.settings()
    with request.files(settings) as files:
        recipe = find_recipe(like_input(settings, files.first()), files, objects=objects)
        for chunk in prefetched(chunks(recipe, files)):
            if chunk.events is not None:
                yield chunk.events


def _dtype_notes(config: Config, schema: Schema) -> list[str]:
    if config.output.dtype is None:
        return []
    count = sum(field.dtype == config.output.dtype for spec in schema.objects for field in spec.fields)
    return [f"output.dtype {config.output.dtype}: {count} fields are stored so; integers and bools keep their dtypes"]
