"""MergedFolder: parts of several datasets become those of one folder; what fits as it is stays byte for byte."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..errors import DatasetError
from ..schema import Schema
from .adapted_part import AdaptedPart, Before
from .dataset_info import num_items
from .disk_file import DiskFile
from .merge import build
from .merge_summary import MergeSummary
from .part_reader import PartReader
from .placement import Placement
from .provenance import configs_of, input_ranges
from .same_schema import is_same

if TYPE_CHECKING:
    from .output import Output


def merge_to_folder(
    paths: Sequence[Path], schema: Schema, output: Output, summary: MergeSummary, *, threads: int = 0
) -> None:
    """Copy parts, or make them anew where their schema is another, and write the manifest.

    Args:
        paths: The parts, in order of their rows.
        schema: Of the dataset.
        output: A folder, locked.
        summary: Takes the counts.
        threads: Threads that decode and encode; 0 for one per core.

    Raises:
        DatasetError: a part is damaged; the parts before are there, but no manifest.
        ResourceError: the disk is full.
        OutputError: the folder cannot be written.
    """
    placement = Placement.of(schema)
    before = Before()
    configs: dict[str, str] = {}
    for path in paths:
        reader = PartReader(path, threads=threads)
        alone = before.numbers()
        as_it_is = not AdaptedPart(reader, placement, alone).shifts_events and is_same(schema, reader.root.schema)
        temporary = output.next_part.with_name(f"{output.next_part.name}.tmp-{os.getpid()}")
        try:
            if as_it_is:
                _copy(reader, temporary)
            else:
                build([path], temporary, schema, threads=threads, before=before.numbers())
                summary.told.append(f"{path} has another schema: made anew")
            reader.forget()
            record = _describe(temporary, threads)
            output.adopt(temporary, **record)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        before = alone.numbers()
        configs |= configs_of(reader.root.provenance)
        summary.num_rows += record["num_rows"]
    output.write_manifest(schema, configs)
    summary.parts, summary.bytes, summary.num_configs = len(paths), output.num_bytes, max(len(configs), 1)


def _copy(reader: PartReader, target: Path) -> None:
    with DiskFile(target, needed=reader.num_bytes) as disk:
        copier = _core.RangeCopier(disk.descriptor, 2)
        start = np.zeros(1, np.uint64)
        copier.copy(str(reader.path), start, start, np.array([reader.num_bytes], np.uint64))
        disk.fail(*copier.finish())
        with disk.syncing():
            copied = PartReader(target, threads=reader.threads)
            try:
                copied.check_chunks()
            except DatasetError:
                reader.check_chunks()  # names the part if the fault is there
                raise
            finally:
                copied.forget()


def _describe(path: Path, threads: int) -> dict[str, Any]:
    """What the manifest says of a part."""
    reader = PartReader(path, threads=threads)
    try:
        provenance = reader.root.provenance
        return {
            "num_rows": reader.num_rows,
            "rows": tuple((spec.name, num_items(reader, spec)) for spec in reader.root.schema.objects),
            "inputs_json": json.dumps(input_ranges(provenance), ensure_ascii=False, separators=(",", ":")),
            "config_sha256": provenance["config_sha256"],
            "version": provenance["versions"].get("simdprep", ""),
        }
    finally:
        reader.forget()
