"""Staging folders of conversions that were interrupted, or planned, whose plan, tasks or journal are damaged."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import simdprep as sp
from simdprep.convert.campaign import run_share
from simdprep.convert.planning import plan
from tests.faults.bad_corpus import Bad
from tests.faults.json_damage import damages, text_of
from tests.faults.small_files import write_root

TASK_SIZE = 3000

#: Of the damages of plans and journals, which have a hash each, one of so many.
_STEP = 5

#: What may become of a file of which nobody takes care.
TORN = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "without its end": lambda data: data[:-1],
    "zeros": lambda data: bytes(len(data)),
    "no UTF-8": lambda data: b"\xff\xfe" + data,
    "twice": lambda data: data + data,
    "another": lambda data: b"not a plan\n" * 9,
    "a flipped byte": lambda data: data[:40] + bytes([data[40] ^ 4]) + data[41:],
}


def staged_corpus(folder: Path, *, share: int | None = None) -> Iterator[Bad]:
    """Make the folders, or a share of them, one after the other; each is ``OUT.parts`` in a folder of its own."""
    home = folder / "of-staged"
    home.mkdir()
    root = str(write_root(home / "in.root", 900, baskets=4))
    planned, _ = plan(root, home / "planned", task_size=TASK_SIZE)
    run_share(planned.folder, 1, 2)
    begun = _begun(root, home / "begun")
    options = {"inputs": root, "task_size": TASK_SIZE}
    cases = [
        (source, verbs, *damage)
        for source, verbs in ((planned.folder, ("share", "commit")), (begun, ("resume",)))
        for damage in _damages(source)
    ]
    if share is not None:
        cases = random.Random(9).sample(cases, share)
    for number, (source, verbs, name, file, content) in enumerate(cases):
        staged = folder / f"staged-{number:04d}" / source.name
        staged.mkdir(parents=True)
        for entry in source.iterdir():
            (staged / entry.name).hardlink_to(entry)
        (staged / file).unlink()
        (staged / file).write_bytes(content)
        yield Bad(f"{source.name}: {name}", staged, options if verbs == ("resume",) else {}, verbs)


def _begun(root: str, output: Path) -> Path:
    def stop(done: int, total: int) -> None:
        if 2 * done > total:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        sp.convert(root, output, jobs=1, task_size=TASK_SIZE, progress=stop)
    staged = output.with_name(output.name + ".parts")
    assert list(staged.glob("part-*.h5"))
    return staged


def _damages(staged: Path) -> Iterator[tuple[str, str, bytes]]:
    """What is wrong, with which file, and its content."""
    journal = next(staged.glob("journal*.jsonl")).name
    for file in ("plan.json", "tasks.jsonl", journal):
        for name, damage in TORN.items():
            yield f"{file} {name}", file, damage((staged / file).read_bytes())
    for name, data in islice(damages(json.loads((staged / "plan.json").read_bytes())), 0, None, _STEP):
        yield f"plan: {name}", "plan.json", text_of(data)
    line = (staged / journal).read_text().splitlines()[0]
    digest, _, text = line.partition(" ")
    for name, entry in islice(damages(json.loads(text)), 0, None, _STEP):
        yield f"journal: {name}", journal, f"{digest} {json.dumps(entry)}\n".encode()
