"""Publish: outputs are made in a staging folder and take their final name whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .. import _core
from ..convert.journal import Journal
from ..errors import OutputError
from ..storage.seal import seal
from ..transforms.state import KEY
from .job import JOB, PARTS

if TYPE_CHECKING:
    from ..convert.tasks import Record
    from ..transforms import State
    from .setting import Setting

STATE, REPORT = "state.json", "report.json"
#: All that an output folder holds.
CONTENTS = ("train", "val", "test", STATE, REPORT)
_JOURNAL = "journal.jsonl"
#: The field of labels of ftag, upp and salt, and their attribute with the names of the classes.
CLASS_NAMES = "flavour_label"
#: Parts that are sealed, or removed, at a time.
_THREADS = 8
#: There while parts are being sealed: what is left of them then cannot be relied on.
_SEALING = "sealing"
#: The parts, since then.
_TAKEN = "taken"


class Staging:
    """The folder in which a run collects its outputs, beside where they will be; locked against other runs.

    Args:
        output: The folder of the outputs.
        overwrite: Replace what an earlier run wrote there.
        resume: Keep what an interrupted run of the same job has done.

    Raises:
        OutputError: the output exists, holds other files, is locked, or cannot be written.
    """

    def __init__(self, output: str | os.PathLike[str], *, overwrite: bool, resume: bool) -> None:
        self.output = Path(output)
        self.folder = self.output.with_name(self.output.name + ".staged")
        self.told: list[str] = []
        self._resume = resume
        self._check(overwrite)
        self._lock = _core.OutputLock(str(self.output))
        if self._lock.taken_over is not None:
            self.told.append(f"took over the lock of process {self._lock.taken_over}, which is gone")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def begin(self, job: Mapping[str, Any]) -> None:
        """Write down the job; what was staged for another one is removed."""
        text = json.dumps(job, indent=1)
        held = self.folder / JOB
        if self.folder.exists():
            same = held.is_file() and _what(held.read_text()) == _what(text)
            if self._resume and same and not (self.folder / _SEALING).exists():
                self.told.append(f"going on with {self.folder}")
            else:
                shutil.rmtree(self.folder)
                self.told.append(f"removed {self.folder}, left by an interrupted run")
        self.folder.mkdir(exist_ok=True)
        (self.folder / PARTS).mkdir(exist_ok=True)
        temporary = held.with_suffix(".tmp")
        temporary.write_text(text)
        temporary.replace(held)

    @property
    def journal(self) -> Journal:
        """The records of the tasks that are done."""
        return Journal(self.folder / _JOURNAL)

    def seal(self) -> None:
        """Say that the parts are no longer those that the journal names."""
        (self.folder / _SEALING).touch()
        _sync(self.folder)

    def take(self) -> Path:
        """Return the folder of the parts under a name that no task knows which is still being done somewhere."""
        made = self.folder / _TAKEN
        (self.folder / PARTS).rename(made)
        return made

    def finish(self) -> None:
        """Give the outputs their final name."""
        for name in (JOB, _JOURNAL, _SEALING):
            (self.folder / name).unlink(missing_ok=True)
        for folder in (self.folder, self.output.parent):
            _sync(folder)
        if self.output.exists() and any(self.output.iterdir()):
            old = self.output.with_name(self.output.name + ".replaced")
            shutil.rmtree(old, ignore_errors=True)
            self.output.rename(old)
            self.folder.rename(self.output)
            with ThreadPoolExecutor(_THREADS) as pool:  # freeing their pages takes as long as hashing them
                list(pool.map(Path.unlink, old.rglob("*.h5")))
            shutil.rmtree(old)
        else:
            self.folder.rename(self.output)
        _sync(self.output.parent)

    def _check(self, overwrite: bool) -> None:
        parent = self.output.parent
        if not parent.is_dir():
            raise OutputError(
                "folder of the output", got=str(parent), expected="a folder that exists", hint=f"mkdir -p {parent}"
            )
        if self.output.exists() and not self.output.is_dir():
            raise OutputError("output", got=f"the file {self.output}", expected="a folder", hint="another -o")
        held = sorted(entry.name for entry in self.output.iterdir()) if self.output.exists() else []
        if held and not overwrite:
            raise OutputError(
                "output exists, kept as it is", got=str(self.output), expected="a new name", hint="--overwrite"
            )
        foreign = [name for name in held if name not in CONTENTS]
        if foreign:
            raise OutputError(
                "output folder holds other files",
                got=", ".join(foreign[:3]),
                expected="outputs of prepare only",
                where=str(self.output),
                hint="an empty folder",
            )


def publish(
    staging: Staging, setting: Setting, records: Sequence[Record], state: State, report: Mapping[str, Any]
) -> None:
    """Put the state into every part, write manifests, state and report, and give all their final name."""
    text = state.to_json()
    inputs = report["inputs"]
    config_sha256 = _core.sha256_bytes(setting.config_text.encode())
    categories = _categories(records)
    texts = _class_names(setting)
    more = {"inputs": inputs, "metadata": {KEY: text}}
    staging.seal()
    made = staging.take()
    for split in setting.splits:
        folder = staging.folder / split
        folder.mkdir(exist_ok=True)
        manifest = _core.Manifest(setting.schema.with_categories(categories).to_json(), config_sha256)
        manifest.add_config(setting.config_text)
        parts = [record["parts"][split] for record in records if "items" in record["parts"].get(split, {})]
        places = [made / split / part["file"] for part in parts]
        with ThreadPoolExecutor(_THREADS) as pool:
            sealed = list(pool.map(partial(seal, more=more, texts=texts), places))
        names: set[str] = set()
        for part, place, (sha256, size) in zip(parts, places, sealed, strict=True):
            manifest.add(
                name=f"part-{len(names):05d}.h5",
                num_rows=part["rows"],
                rows=list(part["items"].items()),
                bytes=size,
                sha256=sha256,
                inputs_json="[]",
            )
            target = folder / f"part-{len(names):05d}.h5"
            place.rename(target)
            names.add(target.name)
        manifest.commit(str(folder))
    shutil.rmtree(made)  # with what attempts that died have left
    (staging.folder / STATE).write_text(text)
    (staging.folder / REPORT).write_text(json.dumps(report, indent=1) + "\n")
    staging.finish()


def _class_names(setting: Setting) -> dict[tuple[str, str], Sequence[str]]:
    """Return what salt and ftag read the names of the classes from: where a field of that name has their numbers."""
    if setting.schema.layout != "compound" or CLASS_NAMES not in setting.added:
        return {}
    return {(setting.home, CLASS_NAMES): setting.classes}


def _categories(records: Sequence[Record]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for record in records:
        for name, field, texts in record["categories"]:
            found.setdefault((name, field), {}).update(dict.fromkeys(texts))
    return {key: tuple(texts) for key, texts in found.items()}


def _what(text: str) -> Any:
    """Return a job without what does not change its results."""
    try:
        return {key: value for key, value in json.loads(text).items() if key != "threads"}
    except (ValueError, AttributeError):
        return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
