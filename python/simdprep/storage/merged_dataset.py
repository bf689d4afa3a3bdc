"""MergedDataset: datasets of one schema, or of schemas that can be joined, become one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import DatasetError, OutputError
from .merge import merge_parts, schema_of_files
from .merge_summary import MergeSummary
from .merged_folder import merge_to_folder
from .output import Output
from .source import PathLike, Source


def merge(
    datasets: PathLike | Iterable[PathLike],
    output: PathLike,
    *,
    fill: bool = False,
    overwrite: bool = False,
    threads: int | None = None,
) -> MergeSummary:
    """Merge datasets into one file (``*.h5``) or a folder of parts; they stay as they are.

    Rows keep their order: dataset by dataset, part by part. Counters are added up, of metadata and configs all are
    kept, strings get codes of one list. Nothing carries the name of the output before it has been compared with all of
    its checksums.

    Args:
        datasets: Files, folders or globs, in the order of their rows.
        output: ``*.h5`` for one file, any other name for a folder that takes the parts as they are.
        fill: Make up with fill values for fields and slots that some have and others have not, and widen dtypes.
            Without it any difference is an error that names it.
        overwrite: Replace what is there.
        threads: Threads that decode and encode; ``None`` for one per core. Bytes do not depend on it.

    Raises:
        DatasetError: a part is damaged, given twice, or has another schema.
        OutputError: the output exists, is locked, holds a part itself, or cannot be written.
        ResourceError: the disk is full; what is merged is safe.

    Memory: about 256 MiB of chunks that must be encoded anew, and the chunk tables.
    """
    source = Source.find([datasets] if isinstance(datasets, (str, os.PathLike)) else datasets)
    _check_distinct(source.paths)
    _check_apart(source.paths, Path(output))
    Output.check(output, overwrite=overwrite)
    schema = schema_of_files(source.paths, fill=fill)
    out = Output(output, overwrite=overwrite)
    try:
        summary = MergeSummary(str(output), files=len(source.paths), told=list(out.told))
        summary.bytes_in = sum(path.stat().st_size for path in source.paths)
        if out.is_file:
            built = merge_parts(source.paths, out.path, threads=threads or 0, schema=schema, before_naming=out.recheck)
            summary.num_rows, summary.parts, summary.bytes = built.num_rows, 1, out.path.stat().st_size
            summary.num_configs = built.num_configs
            summary.told += built.told
        else:
            merge_to_folder(source.paths, schema, out, summary, threads=threads or 0)
        return summary
    finally:
        out.abandon()


def _check_distinct(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        place = path.resolve()
        if place in seen:
            raise DatasetError("part", got=f"{path} twice", expected="each once", hint="naming it once")
        seen.add(place)


def _check_apart(paths: Sequence[Path], output: Path) -> None:
    """Raise where making room for the output would remove what is to be merged."""
    cleaned = {output.resolve(), output.with_name(output.name + ".parts").resolve()}
    for path in paths:
        if path.resolve().parent in cleaned:
            raise OutputError(
                "output", got=f"the place of {path}, which is to be merged", expected="another one", where=str(output)
            )
