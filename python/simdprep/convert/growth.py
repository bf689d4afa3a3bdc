"""Growth: a dataset to which the rows of new inputs are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..readers import change_of
from ..schema import EVENTS, Schema
from ..storage import Dataset
from ..storage import open as open_dataset
from ..storage.manifest import Manifest
from ..storage.merge_provenance import num_events_of
from ..storage.part_reader import PartReader
from ..storage.same_schema import check_same
from ..storage.source import Source
from ..storage.staged_output import is_whole


@dataclass(frozen=True)
class Growth:
    """What there is before the new inputs.

    Attributes:
        path: The dataset.
        schema: Of it.
        num_rows: Rows.
        num_events: Events.
        config_text: Its resolved config, which the new parts carry too: they are part of the same dataset.
        config_sha256: Of that text.
        inputs: By name, what is known of each input it has.
    """

    path: Path
    schema: Schema
    num_rows: int
    num_events: int
    config_text: str
    config_sha256: str
    inputs: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, path: Path) -> Growth | None:
        """Return what a dataset holds; ``None`` where there is none yet.

        Raises:
            DatasetError: it is damaged.
        """
        if not is_whole(path):
            return None
        with open_dataset(path) as dataset:
            provenance = PartReader(Source.find(path).paths[0]).root.provenance
            identities = provenance["inputs"] if path.is_file() else _listed(path)
            return cls(
                path,
                dataset.schema,
                dataset.num_rows,
                _num_events(dataset, path),
                provenance["config"],
                provenance["config_sha256"],
                {str(identity["name"]): identity for identity in identities},
            )

    def new(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the inputs that the dataset does not have.

        Raises:
            InputError: one it has was changed since.
        """
        found = []
        for path in paths:
            known = self.inputs.get(path)
            if known is None:
                found.append(path)
                continue
            size = change_of(path)[1]
            if size != known["size"]:
                raise InputError(
                    "input file that was converted before",
                    got=f"{size} bytes",
                    expected=f"{known['size']}, as it had then",
                    where=path,
                    hint="--overwrite, which converts all anew",
                )
        return tuple(found)

    def pads(self) -> dict[str, int | str]:
        """The slots of the padded objects, which new inputs get too."""
        return {spec.name: spec.pad for spec in self.schema.objects if spec.pad is not None}

    def check(self, schema: Schema) -> None:
        """Raise where new inputs would be stored in another way.

        Raises:
            DatasetError: the first difference.
        """
        check_same(self.schema, schema, str(self.path), "the new inputs")

    def with_strings(self, schema: Schema) -> Schema:
        """Return a schema whose string lists begin with those that are stored already."""
        known = {
            (spec.name, field.name): field.categories
            for spec in self.schema.objects
            for field in spec.fields
            if field.categories is not None
        }
        return schema.with_categories(known)


def _num_events(dataset: Dataset, path: Path) -> int:
    """All events, those without rows included, which layout compound does not store."""
    if dataset.schema.layout != "compound" or dataset.schema.rows == EVENTS:
        return dataset.num_events
    return sum(num_events_of(PartReader(part)) for part in Source.find(path).paths)


def _listed(folder: Path) -> list[Mapping[str, Any]]:
    return [entry for part in Manifest.read(folder).parts for entry in part.inputs]
