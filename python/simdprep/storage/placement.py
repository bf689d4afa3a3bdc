"""Placement: in which dataset, and which of its members, each number of a schema lies."""

from __future__ import annotations

from dataclasses import dataclass

from .. import _core
from ..schema import EVENTS, ObjectSpec, Schema


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
    """

    def __init__(self, schema: Schema, description: _core.Description) -> None:
        self.schema = schema
        self.description = description
        self._paths = {dataset.path: index for index, dataset in enumerate(description.datasets)}
        self._members = [frozenset(member.name for member in dataset.members) for dataset in description.datasets]

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
