"""Staging: the folder ``OUT.parts`` beside an output, which holds its plan, what is done of it, and the parts."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import _core
from ..errors import InputError
from ..storage.commit import commit_text
from .journal import Journal
from .tasks import Task

PLAN = "plan.json"
TASKS = "tasks.jsonl"
JOURNAL = "journal.jsonl"

#: Version of these files.
VERSION = 1

#: The key of a plan that holds the hash of all others.
_SEAL = "sha256"


class Staging:
    """The folder of one output.

    Args:
        folder: Its path, absolute.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_plan(cls, path: str | os.PathLike[str]) -> Staging:
        """Return the staging of a plan: the file, or the folder it lies in.

        Raises:
            InputError: there is none.
        """
        place = Path(path).absolute()
        folder = place.parent if place.name == PLAN else place
        if not (folder / PLAN).is_file():
            raise InputError(
                "plan", got=str(path), expected="one that simdprep plan has made", hint="OUT.parts/plan.json"
            )
        return cls(folder)

    def write(self, data: Mapping[str, Any], tasks: Iterable[Task]) -> None:
        """Store a plan; the folder holds one as soon as it holds all of it.

        Raises:
            OutputError: it cannot be written.
        """
        lines = [json.dumps([task.id, task.payload], ensure_ascii=True, separators=(",", ":")) for task in tasks]
        text = "".join(f"{line}\n" for line in lines).encode()
        commit_text(self.folder / TASKS, text)
        sha256 = _core.sha256_bytes(text)
        whole = {"simdprep_plan": VERSION, "version": _core.__version__, "tasks_sha256": sha256, **data}
        commit_text(self.folder / PLAN, _text({**whole, _SEAL: _core.sha256_bytes(_text(whole))}))

    def read(self) -> dict[str, Any]:
        """Return what was given to :meth:`write`.

        Raises:
            InputError: there is no plan, one of another version, or one that was changed.
        """
        path = self.folder / PLAN
        try:
            data: dict[str, Any] = json.loads(path.read_bytes())
            version = data["simdprep_plan"], data["version"]
            seal = data.pop(_SEAL, None)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(
                "plan", got=f"{type(error).__name__}", expected="a readable one", where=str(path)
            ) from error
        if version != (VERSION, _core.__version__):
            raise InputError(
                "plan",
                got=f"one of simdprep {version[1]!s:.40}",
                expected=f"one of {_core.__version__}",
                where=str(path),
            )
        if seal != _core.sha256_bytes(_text(data)):
            raise InputError(
                "plan", got="another text than was written", expected="that", where=str(path), hint="planning again"
            )
        return data

    def tasks(self) -> Iterator[Task]:
        """Yield the tasks, in the order of their rows.

        Raises:
            InputError: they are not those of the plan.
        """
        path = self.folder / TASKS
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError("plan", got="no tasks", expected="a file of them", where=str(path)) from error
        if _core.sha256_bytes(content) != self.read()["tasks_sha256"]:
            raise InputError("plan", got="other tasks than were planned", expected="those", where=str(path))
        for line in content.decode().splitlines():
            task_id, payload = json.loads(line)
            yield Task(task_id, payload)

    def journal(self, *, own: str = "") -> Journal:
        """Return the journal, with what every process has written.

        Args:
            own: Ending of the name of this process's file, where several write; empty for the one of a conversion.
        """
        name = JOURNAL if not own else f"journal-{own}-{socket.gethostname()}-{os.getpid()}.jsonl"
        path = self.folder / name
        others = tuple(sorted(entry for entry in self.folder.glob("journal*.jsonl") if entry != path))
        return Journal(path, others)


def _text(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).encode()
