"""Inspection: what an input holds, which objects it becomes, and a config that converts it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..readers import Grouping, possible_links
from ..schema import ObjectSpec, Schema
from ..schema.config import Config, load_config
from ..schema.config_yaml import ConfigPath
from .annotated import annotated
from .inputs import EntryRange, Files, Inputs
from .multiplicity import DEFAULT_PAD, FIRST_ENTRIES, Multiplicities, count_lost
from .opening import Opening
from .resolution import resolve
from .resolve import like_input
from .resolved import resolved_config

#: Files that are opened for their number of entries; that of more is estimated from these.
_OPENED = 32


@dataclass(frozen=True)
class FoundField:
    """A field of an object.

    Attributes:
        name: Its name in the dataset.
        branch: The branch it is read from.
        dtype: Its dtype in the dataset; ``string`` for text, which is stored as int32 codes.
        unit: Its unit, where the input tells it.
    """

    name: str
    branch: str
    dtype: str
    unit: str = ""


@dataclass(frozen=True)
class Multiplicity:
    """How many entries an object has, in the first entries of the inputs.

    Attributes:
        mean: Per entry of what it hangs on; 0 where there is none.
        p99: Not exceeded by 99 % of these.
        largest: The largest.
        total: Entries in all.
        truncated: How many of them find no slot at the proposed pads, or hang on an entry that finds none.
    """

    mean: float
    p99: int
    largest: int
    total: int
    truncated: int


@dataclass(frozen=True)
class FoundObject:
    """An object that the branches of an input form.

    Attributes:
        name: Its name.
        parent: The object it hangs on; ``None`` for the numbers of an event.
        fields: In stored order; empty where it only holds the outer lists of others.
        pad: Proposed slots; ``None`` for the numbers of an event.
        multiplicity: ``None`` for the numbers of an event.
        bytes_per_row: Uncompressed, with its mask and multiplicity, in layout ``columns``.
    """

    name: str
    parent: str | None
    fields: tuple[FoundField, ...]
    pad: int | None
    multiplicity: Multiplicity | None
    bytes_per_row: int


@dataclass(frozen=True)
class Inspection:
    """What some inputs hold.

    Attributes:
        paths: The files, sorted.
        kind: ``ttree``, ``rntuple``, ``parquet``, ``feather`` or ``hdf5``.
        tree: Name of the tree; empty where the format has none.
        other_trees: Names of the trees of the first file that are not read.
        num_entries: Entries of all files; an estimate where ``num_opened`` is less than their number.
        num_opened: Files that were opened.
        num_counted: The first entries, which multiplicities are taken from.
        objects: What the branches form, in stored order.
        counters: Branches that only count an object and are not stored, with that object.
        links: Branches that look like cross references and are not followed, with where they lead if that is plain.
        told: What was split, renamed or left out, one line each with the reason.
        config: Everything written out: ``convert`` with it gives what ``convert`` without one gives.
    """

    paths: tuple[str, ...]
    kind: str
    tree: str
    other_trees: tuple[str, ...]
    num_entries: int
    num_opened: int
    num_counted: int
    objects: tuple[FoundObject, ...]
    counters: Mapping[str, str]
    links: tuple[str, ...]
    told: tuple[str, ...]
    config: Config

    @property
    def bytes_per_row(self) -> int:
        """Uncompressed bytes of a row, over all objects."""
        return sum(entry.bytes_per_row for entry in self.objects)

    def to_yaml(self) -> str:
        """Return the config as YAML with comments: what pads would truncate, and bytes per row."""
        comments: dict[ConfigPath, str] = {}
        for entry in self.objects:
            path: ConfigPath = ("objects", entry.name)
            comments[path if entry.pad is None else (*path, "pad")] = _comment(entry)
        first = self.paths[0] + (f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else "")
        head = [
            f"{first}: {self.kind}{' ' if self.tree else ''}{self.tree}",
            f"Pads hold the multiplicity of {DEFAULT_PAD[1:]} % in the first {self.num_counted:,} entries.",
            f"A row has {self.bytes_per_row:,} bytes before compression.",
            *self.told,
        ]
        return annotated(self.config, comments, head)


def inspect(
    inputs: Files,
    *,
    tree: str | None = None,
    objects: list[str] | None = None,
    config: Config | Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> Inspection:
    """Look at files and say what ``convert`` would make of them; reads headers and the first counts.

    Args:
        inputs: Paths, globs or URLs.
        tree: Tree to read, where a file has several.
        objects: Only these objects.
        config: What else is said of the input (friends), and objects that are known already.

    Raises:
        InputError: a file cannot be read, or has nothing that can be converted; the text says why.
    """
    config = load_config(Path(config) if isinstance(config, str | os.PathLike) else config)
    if tree is not None:
        config = config.with_values({("input", "tree"): tree})
    with Inputs.expand(
        inputs, opening=Opening.from_config(config), entries=EntryRange(), skip_bad_files=False
    ) as files:
        config = like_input(config, files.first())
        recipe, schema = resolve(config, files, objects=objects)
        lists = [spec.name for spec in schema.objects if spec.is_list]
        found = Multiplicities.measure(recipe, files, lists, limit=FIRST_ENTRIES)
        pads = {spec.name: spec.pad for spec in schema.objects if spec.is_list and spec.pad is not None}
        lost = count_lost(recipe, files, pads, limit=FIRST_ENTRIES)
        first = files.first()
        for path in files.paths[:_OPENED]:
            files.source(path)
        num_entries, num_opened = files.estimate(), files.num_opened
        resolved = resolved_config(config, recipe, schema, files)
    sizes = _bytes_per_row(schema)
    return Inspection(
        paths=files.paths,
        kind=first.kind,
        tree=first.tree,
        other_trees=first.other_trees,
        num_entries=num_entries,
        num_opened=num_opened,
        num_counted=min(num_entries, FIRST_ENTRIES),
        objects=tuple(_object(spec, recipe.grouping, found, lost, sizes[spec.name]) for spec in schema.objects),
        counters=dict(recipe.grouping.counters),
        links=possible_links(first.branches, first.links),
        told=recipe.told,
        config=resolved,
    )


def _object(
    spec: ObjectSpec, grouping: Grouping, found: Multiplicities, lost: Mapping[str, int], size: int
) -> FoundObject:
    members = grouping.group(spec.name).members
    fields = tuple(
        FoundField(
            field.name, members[field.name].branch.name, "string" if field.is_string else field.dtype, field.unit
        )
        for field in spec.fields
    )
    if not spec.is_list or spec.pad is None:
        return FoundObject(spec.name, spec.parent, fields, None, None, size)
    total = found.total(spec.name)
    largest = found.slots(spec.name, "max") if total else 0
    multiplicity = Multiplicity(
        mean=total / max(int(found.counts[spec.name].sum()), 1),
        p99=min(found.slots(spec.name, "p99"), largest),
        largest=largest,
        total=total,
        truncated=lost[spec.name],
    )
    return FoundObject(spec.name, spec.parent, fields, spec.pad, multiplicity, size)


def _bytes_per_row(schema: Schema) -> dict[str, int]:
    sizes = dict.fromkeys(schema.names, 0)
    for dataset in schema.core().describe().datasets:
        sizes[schema.names[dataset.object]] += dataset.row_bytes
    return sizes


def _comment(entry: FoundObject) -> str:
    size = f"{entry.bytes_per_row:,} bytes per row"
    if entry.multiplicity is None:
        return size
    lost, total, most = entry.multiplicity.truncated, entry.multiplicity.total, entry.multiplicity.largest
    if not lost:
        return f"truncates none of {total:,}; {size}"
    return f"truncates {lost:,} of {total:,} ({lost / total:.2%}), {most} would keep all; {size}"
