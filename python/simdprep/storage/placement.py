"""Placement: in which dataset, and which of its members, each number of a schema lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from weakref import WeakValueDictionary

from .. import _core
from ..schema import EVENTS, ObjectSpec, Schema

#: Format, schema and provenance, and the hashes of these two.
_ROOT_ATTRIBUTES = 5


@dataclass(frozen=True)
class Place:
    """Where the values of one name lie.

    Attributes:
        dataset: Index in the description's datasets.
        member: Of its records; ``None`` for a dataset of plain numbers.
    """

    dataset: int
    member: str | None = None


class Placement:
    """Finds places by object and field, the same way in every layout.

    Args:
        schema: What the part holds.
        description: The core's description of ``schema``.

    Attributes:
        schema: As given.
        description: As given.
        datasets: Of the description.
        paths: Of these.
        row_paths: Of those along the rows, with their indices.
        checked: How sound ones are stored, by index and engine, for those who look at the next part.
        known_storage: The same of all datasets at once, by the bytes that say it in a file.
    """

    def __init__(self, schema: Schema, description: _core.Description) -> None:
        self.schema = schema
        self.description = description
        self.datasets = tuple(description.datasets)
        self.paths = tuple(dataset.path for dataset in self.datasets)
        self.row_paths = {dataset.path: index for index, dataset in enumerate(self.datasets) if not dataset.is_flat}
        self.checked: dict[tuple[int, str], Any] = {}
        self.known_storage: dict[bytes, Any] = {}
        self._owners = ("/", *description.groups, *self.paths)
        own = Counter(attribute.owner for attribute in description.attributes)
        own.update(set(description.object_paths))
        own["/"] += _ROOT_ATTRIBUTES
        self._num_attributes = [own[owner] for owner in self._owners]
        self._paths = {dataset.path: index for index, dataset in enumerate(self.datasets)}
        self._members = [frozenset(member.name for member in dataset.members) for dataset in self.datasets]

    @classmethod
    def of(cls, schema: Schema) -> Self:
        """Return the placement of a schema; the same one for the same object, as long as somebody keeps it."""
        found = _placements.get(id(schema))
        if found is None or found.schema is not schema:
            found = _placements[id(schema)] = cls(schema, schema.core().describe())
        assert isinstance(found, cls)
        return found

    def owners_of_more(self, num_attributes: Sequence[int]) -> tuple[str, ...]:
        """Paths of the objects that have more attributes than the format gives them.

        Args:
            num_attributes: Of the root group, the other groups, and the datasets.
        """
        if num_attributes == self._num_attributes:
            return ()
        known = zip(self._owners, num_attributes, self._num_attributes, strict=True)
        return tuple(owner for owner, count, own in known if count > own)

    @property
    def is_compound(self) -> bool:
        """True where an object is one dataset of records."""
        return self.schema.layout == "compound"

    def field(self, spec: ObjectSpec, field: str) -> Place:
        """Place of a field; in layout compound the fields of events above other rows lie with these rows."""
        if not self.is_compound:
            return Place(self._paths[f"/{spec.name}/{field}"])
        owner = self.schema.rows if spec.level == "event" else spec.name
        return Place(self._paths[f"/{owner}"], field)

    def record_of(self, spec: ObjectSpec) -> int:
        """Layout compound: the dataset that holds an object's records."""
        return self._paths[f"/{spec.name}"]

    def valid(self, spec: ObjectSpec) -> Place | None:
        """Place of the mask of a padded object; ``None`` for others."""
        if spec.level != "padded":
            return None
        if self.is_compound:
            return Place(self._paths[f"/{spec.name}"], "valid")
        return Place(self._paths[f"/{spec.name}/valid"])

    def count(self, spec: ObjectSpec) -> Place | None:
        """Place of the multiplicities before truncation; ``None`` where they are not stored as such."""
        if spec.level != "padded":
            return None
        if not self.is_compound:
            return Place(self._paths[f"/{spec.name}/count"])
        holder = self._count_holder(spec)
        return None if holder is None else Place(holder, f"n_{spec.name}")

    def _count_holder(self, spec: ObjectSpec) -> int | None:
        if not self.schema.counts:
            return None
        names = [spec.parent] if spec.parent in self.schema.names else []
        names += [other.name for other in self.schema.objects if other.level == "row"]
        for name in names:
            index = self._paths.get(f"/{name}")
            if index is not None and f"n_{spec.name}" in self._members[index]:
                return index
        return None

    def offsets(self, spec: ObjectSpec) -> Place | None:
        """Place of the offsets of a ragged object, or from events to other rows; ``None`` where there are none."""
        if spec.level not in ("ragged", "event") or self.is_compound:
            return None
        return Place(self._paths[f"/{spec.name}/offsets"])

    @property
    def event_index(self) -> Place | None:
        """Place of the number of the event each row belongs to; ``None`` where offsets say it or rows are events."""
        if self.schema.rows == EVENTS or not self.is_compound:
            return None
        return Place(self._paths[f"/{self.schema.rows}"], "event_index")

    def slots(self, spec: ObjectSpec) -> tuple[int, ...]:
        """Slots of a padded object in a row, outermost first; empty for others."""
        if spec.level != "padded" or spec.pad is None:
            return ()
        parent = self.list_parent(spec)
        outer = () if parent is None or parent.pad is None else (parent.pad,)
        return (*outer, spec.pad)

    def list_parent(self, spec: ObjectSpec) -> ObjectSpec | None:
        """The list object that a list object hangs on; ``None`` where it hangs on the rows."""
        if not spec.is_list or spec.parent is None or spec.parent == self.schema.rows:
            return None
        return self.schema.object(spec.parent)


#: By the number of the schema, which its placement keeps alive.
_placements: WeakValueDictionary[int, Placement] = WeakValueDictionary()
