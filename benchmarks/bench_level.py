"""Level: what each gzip level costs and saves, against h5py with shuffle and gzip 4; one thread.

Answers which level is the default: the fastest whose files are nowhere more than a tenth larger than those of
gzip 9, shuffled or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from .baselines import h5py_file
from .bench_write import Prepared, write_ours
from .cases import Case, Size, real, toy_candidates, toy_nano, toy_tracks
from .comparison import assert_equal
from .question import Contender, Target

LEVELS = (1, 2, 3, 4, 5, 6, 9)

_REAL = (
    ("nano_tt_v12.root", ("Jet",)),
    ("nanoAOD_2015_CMS_Open_Data_ttbar.root", ("Jet",)),
    ("Run2012B_SingleMu_1000.root", ("Muon", "Tau", "Jet")),
    ("uproot-HZZ.root", ("Jet", "Muon", "Electron", "Photon")),
)

ASKS = "size and speed of the gzip levels"
TARGETS: tuple[Target, ...] = ()


def cases(size: Size) -> Sequence[Case]:
    tracks = toy_tracks(size, rows=20_000)
    cases = [
        tracks.stored_as("columns"),
        tracks.stored_as("compound"),
        toy_candidates(size).stored_as("columns"),
        toy_candidates(size).stored_as("compound"),
        toy_nano(size, rows=10_000).stored_as("columns"),
    ]
    for file, objects in _REAL:
        cases += [case.stored_as("columns") for case in real(file, size, objects=objects)]
    return cases


def prepare(case: Case, folder: Path) -> Prepared:
    return Prepared.of(case, folder)


def contenders(prepared: Prepared, threads: Sequence[int]) -> list[Contender]:
    ours = []
    for level in LEVELS:
        path = prepared.folder / f"level-{level}.h5"
        schema = prepared.case.schema(prepared.events, level=level)
        run = partial(write_ours, path, prepared.events, schema, 1)
        ours.append(Contender(f"simdprep gzip:{level}", run, len(prepared.events), 1, is_ours=True, stores=path))
    return [prepared.peer(), *ours]


def check(prepared: Prepared, results: Mapping[str, Path]) -> None:
    for path in results.values():
        assert_equal(h5py_file.read(path, prepared.fields), prepared.arrays)
