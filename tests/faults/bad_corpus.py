"""A corpus of bad inputs: sound files of every kind, and all that can be wrong with them. The same for one seed."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import uproot

from tests import real_data
from tests.faults.small_files import muons, write_root, write_unequal
from tests.small_dataset import VARIANTS, write_small

#: Real files that are damaged: each has something of its own.
REAL = (
    "uproot-HZZ-objects.root", "chain.flat.1.root", "uproot-leaflist.root", "tree_with_doubly_jagged.root",
    "uproot-small-flat-tree.root", "test_stl_containers_rntuple_v1-0-0-0.root", "unsigned_integers.root",
    "test_multiple_cluster_groups_rntuple_v1-0-0-0.root", "uproot-vectorVectorDouble.root",
    "nullable-record-primitives.parquet", "hdf5utils_nano_tt_v12.h5", "pylhe-testfile-hpcgen.hdf5",
)  # fmt: skip

#: Names of files that are no more than bytes.
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"r",
    "zeros": bytes(4096),
    "text": b"not a file of events\n" * 200,
    "root magic": b"root" + bytes(300),
    "parquet magics": b"PAR1" + bytes(300) + b"PAR1",
    "feather magics": b"ARROW1\0\0" + bytes(300) + b"ARROW1",
    "hdf5 magic": b"\x89HDF\r\n\x1a\n" + bytes(300),
    "gzip": b"\x1f\x8b\x08" + bytes(300),
    "git lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "html": b"<!DOCTYPE html><html><body>404</body></html>",
    "random": np.random.default_rng(4).bytes(3000),
}
SUFFIXES = (".root", ".parquet", ".feather", ".h5", ".txt")


@dataclass(frozen=True)
class Bad:
    """A bad input.

    Attributes:
        name: What is wrong with it.
        path: The file, folder, or what else it is.
        options: Of the conversion.
        verbs: That are tried; none for all.
    """

    name: str
    path: Path
    options: dict[str, object]
    verbs: tuple[str, ...] = ()


def corpus(folder: Path, *, seed: int = 1) -> Iterator[Bad]:
    """Make the bad inputs one after the other; each lies in a folder of its own."""
    made = [(folder / f"{number:04d}", name, make) for number, (name, make) in enumerate(_makers(folder, seed))]
    for place, name, make in made:
        place.mkdir()
        yield Bad(name, *_with_options(make(place)))


Made = Path | tuple[Path, dict[str, object]]
Maker = Callable[[Path], Made]


def _with_options(made: Made) -> tuple[Path, dict[str, object]]:
    return made if isinstance(made, tuple) else (made, {})


def _makers(folder: Path, seed: int) -> Iterator[tuple[str, Maker]]:
    rng = np.random.default_rng(seed)
    for source in _sound(folder):
        yield from _damages(source, rng)
    for suffix in SUFFIXES:
        for name, content in CONTENTS.items():
            yield f"{name} as {suffix}", _bytes(f"in{suffix}", content)
        yield f"zip as {suffix}", lambda place, suffix=suffix: _zip(place / f"in{suffix}")
        yield f"folder as {suffix}", lambda place, suffix=suffix: _folder(place / f"in{suffix}")
        yield f"fifo as {suffix}", lambda place, suffix=suffix: _fifo(place / f"in{suffix}")
        yield f"nothing as {suffix}", lambda place, suffix=suffix: place / f"in{suffix}"
        yield f"no permission as {suffix}", lambda place, suffix=suffix: _locked(place / f"in{suffix}")
        yield f"link to itself as {suffix}", lambda place, suffix=suffix: _loop(place / f"in{suffix}")
        yield f"link to nowhere as {suffix}", lambda place, suffix=suffix: _dangling(place / f"in{suffix}")
        yield f"device as {suffix}", lambda place, suffix=suffix: _device(place / f"in{suffix}")
        yield f"name of no text as {suffix}", lambda place, suffix=suffix: _odd_name(place, suffix)
    yield from _odd_trees()
    yield from _odd_configs()


def _sound(folder: Path) -> list[Path]:
    """The files that are damaged: of our own making, and real ones where they are."""
    home = folder / "sound"
    home.mkdir()
    found = [write_root(home / "muons.root", 60), *_tables(home)]
    for layout, rows in VARIANTS:
        write_small(home / f"{layout}-{rows}.h5", layout, rows, num_events=40)
        found.append(home / f"{layout}-{rows}.h5")
    return found + [real_data.folder() / name for name in REAL if (real_data.folder() / name).is_file()]


def _tables(home: Path) -> list[Path]:
    events = muons(50)
    table = pa.table({
        "MET_pt": ak.to_arrow(events.MET_pt, extensionarray=False),
        "Muon_pt": pa.array(events.Muon.pt.to_list()),
        "kind": pa.array([f"k{number % 3}" for number in range(50)]),
    })  # fmt: skip
    pq.write_table(table, home / "events.parquet", row_group_size=20)
    pyarrow.feather.write_feather(table, str(home / "events.feather"), compression="uncompressed")
    pyarrow.feather.write_feather(table, str(home / "lz4.feather"), compression="lz4")
    return [home / "events.parquet", home / "events.feather", home / "lz4.feather"]


def _damages(source: Path, rng: np.random.Generator) -> Iterator[tuple[str, Maker]]:
    size = source.stat().st_size
    for cut in sorted({4, 9, 64, size // 3, size - 9, size - 1}):
        yield f"{source.name} cut at {cut}", _changed(source, cut=cut)
    for at in [*rng.integers(0, 200, 3), *rng.integers(0, size, 4), *rng.integers(max(size - 600, 0), size, 4)]:
        bits = int(rng.integers(1, 256))
        yield f"{source.name} flipped {bits} at {at % size}", _changed(source, flips=[(int(at) % size, bits)])
    many = [(int(at), int(rng.integers(1, 256))) for at in rng.integers(0, size, 20)]
    yield f"{source.name} flipped 20 times", _changed(source, flips=many)
    middle = size // 2
    yield f"{source.name} zeros in the middle", _changed(source, zeros=(middle, min(middle + 512, size)))
    yield f"{source.name} with more at its end", _changed(source, more=b"more" * 50)
    other = {".root": ".parquet", ".parquet": ".root", ".feather": ".h5"}.get(source.suffix, ".root")
    yield f"{source.name} as {other}", _changed(source, suffix=other)


def _changed(
    source: Path,
    *,
    cut: int | None = None,
    flips: list[tuple[int, int]] | None = None,
    zeros: tuple[int, int] = (0, 0),
    more: bytes = b"",
    suffix: str = "",
) -> Maker:
    def make(place: Path) -> Path:
        data = bytearray(source.read_bytes()[:cut])
        for at, bits in flips or ():
            data[at] ^= bits
        data[slice(*zeros)] = bytes(zeros[1] - zeros[0])
        path = place / f"in{suffix or source.suffix}"
        path.write_bytes(data + more)
        return path

    return make


def _bytes(name: str, content: bytes) -> Maker:
    def make(place: Path) -> Path:
        (place / name).write_bytes(content)
        return place / name

    return make


def _zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("events.root", b"root")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "manifest.json").write_text('{"parts": [{"name": "../../secret.h5"}]}')
    return path


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _locked(path: Path) -> Path:
    path.write_bytes(b"root")
    path.chmod(0)
    return path


def _loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


def _dangling(path: Path) -> Path:
    path.symlink_to(path.with_name("nowhere"))
    return path


def _device(path: Path) -> Path:
    path.symlink_to("/dev/zero" if stat.S_ISCHR(Path("/dev/zero").stat().st_mode) else "/dev/null")
    return path


def _odd_name(place: Path, suffix: str) -> Path:
    path = place / os.fsdecode(b"caf\xe9" + suffix.encode())
    path.write_bytes(b"root" + bytes(100))
    return path


def _odd_trees() -> Iterator[tuple[str, Maker]]:
    """Sound files that do not hold what is asked of them."""
    yield "unequal counters", lambda place: (write_unequal(place / "in.root"), {"objects": ["Jet"]})
    yield "no tree", lambda place: _root(place, {})
    yield "a histogram", lambda place: _root(place, {"h": np.histogram([1.0, 2.0])})
    yield "an empty tree", lambda place: _tree(place, {"x": np.zeros(0, np.int32)})
    yield "NaN ids", lambda place: _tree(place, {"run": np.array([1, np.nan, 3]), "event": np.array([np.nan] * 3)})
    for options in (
        {"tree": "nothing"}, {"objects": ["Jet"]}, {"objects": [""]}, {"pad": {"Jet": 3}}, {"rows": "Jet"},
        {"pad": {"Muon": -1}}, {"pad": {"Muon": 10**12}}, {"pad": {"Muon": "p900"}}, {"entries": "5:2"},
        {"entries": "a:b"}, {"entries": "900:1000"}, {"layout": "rows"}, {"compression": "gzip:99"},
        {"overrides": ["select=pt >"]}, {"overrides": ["select=nothing > 1"]}, {"overrides": ["objects.Muon.pad=x"]},
        {"overrides": ["nothing"]}, {"overrides": ["a.b.c=1"]}, {"overrides": ["input.tree=[1, 2]"]},
        {"overrides": ["select=" + "(" * 5000]}, {"overrides": ["select=" + "1 +" * 5000 + "1"]},
    ):  # fmt: skip
        yield (
            f"asked for {str(options)[:60]}",
            lambda place, options=options: (write_root(place / "in.root", 20), options),
        )
    yield "ids of HDF5 that are no numbers", _odd_hdf5
    for name, array in (
        ("nested four times", pa.array([[[[[1.0]]]]] * 3)),
        ("a map", pa.array([[("a", 1)]] * 3, pa.map_("string", "int8"))),
        ("dates", pa.array([1, 2, 3], pa.date32())), ("decimals", pa.array([1, 2, 3], pa.decimal128(9, 2))),
        ("all null", pa.nulls(3)), ("bytes", pa.array([b"\xff\xfe"] * 3)), ("null lists", pa.array([None, [1], None])),
    ):  # fmt: skip
        yield f"parquet of {name}", lambda place, array=array: _parquet(place, array)


def _asked(place: Path, options: dict[str, object]) -> Made:
    return write_root(place / "in.root", 20), options


def _odd_configs() -> Iterator[tuple[str, Maker]]:
    """Configs that are no configs, for a sound input."""
    texts = {
        "empty": b"", "no YAML": b"{", "a list": b"- 1", "a tab": b"a:\n\t- b", "two documents": b"a: 1\n---\nb: 2\n",
        "no UTF-8": b"simdprep: 1\ninput: {tree: \xff\xfe}", "a loop": b"a: &a [*a]",
        "an object": b"!!python/object:os.system x",
        "a bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
            f"{chr(98 + at)}: &{chr(98 + at)} [{','.join(['*' + chr(97 + at)] * 9)}]\n".encode() for at in range(12)),
        "deep": b"[" * 3000, "unknown key": b"simdprep: 1\nobjcts: {}", "version 2": b"simdprep: 2",
        "numbers as names": b"simdprep: 1\nobjects: {1: {2: 3}}", "null": b"simdprep: 1\nobjects: null\ninput: null",
        "NaN pad": b"simdprep: 1\nobjects: {Muon: {pad: .nan}}", "a date": b"simdprep: 2020-01-01",
        "control characters": b"simdprep: 1\x00\x07", "long key": b"simdprep: 1\n" + b"k" * 200_000 + b": 1",
        "fill of text": b"simdprep: 1\nobjects: {Muon: {pad: 2, fields: {pt: {fill: x}}}}",
        "expression": b'simdprep: 1\nobjects: {Muon: {pad: 2, fields: {x: {expr: "__import__(1)"}}}}',
        "cycle": b"simdprep: 1\nobjects: {A: {parent: B}, B: {parent: A}}",
        "duplicate": b"simdprep: 1\nsimdprep: 1\n",
    }  # fmt: skip
    for name, text in texts.items():
        yield f"config: {name}", lambda place, text=text: _config(place, text)
    yield "config: a folder", lambda place: (write_root(place / "in.root", 20), {"config": str(place)})
    yield "config: not there", lambda place: (write_root(place / "in.root", 20), {"config": str(place / "no.yaml")})


def _config(place: Path, text: bytes) -> Made:
    (place / "config.yaml").write_bytes(text)
    return write_root(place / "in.root", 20), {"config": str(place / "config.yaml")}


def _root(place: Path, content: dict[str, object]) -> Path:
    with uproot.recreate(place / "in.root") as file:
        for name, value in content.items():
            file[name] = value
    return place / "in.root"


def _tree(place: Path, arrays: dict[str, np.ndarray]) -> Path:
    with uproot.recreate(place / "in.root") as file:
        tree = file.mktree("Events", {name: array.dtype for name, array in arrays.items()})
        if len(next(iter(arrays.values()))):
            tree.extend(arrays)
    return place / "in.root"


def _odd_hdf5(place: Path) -> Path:
    with h5py.File(place / "in.h5", "w") as file:
        file["Jet/pt"] = ["a", "b"]
        file["Jet/valid"] = [2.5, np.nan]
        file.attrs["simdprep_format"] = np.bytes_(b"1.0")
        file.attrs["simdprep_schema"] = np.bytes_(b"{}")
    return place / "in.h5"


def _parquet(place: Path, array: pa.Array) -> Path:
    pq.write_table(pa.table({"x": pa.array([1, 2, 3]), "odd": array}), place / "in.parquet")
    return place / "in.parquet"
