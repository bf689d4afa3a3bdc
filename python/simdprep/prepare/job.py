"""Job: what a run is about, as a file that its tasks read, in whatever process they are done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..convert.opening import Opening
from ..convert.tasks import Task
from ..readers import STEP_BYTES
from .block import Place
from .factors import Factors
from .setting import Setting, digest_of
from .survey_recipe import for_survey

if TYPE_CHECKING:
    from ..readers import Source
    from ..transforms.frame import Frame
    from .block import BlockReader, Kept

#: The folder of the parts there, as long as tasks are done.
PARTS = "parts"
#: Name of the job's file in the staging folder.
JOB = "job.json"

#: File number, first entry, one past the last.
Slice = tuple[int, int, int]


@dataclass(frozen=True)
class Job:
    """A run.

    Attributes:
        folder: Where it is staged.
        data: ``config``, ``first`` (path of the input that types are taken from), ``files`` (``path``,
            ``samples``, entries ``before`` it, its ``word``), ``scales`` (by sample), ``threads`` of a task.
        factors: What the survey found; ``None`` before it.
    """

    folder: Path
    data: Mapping[str, Any]
    factors: Factors

    @classmethod
    def read(cls, folder: str, factors: Mapping[str, Any] | None) -> Job:
        """Read the job of a staging folder; ``factors`` are those of :meth:`Factors.state`."""
        path = Path(folder)
        setting, data = _setting(folder, (path / JOB).read_text())
        return cls(path, data, Factors.from_state(setting, factors))

    @property
    def setting(self) -> Setting:
        """What is done with the rows."""
        return self.factors.setting

    @property
    def survey(self) -> Setting:
        """The same, reading no more than what rows are judged by."""
        return _survey(str(self.folder), (self.folder / JOB).read_text())

    def part(self, split: str, number: int) -> Path:
        """Return where a part of a split is staged."""
        return self.folder / PARTS / split / f"part-{number:05d}.h5"

    def blocks(
        self, reader: BlockReader, slices: Sequence[Slice], *, step_bytes: int = STEP_BYTES
    ) -> Iterator[tuple[Source, Place, Frame, Kept]]:
        """Read entry ranges step by step, about ``step_bytes`` at a time."""
        opening = Opening.from_config(self.setting.config)
        recipe = reader.setting.recipe
        for number, start, stop in slices:
            entry = self.data["files"][number]
            with opening.open(entry["path"], threads=self.data["threads"]) as source:
                recipe.check(source)
                steps = source.steps(recipe.grouping.branch_names, start=start, stop=stop, target_bytes=step_bytes)
                for first, last in steps:
                    place = Place(number, entry["samples"], first, last, entry["before"], entry["word"])
                    yield (source, place, *reader.read(source, place))


@lru_cache(maxsize=2)
def _setting(folder: str, text: str) -> tuple[Setting, Mapping[str, Any]]:
    """Make the setting once for all tasks of a process; ``text`` is that of the job in ``folder``."""
    data = json.loads(text)
    return Setting.of_job(data), data


@lru_cache(maxsize=2)
def _survey(folder: str, text: str) -> Setting:
    """Make the setting of surveys once for all tasks of a process."""
    setting, data = _setting(folder, text)
    with Opening.from_config(setting.config).open(data["first"]) as source:
        return for_survey(setting, source)


def make_tasks(
    stage: str,
    folder: Path,
    job: Mapping[str, Any],
    shares: Sequence[Sequence[Slice]],
    factors: Mapping[str, Any] | None,
) -> list[Task]:
    """Return the tasks of a pass over all inputs.

    Args:
        stage: Of the run, part of their identities.
        folder: Where the run is staged.
        job: Its data; what does not change results has no part in the identities.
        shares: The entry ranges of each.
        factors: What is known of the factors so far.
    """
    what = digest_of([stage, {key: value for key, value in job.items() if key != "threads"}, factors])
    tasks = []
    for number, slices in enumerate(shares):
        payload = {
            "folder": str(folder),
            "stage": stage,
            "number": number,
            "slices": [list(part) for part in slices],
            "factors": factors,
        }
        tasks.append(Task.of(payload, identity=[what, number, payload["slices"]]))
    return tasks
