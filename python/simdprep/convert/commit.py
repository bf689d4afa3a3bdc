"""Commit: the parts of all tasks become the dataset, their accounts its summary."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError, SchemaError, SimdprepWarning
from ..schema import EVENTS, Schema
from ..schema.field import MAX_CATEGORIES
from ..storage.attributes import parse_schema
from ..storage.merge_ahead import MergeAhead
from ..storage.staged_output import StagedOutput
from ..storage.staged_parts import StagedPart
from . import accounts
from .growth import Growth
from .summary import ConvertSummary, Skipped
from .writer import WriteSummary


def commit_records(
    output: StagedOutput,
    data: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    *,
    growth: Growth | None = None,
    threads: int | None = None,
    ahead: MergeAhead | None = None,
) -> ConvertSummary:
    """Make the dataset of the records of all tasks.

    Args:
        output: Where they are staged.
        data: Of the plan.
        records: In the order of the tasks.
        growth: The dataset that grows by them.
        threads: Threads of merging.
        ahead: What has merged the parts already.

    Raises:
        InputError: there is nothing to commit.
        SimdprepError: as :meth:`StagedOutput.commit`.
    """
    schema = parse_schema(data["schema"], str(output.folder))
    written = WriteSummary(
        str(output.path),
        num_items=dict.fromkeys(schema.names, 0),
        num_truncated=dict.fromkeys(schema.names, 0),
        told=list(output.told),
    )
    summary = ConvertSummary(written, schema, files=data["files"], bytes_in=data["bytes_in"])
    summary.pads = {spec.name: spec.pad for spec in schema.objects if spec.level == "padded" and spec.pad}
    summary.told += [*written.told, *data["told"]]
    summary.skipped += [Skipped(**entry) for entry in data["skipped"]]
    surplus: dict[str, None] = {}
    parts: list[StagedPart] = []
    shifts: list[int] = []
    events = growth.num_events if growth is not None else 0
    for record in records:
        accounts.add(summary, dict(record))
        surplus.update(dict.fromkeys(record.get("surplus", ())))
        staged = [StagedPart.from_json(entry) for entry in record.get("parts", ())]
        parts += staged
        shifts += [events] * len(staged)
        events += sum(part.num_events for part in staged)
    parts, shifts = _with_rows(parts, shifts)
    if not parts:
        reason = summary.skipped[0].reason if summary.skipped else "no entries"
        raise InputError("input files", got=f"none that can be converted: {reason}", expected="at least one")
    if surplus:
        summary.told.append(f"left out, not in the first input {data['first']}: {', '.join(surplus)}")
    whole = _with_strings(schema if growth is None else growth.with_strings(schema), records)
    counts_events = schema.layout == "compound" and schema.rows != EVENTS
    output.commit(
        parts,
        whole,
        config_text=data["config_text"],
        event_shifts=shifts if counts_events else None,
        threads=threads or 0,
        ahead=ahead,
    )
    summary.schema = whole
    written.parts = len(parts)
    written.bytes = output.num_bytes
    if growth is not None:
        summary.told.append(f"added to {growth.num_rows:,} rows that were there")
    if written.changes:
        warnings.warn(f"{written.path}: {'; '.join(written.changes)}", SimdprepWarning, stacklevel=5)
    return summary


def _with_rows(parts: list[StagedPart], shifts: list[int]) -> tuple[list[StagedPart], list[int]]:
    """Parts that hold something; of an empty dataset the first."""
    kept = [number for number, part in enumerate(parts) if part.num_rows or part.num_events] or [0][: len(parts)]
    return [parts[number] for number in kept], [shifts[number] for number in kept]


def _with_strings(schema: Schema, records: Sequence[Mapping[str, Any]]) -> Schema:
    """The schema with the strings of all tasks, in the order in which they come."""
    found: dict[tuple[str, str], dict[str, None]] = {
        (spec.name, field.name): dict.fromkeys(field.categories)
        for spec in schema.objects
        for field in spec.fields
        if field.categories is not None
    }
    for record in records:
        for name, field, texts in record.get("categories", ()):
            found[name, field].update(dict.fromkeys(texts))
    for (name, field), texts in found.items():
        if len(texts) > MAX_CATEGORIES:
            raise SchemaError(
                "categories of a string field",
                got=len(texts),
                expected=f"at most {MAX_CATEGORIES}",
                where=f"object {name}, field {field}",
                hint="leaving the field out, or hashing it before writing",
            )
    return schema.with_categories({key: tuple(texts) for key, texts in found.items()})
