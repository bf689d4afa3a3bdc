"""Convert: files of events in, a dataset out, in one process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, InputError
from ..readers import Source
from ..schema import Schema
from ..schema.config import Config, load_config
from ..storage.output import Output
from ..transforms import Expression
from .chunks import Chunk, chunks
from .inputs import EntryRange, Files, Inputs
from .multiplicity import FIRST_ENTRIES, Multiplicities
from .opening import Opening
from .prefetch import prefetched
from .recipe import Recipe, make_recipe
from .resolve import Pads, like_input, make_schema, pad_rules, resolve_pads
from .resolved import Values, resolved_config
from .summary import ConvertSummary
from .writer import Writer

if TYPE_CHECKING:
    import awkward as ak

#: Called after every step with the entries done and the entries in all.
Progress = Callable[[int, int], None]

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
) -> ConvertSummary:
    """Convert ROOT, Parquet or feather files to a dataset.

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
        threads: Threads of the encoder; ``None`` for all cores.
        part_rows: Rows per part file; ``None`` closes a part past 128 MiB.
        progress: Called with entries done and in all.

    Raises:
        SimdprepError: one of its kinds, for any mistake in inputs, config or output.

    Memory: two steps of input (about 64 MB each, uncompressed), and what :class:`Writer` states.
    """
    started = time.perf_counter()
    settings = _settings(config, overrides, tree=tree, rows=rows, layout=layout, compression=compression)
    Output.check(output, overwrite=overwrite)  # before anything is read
    with ExitStack() as stack:
        files = stack.enter_context(_inputs(inputs, settings, entries, skip_bad_files))
        settings = like_input(settings, files.first())
        recipe, schema = resolve(settings, files, objects=objects, pad=pad)
        resolved = resolved_config(settings, recipe, schema, files)
        writer = stack.enter_context(
            Writer(
                output,
                schema,
                overwrite=overwrite,
                threads=threads,
                part_rows=part_rows,
                config_text=resolved.config_text,
            )
        )
        summary = ConvertSummary(
            writer.summary, schema, files=len(files.paths), told=[*writer.summary.told, *recipe.told]
        )
        summary.pads = {spec.name: spec.pad for spec in schema.objects if spec.level == "padded" and spec.pad}
        for chunk in prefetched(chunks(recipe, files)):
            _account(summary, chunk)
            if chunk.events is not None:
                writer.fill(chunk.events, origin=chunk.origin, ordered=True)
            if progress is not None:
                progress(summary.entries_in, files.estimate())
    summary.skipped = [*files.skipped, *summary.skipped]
    summary.bytes_in = sum(Path(path).stat().st_size for path in files.paths if Path(path).is_file())
    if files.surplus:
        summary.told.append(f"left out, not in the first input {recipe.first}: {', '.join(files.surplus)}")
    summary.told += _dtype_notes(settings, schema)
    summary.seconds = time.perf_counter() - started
    return summary


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
    settings = _settings(config, overrides, tree=tree, rows=None, layout=None, compression=None)
    with _inputs(inputs, settings, entries, False) as files:
        with ExitStack() as stack:
            others = _others(files, stack)
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
        others = _others(inputs, stack)
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


def _settings(config: ConfigLike, overrides: Sequence[str], **options: str | None) -> Config:
    places: dict[str, tuple[str, str]] = {
        "tree": ("input", "tree"),
        "layout": ("output", "layout"),
        "compression": ("output", "compression"),
    }
    source = Path(config) if isinstance(config, (str, os.PathLike)) else config
    settings = load_config(source, overrides)
    values: Values = {places.get(key, (key,)): value for key, value in options.items() if value is not None}
    return settings.with_values(values) if values else settings


def _inputs(inputs: Files | None, config: Config, entries: str | EntryRange | None, skip_bad_files: bool) -> Inputs:
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


def _others(inputs: Inputs, stack: ExitStack) -> list[Source]:
    """As many inputs after the first as the counts of the first entries need, open until the stack closes."""
    first = inputs.first()
    others: list[Source] = []
    left = FIRST_ENTRIES - first.num_entries
    for path in inputs.paths[inputs.paths.index(first.path) + 1 :]:
        if left <= 0:
            break
        try:
            source = stack.enter_context(inputs.opening.open(path))
        except InputError:
            if not inputs.skip_bad_files:
                raise
            continue
        if set(first.branches) <= set(source.branches):
            others.append(source)
        left -= source.num_entries
    return others


def _account(summary: ConvertSummary, chunk: Chunk) -> None:
    summary.entries_in += chunk.num_entries
    if chunk.skipped is not None:
        summary.skipped.append(chunk.skipped)
        summary.dropped["unreadable"] += chunk.num_entries
    if chunk.flow.events_dropped:
        summary.dropped["select"] += chunk.flow.events_dropped
    for name, flow in chunk.flow.objects.items():
        lost = sum(flow.dropped.values())
        if lost:
            summary.objects_dropped[name] += lost
    if chunk.missing_lists:
        summary.missing_lists += chunk.missing_lists
    summary.lost_links.update(chunk.lost_links)


def _dtype_notes(config: Config, schema: Schema) -> list[str]:
    if config.output.dtype is None:
        return []
    count = sum(field.dtype == config.output.dtype for spec in schema.objects for field in spec.fields)
    return [f"output.dtype {config.output.dtype}: {count} fields are stored so; integers and bools keep their dtypes"]
