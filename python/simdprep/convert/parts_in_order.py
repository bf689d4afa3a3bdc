"""PartsInOrder: the parts of tasks that end in any order, given on in the order of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ..storage.attributes import parse_schema
from ..storage.merge_ahead import MergeAhead
from ..storage.staged_output import StagedOutput
from ..storage.staged_parts import StagedPart
from .plan import Plan
from .tasks import Task


class PartsInOrder:
    """Gives the parts that have rows to what merges them, as soon as all before them are known.

    Args:
        plan: Whose tasks are done.
        folder: Where the parts are staged.
        merge: What takes them; as an attribute, for whoever commits.
    """

    def __init__(self, plan: Plan, folder: Path, merge: MergeAhead) -> None:
        self.merge = merge
        self._folder = folder
        self._order = [task.id for task in plan.tasks]
        self._records: dict[str, Mapping[str, Any]] = {}
        self._next = 0

    @classmethod
    def of(cls, plan: Plan, staged: StagedOutput, threads: int | None) -> Self | None:
        """Return one for an output; ``None`` where it cannot be merged before all is known."""
        schema = parse_schema(plan.data["schema"], str(staged.folder))
        merge = staged.merge_ahead(schema, threads=threads or 0, needed=plan.data["bytes_in"])
        return None if merge is None else cls(plan, staged.folder, merge)

    def take(self, task: Task, record: Mapping[str, Any]) -> None:
        """Take the record of a task that is done."""
        self._records[task.id] = record
        while self._next < len(self._order) and self._order[self._next] in self._records:
            for entry in self._records.pop(self._order[self._next]).get("parts", ()):
                part = StagedPart.from_json(entry)
                if part.num_rows or part.num_events:
                    self.merge.add(self._folder / part.name)
            self._next += 1

    def close(self) -> None:
        """End merging, if nobody has."""
        self.merge.abandon()
