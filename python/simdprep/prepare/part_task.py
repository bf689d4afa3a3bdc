"""PartTask: reads its share of every sample and writes a part of every split."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..convert.writer import Writer
from ..transforms import ClassSums, Split, hash_of, identity_of, key_of
from .block import BlockReader, Kept, Tally
from .constants import Constants
from .flat_rows import FlatRows, concatenated
from .job import Job
from .setting import Setting
from .shares import SHARE_BYTES
from .stored_columns import StoredColumns

if TYPE_CHECKING:
    from ..convert.tasks import Record, Task

Positions = NDArray[np.int64]
#: A task holds all its rows, so that it reads them at once: what is read in steps is copied together.
_STEP_BYTES = 2 * SHARE_BYTES


@dataclass
class Share:
    """The rows of a task.

    Attributes:
        flat: What is stored of all rows.
        kept: What is known of those that were kept, ``positions`` counted among all of them.
        file: Number of the input of each kept row.
    """

    flat: FlatRows
    kept: Kept
    file: NDArray[np.int32]


def write_part(task: Task) -> Record:
    """Read, judge and draw the rows of a task, and write a part of every split.

    Returns:
        The parts, and all that was counted and fitted, as JSON.
    """
    job = Job.read(task.payload["folder"], task.payload["factors"])
    setting = job.setting
    tally = Tally.of(setting)
    columns = StoredColumns(setting)
    constants = Constants.of(setting)
    sums = {name: ClassSums(setting.classes, setting.sample_names) for name in setting.splits}
    after = {name: step.histogram.empty() for name, step in job.factors.balance.items()}
    parts: dict[str, Any] = {}
    share = _read(job, tally, columns, task)
    if share is not None:
        weight, copies = job.factors.weights(share.kept), job.factors.copies(share.kept)
        for number, name in enumerate(setting.splits):
            drawn = _drawn(np.flatnonzero(share.kept.split == number), copies, share.kept, setting)
            mine = share.kept.split == number
            dropped = int(np.count_nonzero(mine & (copies == 0)))
            parts[name] = {"undrawn": dropped, "copies": int((copies[mine] - 1).clip(0).sum()), "rows": len(drawn)}
            if not len(drawn):
                continue
            sums[name].fit(share.kept.label[drawn], weight[drawn], share.kept.sample[drawn])
            if name in after:
                after[name].fit(job.factors.columns(share.kept, drawn), share.kept.label[drawn], weight[drawn])
            rows = share.flat.take(share.kept.positions[drawn])
            _add_fields(rows, share, weight, drawn, setting)
            _draw_feature(rows, share.kept, drawn, job)
            if name == "train":
                constants.fit(rows, weight[drawn])
            parts[name] |= _write(rows, job.part(name, int(task.payload["number"])), columns, setting, job)
    return {
        "parts": parts,
        "flow": tally.flow.state(),
        "labels": tally.labels.state(),
        "splits": None if tally.splits is None else tally.splits.state(),
        "negative": tally.negative.state(),
        "distributions": {name: entry.state() for name, entry in after.items()},
        "objects": {name: [flow.read, dict(flow.dropped)] for name, flow in tally.objects.objects.items()},
        "sums": {name: entry.state() for name, entry in sums.items()},
        "constants": constants.state(),
        "missing": [[*key, count] for key, count in columns.missing.items()],
        "categories": [[*key, list(texts)] for key, texts in columns.categories.items()],
    }


def _read(job: Job, tally: Tally, columns: StoredColumns, task: Task) -> Share | None:
    flats: list[FlatRows] = []
    every: list[Kept] = []
    files = []
    before = 0
    reader = BlockReader(job.setting, tally)
    for _, place, frame, kept in job.blocks(reader, task.payload["slices"], step_bytes=_STEP_BYTES):
        flats.append(columns.rows(frame))
        kept.positions = kept.positions + before
        before += flats[-1].num_rows
        every.append(kept)
        files.append(np.full(len(kept.label), place.number, np.int32))
    if not flats:
        return None
    return Share(concatenated(flats), Kept.joined(every), np.concatenate(files))


def _drawn(mine: Positions, copies: NDArray[np.int64], kept: Kept, setting: Setting) -> Positions:
    """Return the kept rows of a split as often as they are drawn, in the order they are written."""
    times = copies[mine]
    drawn: Positions = np.repeat(mine, times)
    if not setting.prepare.shuffle:
        return drawn
    number = np.arange(len(drawn)) - np.repeat(np.cumsum(times) - times, times)
    words = hash_of(identity_of([kept.identity[drawn], number]), key_of(setting.prepare.seed, "shuffle"))
    return drawn[np.argsort(words, kind="stable")]


def _add_fields(rows: FlatRows, share: Share, weight: NDArray[np.float64], drawn: Positions, setting: Setting) -> None:
    kept = share.kept
    spec = setting.schema.object(setting.home)
    label = setting.prepare.labels.name if setting.prepare.labels is not None else "label"
    for name in setting.added:
        values: NDArray[Any]
        if name == "weight":
            values = weight[drawn]
        elif name == "sample":
            values = kept.sample[drawn]
        elif name == "fold":
            split = Split(setting.fractions, seed=setting.prepare.seed, folds=setting.prepare.split.folds)
            values = split.folds(kept.event[drawn])
        elif name == "input":
            values = share.file[drawn]
        elif name == "entry":
            values = kept.entry[drawn]
        else:
            assert name == label
            values = kept.label[drawn]
        rows.objects[setting.home].fields[name] = values.astype(spec.field(name).numpy_dtype)


def _draw_feature(rows: FlatRows, kept: Kept, drawn: Positions, job: Job) -> None:
    rules, parametric = job.setting.prepare.parametric, job.factors.parametric
    if rules is None or parametric is None:
        return
    fields = rows.objects[job.setting.home].fields
    stored = job.setting.stored_name(rules.field)
    lacking = kept.label[drawn] == job.setting.classes.index(rules.of)
    fields[stored] = parametric.apply(fields[stored], lacking, kept.identity[drawn])


def _write(rows: FlatRows, path: Path, columns: StoredColumns, setting: Setting, job: Job) -> dict[str, Any]:
    schema = setting.schema.with_categories(columns.categories)
    path.parent.mkdir(exist_ok=True)
    # A name of its own: a task may be done twice at a time, by a worker that was thought lost and by another.
    attempt = path.with_name(f"{path.stem}-{secrets.token_hex(8)}.h5")
    with Writer(
        attempt, schema, overwrite=True, threads=job.data["threads"], config_text=setting.config_text, warns=False
    ) as writer:
        writer.fill_flat(rows.events())
    attempt.replace(path)
    written = writer.summary
    return {"file": path.name, "items": dict(written.num_items), "truncated": dict(written.num_truncated)}
