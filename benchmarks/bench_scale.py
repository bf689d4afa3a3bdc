"""Scaling: a ROOT file of many tasks, converted by one, two and four processes, against uproot, awkward and h5py.

Each process has one thread. Two only read: uproot in steps, and simdprep what it converts. The notes say which share of
the work that is, how the time scales with the processes, and what memory a process took of what docs/scale.md promises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from compileall import compile_dir
from functools import partial
from pathlib import Path

import uproot

import simdprep as sp

from .baselines import naive_convert
from .bench_convert import PEER, TREE, Prepared, check_files, on_cores, write_steps
from .cases import TRACK_SLOTS, Case, Size
from .question import Contender, Target
from .result import Run

READING = "uproot alone, nothing written"
OUR_READING = "simdprep reads, nothing written"

#: How many times as fast four processes are to be as one.
SCALING = 3.3

#: What docs/scale.md promises of a process with one thread: libraries, three steps of twice their size, two parts.
_PROMISED = 250_000_000 + ((3 * 2 * 16 + 2 * 128 + 16) << 20)

ASKS = "convert a ROOT file by processes"
TARGETS = (Target(PEER, 4, "speed", 15.0, ("toy ntuple",)),)

_ROWS = {"tiny": 4_000, "quick": 100_000, "full": 1_000_000}

#: Rows made at a time: the source file is larger than what is kept.
_STEP = 50_000


def cases(size: Size) -> Sequence[Case]:
    num_rows = _ROWS[size]
    what = f"{num_rows:,} jets of 10 tracks on average in {TRACK_SLOTS} slots, 25 fields of tracks, 9 of jets"
    return [Case("toy ntuple", what, partial(_rows, num_rows), {"tracks": TRACK_SLOTS})]


def _rows(num_rows: int) -> range:
    return range(0, num_rows, min(_STEP, num_rows))


def prepare(case: Case, folder: Path) -> Prepared:
    compile_dir(Path(sp.__file__).parent, quiet=2)  # as an installer does; else every process compiles it anew
    starts = case.events()
    source = folder / "source.root"
    num_rows = starts.stop
    if not source.exists():
        write_steps(source, num_rows, starts.step)
    return Prepared(source, {**case.pad, "events": 1}, ("tracks", "events"), num_rows, folder, 256)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    entries = prepared.num_entries
    target = prepared.folder / "peer.h5"
    naive = partial(
        naive_convert.convert, prepared.source, target, prepared.pad, tree=TREE, chunk_rows=prepared.chunk_rows
    )
    ours = []
    for count in threads:
        path = prepared.folder / f"ours-{count}.h5"
        run = partial(convert_ours, prepared, path, count)
        ours.append(Contender("simdprep", run, entries, count, is_ours=True, stores=path))
    readers = [
        Contender(READING, partial(read_alone, prepared), entries),
        Contender(OUR_READING, partial(read_ours, prepared), entries),
    ]
    return [Contender(PEER, naive, entries, stores=target, once=True), *readers, *ours]


def convert_ours(prepared: Prepared, target: Path, jobs: int) -> Path:
    """Convert with so many processes."""
    with on_cores(jobs):
        task_size = None if prepared.num_entries >= _ROWS["full"] else 8 << 20
        sp.convert(
            str(prepared.source),
            target,
            pad={"tracks": TRACK_SLOTS},
            jobs=jobs,
            threads=1,
            overwrite=True,
            task_size=task_size,
        )
    return target


def read_alone(prepared: Prepared) -> None:
    """Read all branches with uproot, in steps, on one core."""
    with on_cores(1), uproot.open({prepared.source: TREE}) as tree:
        for _ in _steps(tree):
            pass


def read_ours(prepared: Prepared) -> None:
    """Read all branches as a conversion does, on one core."""
    with on_cores(1):
        for _ in sp.iterate(str(prepared.source)):
            pass


def notes(runs: Sequence[Run]) -> list[str]:
    """Say which share reading is, how the processes scale, and what memory one took."""
    ours = {run.threads: run for run in runs if run.is_ours}
    seconds = {run.name: run.seconds.median for run in runs if not run.is_ours}
    one = ours[1].seconds.median
    shares = {name: f"{seconds[name]:.2f} s, {seconds[name] / one:.0%}" for name in (OUR_READING, READING)}
    lines = [f"reading: {shares[OUR_READING]} of the {one:.2f} s of one process; uproot alone takes {shares[READING]}"]
    for count, run in sorted(ours.items()):
        if count > 1:
            aim = f", at least {SCALING} is the aim" if count == 4 else ""
            lines.append(f"scaling from 1 to {count} processes: {one / run.seconds.median:.2f}{aim}")
    memory = ours[1].memory
    if memory is not None:
        peak, bound = memory["peak"], _PROMISED
        lines.append(
            f"memory of one process: {peak / 1e6:,.0f} MB at its peak, at most {bound / 1e6:,.0f} MB is promised"
        )
    return lines


def _steps(tree: uproot.TTree) -> Iterator[object]:
    yield from tree.iterate(step_size="64 MB", library="ak")


def check(prepared: Prepared, results: Mapping[str, Path | None]) -> None:
    check_files({name: path for name, path in results.items() if path is not None}, PEER)
