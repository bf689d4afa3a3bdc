"""Convert: files of events in, a dataset out."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, InputError, OutputError
from ..readers import Source
from ..schema import Schema
from ..schema.config import Config, load_config
from ..storage.staged_output import check_output, is_whole, staging_folder
from ..transforms import Expression
from .accounts import account
from .campaign import Progress, convert_in_tasks, planned, share_of
from .chunks import chunks
from .conversion_task import make_ready
from .cuts import TASK_BYTES, WORTH_TASKS
from .executors import LocalPool, Serial, executor_of
from .finished import finished, nothing_new
from .growth import Growth
from .headers import Headers, read_headers
from .inputs import EntryRange, Files, Inputs
from .multiplicity import FIRST_ENTRIES, Multiplicities
from .opening import Opening
from .plan import make_plan
from .prefetch import prefetched
from .recipe import Recipe, make_recipe
from .resolve import Pads, like_input, make_schema, pad_rules, resolve_pads
from .resolved import Values, resolved_config
from .summary import ConvertSummary
from .writer import Writer

#: Inputs whose counts decide which branches belong together: all of them are open at a time.
COUNTED_FILES = 64

if TYPE_CHECKING:
    import awkward as ak

ConfigLike = str | os.PathLike[str] | Mapping[str, Any] | Config | None


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
    settings = settings_of(config, overrides, tree=tree, rows=rows, layout=layout, compression=compression)
    growth = Growth.of(place) if update else None
    check_output(place, overwrite=overwrite, resume=resume, update=growth is not None)  # before anything is read
    _check_planned(place, overwrite=overwrite, resume=resume)
    with ExitStack() as stack:
        workers = stack.enter_context(executor_of(executor, jobs=jobs, dask=dask))
        files = stack.enter_context(inputs_of(inputs, settings, entries, skip_bad_files))
        if growth is not None:
            files.paths = growth.new(files.paths)
            if not files.paths:
                return nothing_new(growth)
        if isinstance(workers, LocalPool) and _is_worth_processes(files):
            workers.begin(make_ready, files.opening, files.paths[0], share_of(workers, threads))  # beside the planning
        settings = like_input(settings, files.first())
        headers = read_headers(files, workers)
        recipe, schema = resolve(settings, files, objects=objects, pad=pad if growth is None else growth.pads())
        if growth is not None:
            growth.check(schema)
        resolved = resolved_config(settings, recipe, schema, files)
        plan = make_plan(
            staging_folder(place.absolute()),
            files,
            headers,
            recipe,
            schema,
            resolved,
            objects=objects,
            part_rows=part_rows,
            task_size=task_size,
            config_text=None if growth is None else growth.config_text,
            executor=workers,
        )
        if resume and growth is None and is_whole(place):
            return finished(place, resolved)
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
                    schema,
                    overwrite=overwrite or resume,
                    threads=threads,
                    part_rows=part_rows,
                    config_text=resolved.config_text,
                )
            )
            summary = _convert_here(writer, recipe, files, headers, progress)
    summary.told += _dtype_notes(settings, schema)
    summary.seconds = time.perf_counter() - started
    return summary


def _convert_here(
    writer: Writer, recipe: Recipe, files: Inputs, headers: Headers, progress: Progress | None
) -> ConvertSummary:
    """Convert one task in this process, straight to the output; closes the writer."""
    schema = writer.schema
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
    summary.bytes_in = sum(header.size for header in headers.found)
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
    settings = settings_of(config, overrides, tree=tree, rows=None, layout=None, compression=None)
    with inputs_of(inputs, settings, entries, False) as files:
        with ExitStack() as stack:
            others = _others(files, settings, stack)
            settings = like_input(settings, files.first())
            recipe = make_recipe(files.first(), settings, objects=objects, others=others)
        for chunk in prefetched(chunks(recipe, files)):
            if chunk.events is not None:
                yield chunk.events


def resolve(
    config: Config,
    inputs: Inputs,
    *,
    objects: Sequence[str] | None = None,
    pad: Pads | None = None,
    reads: Sequence[tuple[str, Expression]] = (),
) -> tuple[Recipe, Schema]:
    """Decide what is read, and the schema it is written with; reads headers and the counts that pads need."""
    with ExitStack() as stack:
        others = _others(inputs, config, stack)
        first = inputs.first()
        recipe = make_recipe(first, config, objects=objects, others=others, reads=reads)
        rules = pad_rules(recipe, config, pad)
        # What the layout cannot hold shows before anything long is read.
        make_schema(recipe, config, first, {name: rule if isinstance(rule, int) else 1 for name, rule in rules.items()})
        pads = resolve_pads(rules, measure(recipe, inputs, rules))
        return recipe, make_schema(recipe, config, first, pads)


def measure(recipe: Recipe, inputs: Inputs, rules: Mapping[str, int | str]) -> Multiplicities:
    """Count what the pad rules need: all entries for ``max``, the first for percentiles."""
    percentiles = [name for name, rule in rules.items() if isinstance(rule, str) and rule != "max"]
    found = Multiplicities.measure(recipe, inputs, percentiles, limit=FIRST_ENTRIES)
    largest = [name for name, rule in rules.items() if rule == "max"]
    found.counts.update(Multiplicities.measure(recipe, inputs, largest, limit=None).counts)
    return found


def settings_of(config: ConfigLike, overrides: Sequence[str], **options: str | None) -> Config:
    """Return a config with what options say instead."""
    places: dict[str, tuple[str, str]] = {
        "tree": ("input", "tree"),
        "layout": ("output", "layout"),
        "compression": ("output", "compression"),
    }
    source = Path(config) if isinstance(config, (str, os.PathLike)) else config
    settings = load_config(source, overrides)
    values: Values = {places.get(key, (key,)): value for key, value in options.items() if value is not None}
    return settings.with_values(values) if values else settings


def inputs_of(inputs: Files | None, config: Config, entries: str | EntryRange | None, skip_bad_files: bool) -> Inputs:
    """Return the files of a conversion, or those that its config names."""
    if inputs is None and not config.input.paths:
        raise ConfigError("input files", got="none", expected="at least one", hint="naming them, or input.files")
    if isinstance(entries, str):
        entries = EntryRange.parse(entries)
    return Inputs.expand(
        config.input.paths if inputs is None else inputs,
        opening=Opening.from_config(config),
        entries=entries or EntryRange(),
        skip_bad_files=skip_bad_files,
    )


def _others(inputs: Inputs, config: Config, stack: ExitStack) -> list[Source]:
    """As many inputs after the first as the counts of the first entries need, open until the stack closes."""
    first = inputs.first()
    others: list[Source] = []
    if config.objects or not any(branch.depth for branch in first.branches.values()):
        return others  # nothing is grouped by its counts
    left = FIRST_ENTRIES - first.num_entries
    begin = inputs.paths.index(first.path) + 1
    for path in inputs.paths[begin : begin + COUNTED_FILES]:
        if left <= 0:
            break
        try:
            source = stack.enter_context(inputs.opening.open(path, threads=1))
        except InputError:
            if not inputs.skip_bad_files:
                raise
            continue
        if set(first.branches) <= set(source.branches):
            others.append(source)
        left -= source.num_entries
    return others


def _dtype_notes(config: Config, schema: Schema) -> list[str]:
    if config.output.dtype is None:
        return []
    count = sum(field.dtype == config.output.dtype for spec in schema.objects for field in spec.fields)
    return [f"output.dtype {config.output.dtype}: {count} fields are stored so; integers and bools keep their dtypes"]
