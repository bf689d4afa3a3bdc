"""RecordedPart: what a part says of its making, whatever else of it may be damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from ..schema import Schema
from .attributes import read_root
from .guard import guarded, open_file
from .provenance import configs_of, input_ranges


@dataclass(frozen=True)
class Recorded:
    """What the attributes of a part say; each was compared with its SHA-256.

    Attributes:
        schema: Of the part.
        schema_sha256: Of its text.
        provenance_sha256: Of the text of its provenance.
        configs: Texts of the configs it comes from, by their SHA-256.
        runs: Which entries of which inputs its rows come from, as a manifest says it.
        num_rows: Rows that the provenance accounts for.
        num_events: Events likewise, those without rows included.
    """

    schema: Schema
    schema_sha256: str
    provenance_sha256: str
    configs: Mapping[str, str]
    runs: list[dict[str, Any]]
    num_rows: int
    num_events: int

    @property
    def categories(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The strings of the part, by object and field."""
        return categories_of(self.schema)


def categories_of(schema: Schema) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the strings of a schema, by object and field."""
    return {
        (spec.name, field.name): field.categories
        for spec in schema.objects
        for field in spec.fields
        if field.categories is not None
    }


def recorded(path: Path) -> Recorded | None:
    """Return what a part says of its making; ``None`` where that is damaged, or there is no such file."""
    try:
        file = open_file(path)
        with guarded(path):
            root = read_root(file, str(path), path.stat().st_size)
        provenance = root.provenance
    except (DatasetError, OSError):
        return None
    ranges = provenance["ranges"]
    return Recorded(
        root.schema,
        root.schema_sha256,
        root.provenance_sha256,
        configs_of(provenance),
        input_ranges(provenance),
        max((entry["rows"][1] for entry in ranges), default=0),
        max((entry["events"][1] for entry in ranges), default=0),
    )
