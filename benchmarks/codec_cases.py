"""Cases of the codec: padded arrays, toy ones of every regime and those of the real files."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import awkward as ak
import h5py
import numpy as np

import simdprep as sp
from simdprep.testing import toy_events, toy_jets

from .baselines.awkward_pad import Arrays, pad_events
from .cases import TRACK_SLOTS, Layout, Size, data_folder, toy_nano, toy_tracks

#: The real files whose padded arrays have a megabyte and more.
REAL_FILES = (
    "PHYSLITE_example.root",
    "Run2012B_SingleMu_1000.root",
    "file1.h5",
    "nanoAOD_2015_CMS_Open_Data_ttbar.root",
    "nano_tt_v12.root",
    "pduneana.root",
    "treemaker.root",
    "uproot-HZZ-objects.root",
    "uproot-hepdata-example.root",
    "uproot-issue-816.root",
    "uproot-issue64.root",
)

#: Objects whose numbers the promises name by themselves.
REAL_OBJECTS = (("nano_tt_v12.root", "Jet"),)

#: Mean numbers of tracks in 40 slots: nearly empty, the usual, half full, nearly full.
MEANS = (3, 10, 20, 36)

#: Jets of the headline, as columns and as records, and of the other toys: with more, times and sizes stay alike.
HEADLINE_ROWS = 20_000
_ROWS: dict[Size, int] = {"tiny": 200, "quick": 2_000, "full": 8_000}

#: What is asked of a case: how fast all peers are, how fast we are beside h5py, or only how small the chunks get,
#: which one run tells.
Asks = Literal["peers", "speed", "size"]


@dataclass(frozen=True)
class ArrayCase:
    """Arrays that are stored.

    Attributes:
        name: ``toy ...`` or ``real ...``.
        what: What is in it, in a line.
        make: Makes the arrays, by object and field.
        layout: Of the file.
        asks: What is asked of it.
    """

    name: str
    what: str
    make: Callable[[], Arrays]
    layout: Layout = "columns"
    asks: Asks = "size"

    def arrays(self, folder: Path) -> Arrays:
        """Return the arrays; made once, then kept in the folder."""
        kept = folder / "arrays.npz"
        if not kept.exists():
            flat = {f"{name}/{field}": array for name, fields in self.make().items() for field, array in fields.items()}
            np.savez(kept, **flat)
        arrays: Arrays = {}
        with np.load(kept) as stored:
            for path in stored.files:
                name, _, field = path.rpartition("/")
                arrays.setdefault(name, {})[field] = stored[path]
        return arrays


def toys(size: Size) -> list[ArrayCase]:
    """The headline, the regimes of multiplicity, other fills, orders and dtypes; two of them for ``tiny``."""
    rows = _ROWS[size]
    cases = []
    for layout in ("columns", "compound"):
        headline = toy_tracks(size, rows=HEADLINE_ROWS).stored_as(layout)
        make = partial(_padded, headline.events, dict(headline.pad))
        asks: Asks = "peers" if layout == "columns" else "speed"
        cases.append(ArrayCase(headline.name, headline.what, make, layout, asks))
    for mean in MEANS:
        what = f"{rows:,} jets of {mean} tracks on average in {TRACK_SLOTS} slots"
        cases.append(ArrayCase(f"toy tracks, mean {mean}", what, partial(_tracks, rows, mean), asks="speed"))
    cases += [
        ArrayCase("toy tracks, zeros", f"{rows:,} jets, empty slots hold 0 and no NaN", partial(_zero_filled, rows)),
        ArrayCase("toy tracks, sorted", f"{rows:,} jets in the order of their momenta", partial(_sorted, rows)),
        ArrayCase("toy event fields", "numbers of events, repeated for each of their jets", partial(_repeated, rows)),
        ArrayCase("toy integers", f"{rows:,} jets, integers of 1 to 8 bytes of tracks", partial(_integers, rows)),
        ArrayCase("toy bools", f"{rows:,} jets, bools of tracks", partial(_bools, rows)),
        ArrayCase("toy dense", "normal float32 numbers without empty slots", partial(_dense, rows)),
    ]
    nano = toy_nano(size, rows=rows)
    cases.append(ArrayCase(nano.name, nano.what, partial(_padded, nano.events, dict(nano.pad))))
    return cases if size != "tiny" else [cases[1], cases[-4]]


def reals(size: Size) -> Iterator[ArrayCase]:
    """The real files that are there, as we convert them, and some of their objects; none for ``tiny``."""
    for name in REAL_FILES if size != "tiny" else ():
        path = data_folder() / name
        if path.is_file():
            what = "its datasets" if path.suffix == ".h5" else "all that we convert of it, padded"
            yield ArrayCase(f"real {name}", what, partial(_stored, path))
    for name, owner in REAL_OBJECTS if size != "tiny" else ():
        path = data_folder() / name
        if path.is_file():
            yield ArrayCase(f"real {name}, {owner}", f"its {owner}, padded", partial(_stored_object, path, owner))


def _padded(make: Callable[[], ak.Array], pad: dict[str, int]) -> Arrays:
    return pad_events(make(), pad)


def _tracks(rows: int, mean: float, dtypes: Sequence[str] = ("float32",)) -> Arrays:
    tracks = toy_jets(rows, mean_tracks=mean, seed=3).tracks
    names = [name for name in tracks.fields if tracks[name].type.content.content.primitive in dtypes]
    return pad_events(ak.zip({"tracks": tracks[names]}, depth_limit=1), {"tracks": TRACK_SLOTS})


def _zero_filled(rows: int) -> Arrays:
    arrays = _tracks(rows, 10)
    return {
        "tracks": {
            name: np.where(arrays["tracks"]["valid"], array, array.dtype.type(0))
            for name, array in arrays["tracks"].items()
        }
    }


def _sorted(rows: int) -> Arrays:
    jets = toy_jets(rows, seed=3)
    order = np.argsort(ak.to_numpy(jets.jets.pt))
    floats = [name for name in jets.tracks.fields if jets.tracks[name].type.content.content.primitive == "float32"]
    return pad_events(ak.zip({"tracks": jets.tracks[floats][order]}, depth_limit=1), {"tracks": TRACK_SLOTS})


def _repeated(rows: int) -> Arrays:
    events = toy_events(rows, seed=7)
    counts = np.random.default_rng(5).poisson(5, rows)
    names = [name for name in events.fields if not events[name].fields and events[name].ndim == 1]
    return {"jets": {name: np.repeat(ak.to_numpy(events[name]), counts) for name in names}}


def _integers(rows: int) -> Arrays:
    arrays = _tracks(rows, 10, ("int8", "uint8", "int16", "uint16"))
    hits = arrays["tracks"]["numberOfPixelHits"]
    rng = np.random.default_rng(6)
    empty = ~arrays["tracks"]["valid"]
    for dtype in ("int32", "int64"):
        identifiers = rng.integers(0, 1 << 24, hits.shape).astype(dtype)
        identifiers[empty] = -1
        arrays["tracks"][f"identifier_{dtype}"] = identifiers
    return arrays


def _bools(rows: int) -> Arrays:
    return _tracks(rows, 10, ("bool",))


def _dense(rows: int) -> Arrays:
    rng = np.random.default_rng(4)
    return {"images": {f"x{i}": rng.normal(size=(rows, TRACK_SLOTS)).astype(np.float32) for i in range(4)}}


def _stored(path: Path) -> Arrays:
    """All numbers of a file as plain arrays."""
    if path.suffix == ".h5":
        return _of_hdf5(path)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.h5"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is truncated or left out does not matter here
            sp.convert(str(path), target)
        return _of_hdf5(target)


def _stored_object(path: Path, owner: str) -> Arrays:
    return {owner: _stored(path)[owner]}


def _of_hdf5(path: Path) -> Arrays:
    arrays: Arrays = {}

    def visit(name: str, entry: h5py.Group | h5py.Dataset) -> None:
        if isinstance(entry, h5py.Dataset) and entry.ndim > 0 and entry.size > 0 and not entry.dtype.hasobject:
            owner, _, field = name.rpartition("/")
            arrays.setdefault(owner or "root", {})[field] = entry[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays
