"""More bad inputs: each key of a config or manifest of each wrong type; odd types and structures of every format."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

import simdprep as sp
from simdprep.schema.config import Config
from tests import real_data
from tests.faults.bad_corpus import Bad, Maker
from tests.faults.json_damage import WRONG, at, damages, schema_places, text_of
from tests.faults.small_files import write_root
from tests.small_dataset import VARIANTS, write_small

#: Real RNTuples of which the bytes of anchor, header and footer are changed one by one.
NTUPLES = (
    "test_int_vfloat_tlv_vtlv_rntuple_v1-0-0-0.root",
    "Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root",
)


def odd_corpus(folder: Path, *, share: int | None = None) -> Iterator[Bad]:
    """Make the inputs, or a share of them, one after the other; each lies in a folder of its own."""
    home = folder / "of-odd"
    home.mkdir()
    write_root(home / "in.root", 20)
    makers = [*_configs(home / "in.root"), *_tables(), *_hdf5(home), *_folders(home), *_ntuples()]
    if share is not None:
        makers = random.Random(8).sample(makers, share)
    for number, (name, make, *verbs) in enumerate(makers):
        place = folder / f"odd-{number:04d}"
        place.mkdir()
        made = make(place)
        path, options = made if isinstance(made, tuple) else (made, {})
        yield Bad(name, path, options, tuple(verbs))


def _configs(root: Path) -> Iterator[tuple[Any, ...]]:
    """Every key of a config with values of every kind; most are wrong, and some are not."""
    for place in dict.fromkeys(schema_places(Config.model_json_schema())):
        for what, wrong in WRONG.items():
            verb = "prepare" if place[0] == "prepare" else "convert"
            name = f"config: {'.'.join(map(str, place))} is {what}"
            yield name, partial(_config, root=root, config=at(place, wrong)), verb


def _config(place: Path, root: Path, config: dict[str, Any]) -> tuple[Path, dict[str, object]]:
    whole = {"simdprep": 1, **config}
    if whole.get("prepare") and isinstance(whole["prepare"], dict):
        whole["input"] = {"files": [str(root)]}
    (place / "config.yaml").write_bytes(text_of(whole))  # JSON is YAML
    return root, {"config": str(place / "config.yaml")}


ROWS = 3

ARRAYS: dict[str, Callable[[], pa.Array]] = {
    "decimal256": lambda: pa.array([1, 2, 3], pa.decimal256(50, 3)),
    "times with zones": lambda: pa.array([1, 2, 3], pa.timestamp("ns", "Europe/Zurich")),
    "times of the day": lambda: pa.array([1, 2, 3], pa.time32("s")),
    "durations": lambda: pa.array([1, 2, 3], pa.duration("us")),
    "dictionaries of numbers": lambda: pa.array([1.5, 2.5, 1.5]).dictionary_encode(),
    "dictionaries with nulls": lambda: pa.array(["a", None, "a"]).dictionary_encode(),
    "dictionaries in lists": lambda: pa.array([["a"], [], ["b"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
    "structs in structs": lambda: pa.array([{"a": {"b": {"c": 1}}}] * ROWS),
    "structs without members": lambda: pa.array([{}] * ROWS, pa.struct([])),
    "lists of structs of lists": lambda: pa.array([[{"a": [1, 2], "b": None}], None, []]),
    "maps in lists": lambda: pa.array([[[("a", 1)]], [], None], pa.list_(pa.map_(pa.string(), pa.int32()))),
    "lists of one length": lambda: pa.array([[1, 2]] * ROWS, pa.list_(pa.int8(), 2)),
    "lists of length zero": lambda: pa.array([[]] * ROWS, pa.list_(pa.int8(), 0)),
    "large lists": lambda: pa.array([[1], [], [2, 3]], pa.large_list(pa.int64())),
    "large texts": lambda: pa.array(["a", "", "ü" * 1000], pa.large_string()),
    "bytes of one length": lambda: pa.array([b"ab"] * ROWS, pa.binary(2)),
    "halves": lambda: pa.array(np.array([1, 2, 3], np.float16)),
    "bools in lists with nulls": lambda: pa.array([[True, None], None, []]),
    "texts with NUL": lambda: pa.array(["a\0b", "\0", ""]),
    "whole numbers past 2^53": lambda: pa.array([2**63, 2**64 - 1, 0], pa.uint64()),
    "nested nulls": lambda: pa.array([[None], None, [[None]]], pa.list_(pa.list_(pa.float32()))),
    "runs": lambda: pa.RunEndEncodedArray.from_arrays([2, 3], [1.0, 2.0]),
    "unions": lambda: pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array("abc")]),
    "views of texts": lambda: pa.array(["a", "b", "c"], pa.string_view()),
}

NAMES = ("", " ", ".", "a.b", "a/b", "..", "a\nb", "ü", "x" * 300, "valid", "count", "offsets", "event_index", "\0")


def _tables() -> Iterator[tuple[str, Maker]]:
    for name, make in ARRAYS.items():
        for suffix in (".parquet", ".feather"):
            yield f"{name} as {suffix}", partial(_table, make=make, suffix=suffix)
    for column in NAMES:
        yield f"a column {column[:9]!r}", partial(_table, make=lambda: pa.array([1, 2, 3]), column=column)
    yield "two columns of one name", partial(_named, names=["x", "x"])
    yield "columns that differ in case", partial(_named, names=["x", "X"])
    yield "a column that is an object's field", partial(_named, names=["Jet_pt", "nJet"])
    yield "no columns", partial(_named, names=[])
    for codec in ("snappy", "gzip", "brotli", "zstd", "lz4"):
        yield f"parquet by {codec}", partial(_table, make=lambda: pa.array([1, 2, 3]), compression=codec)
    yield "feather of version 1", _feather_one
    yield "a stream of arrow", _stream


def _table(place: Path, make: Any, suffix: str = ".parquet", column: str = "odd", **options: Any) -> Path:
    path = place / f"in{suffix}"
    table = pa.table([pa.array([1.0, 2.0, 3.0]), make()], names=["x", column])
    try:
        if suffix == ".parquet":
            pq.write_table(table, path, **options)
        else:
            pyarrow.feather.write_feather(table, str(path), compression="uncompressed")
    except (pa.ArrowException, TypeError):  # it cannot be written: what is there of it is as bad as it gets
        path.touch()
    return path


def _named(place: Path, names: list[str]) -> Path:
    pq.write_table(pa.table([pa.array([1, 2, 3])] * len(names), names=names), place / "in.parquet")
    return place / "in.parquet"


def _feather_one(place: Path) -> Path:
    table = pa.table({"x": pa.array([1, 2, 3]), "name": pa.array(["a", "b", "c"])})
    pyarrow.feather.write_feather(table, str(place / "in.feather"), version=1)
    return place / "in.feather"


def _stream(place: Path) -> Path:
    table = pa.table({"x": pa.array([1, 2, 3])})
    with pa.OSFile(str(place / "in.feather"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    return place / "in.feather"


def _hdf5(home: Path) -> Iterator[tuple[str, Maker]]:
    for name, make in HDF5.items():
        yield f"HDF5: {name}", partial(_foreign, make=make)
    for layout, rows in VARIANTS:
        sound = home / f"{layout}-{rows}.h5"
        write_small(sound, layout, rows, num_events=20)
        yield f"a name of no text: {layout} {rows}", partial(_odd_name, sound=sound)
        for owner, attribute in _attributes(sound):
            for what, wrong in ATTRIBUTES.items():
                name = f"HDF5 {layout} {rows}: {attribute} of {owner} is {what}"
                yield name, partial(_attribute, sound=sound, owner=owner, attribute=attribute, wrong=wrong)


def _numbers(**more: Any) -> dict[str, Any]:
    return {"data": np.arange(6.0), **more}


def _external(file: h5py.File) -> None:
    with h5py.File(Path(file.filename).with_name("other.h5"), "w") as other:
        other["x"] = np.arange(6)
    file["x"] = np.arange(6)
    file["elsewhere"] = h5py.ExternalLink("other.h5", "x")


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((6,), "f4")
    layout[...] = h5py.VirtualSource("nowhere.h5", "x", (6,))
    file.create_virtual_dataset("x", layout)


def _loop(file: h5py.File) -> None:
    file["a/x"] = np.arange(6)
    file["a/b"] = file["a"]
    file["soft"] = h5py.SoftLink("/soft")


HDF5: dict[str, Callable[[h5py.File], object]] = {
    "nothing": lambda file: None,
    "external link": _external,
    "virtual dataset": _virtual,
    "loops": _loop,
    "a number": lambda file: file.create_dataset("x", data=1.5),
    "an empty one": lambda file: file.create_dataset("x", data=h5py.Empty("f4")),
    "no rows": lambda file: file.create_dataset("x", (0,), "f4"),
    "no slots": lambda file: file.create_dataset("x", (6, 0), "f4"),
    "five axes": lambda file: file.create_dataset("x", (2, 2, 2, 2, 2), "f4"),
    "unequal lengths": lambda file: [file.create_dataset(name, (size,), "f4") for name, size in (("x", 5), ("y", 6))],
    "texts": lambda file: file.create_dataset("x", data=["a", "b" * 9999, "ü"]),
    "lists of any length": lambda file: file.create_dataset("x", (3,), h5py.vlen_dtype(np.int32)),
    "references": lambda file: file.create_dataset("x", (3,), h5py.ref_dtype),
    "regions": lambda file: file.create_dataset("x", (3,), h5py.regionref_dtype),
    "enum": lambda file: file.create_dataset("x", (3,), h5py.enum_dtype({"A": 1, "B": 1000}, "i4")),
    "opaque": lambda file: file.create_dataset("x", data=np.zeros(3, "V7")),
    "complex": lambda file: file.create_dataset("x", data=np.zeros(3, np.complex128)),
    "long doubles": lambda file: file.create_dataset("x", data=np.zeros(3, np.longdouble)),
    "other byte order": lambda file: file.create_dataset("x", data=np.arange(3, dtype=">f8")),
    "arrays in records": lambda file: file.create_dataset("x", data=np.zeros(3, [("a", "f4", (2, 2)), ("b", "i2")])),
    "records in records": lambda file: file.create_dataset("x", data=np.zeros(3, [("a", [("b", "f4")])])),
    "records without members": lambda file: file.create_dataset("x", data=np.zeros(3, [("valid", "i1")])),
    "names of records": lambda file: file.create_dataset("x", data=np.zeros(3, [("a/b", "f4"), (".", "f4")])),
    "records in slots": lambda file: file.create_dataset("x", data=np.zeros((3, 4), [("pt", "f4"), ("valid", "i1")])),
    "rows that were never written": lambda file: file.create_dataset("x", (2**40,), "f4", chunks=(1 << 16,)),
    "scale and offset": lambda file: file.create_dataset("x", **_numbers(scaleoffset=2)),
    "lzf": lambda file: file.create_dataset("x", **_numbers(compression="lzf")),
    "checksums": lambda file: file.create_dataset("x", **_numbers(fletcher32=True)),
    "a datatype": lambda file: file.__setitem__("x", np.dtype("f4")),
    "an attribute of no size": lambda file: file.attrs.create("simdprep_format", h5py.Empty("f4")),
    "a table of pytables": lambda file: file.create_group("df").attrs.update(pandas_type="frame", axis0=b"(lp0"),
}


def _foreign(place: Path, make: Callable[[h5py.File], object]) -> Path:
    with h5py.File(place / "in.h5", "w") as file:
        make(file)
    return place / "in.h5"


ATTRIBUTES: dict[str, Any] = {
    "missing": None,
    "an empty text": np.bytes_(b""),
    "a text": np.bytes_(b"nothing["),
    "no UTF-8": np.bytes_(b"\xff\xfe\x00\x01"),
    "minus one": np.int64(-1),
    "a large number": np.uint64(2**64 - 1),
    "NaN": np.float64("nan"),
    "a list": np.arange(9),
    "no value": h5py.Empty("f4"),
}


def _attributes(path: Path) -> list[tuple[str, str]]:
    """The attributes of a file, each name once."""
    found = dict.fromkeys(h5py.File(path).attrs, "/")
    with h5py.File(path) as file:
        file.visititems(lambda owner, entry: found.update({name: owner for name in entry.attrs if name not in found}))
    return [(owner, name) for name, owner in found.items()]


def _attribute(place: Path, sound: Path, owner: str, attribute: str, wrong: Any) -> Path:
    path = place / "in.h5"
    path.write_bytes(sound.read_bytes())
    with h5py.File(path, "r+") as file:
        del file[owner].attrs[attribute]
        if wrong is not None:
            file[owner].attrs[attribute] = wrong
    return path


def _odd_name(place: Path, sound: Path) -> Path:
    path = place / os.fsdecode(b"caf\xe9.h5")
    path.write_bytes(sound.read_bytes())
    return path


def _folders(home: Path) -> Iterator[tuple[str, Maker]]:
    """The manifest of a folder, damaged in each key."""
    sound = home / "sound"
    sp.convert(str(write_root(home / "parts.root", 4200)), sound, part_rows=2048)
    for name, manifest in damages(json.loads((sound / "manifest.json").read_text())):
        yield f"manifest: {name}", partial(_folder, sound=sound, manifest=manifest)


def _folder(place: Path, sound: Path, manifest: Any) -> Path:
    folder = place / "in"
    folder.mkdir()
    for part in sound.glob("part-*.h5"):
        (folder / part.name).hardlink_to(part)
    (folder / "manifest.json").write_bytes(text_of(manifest))
    return folder


def _ntuples() -> Iterator[tuple[str, Maker]]:
    for name in NTUPLES:
        path = real_data.folder() / name
        if path.is_file():
            data = path.read_bytes()
            anchor = data.rfind(b"ROOT::RNTuple")
            ends = {"header": 300, "anchor": anchor, "footer": anchor - 400}
            for what, start in ends.items():
                for step in range(0, 80, 2):
                    yield f"{what} of {name}, byte {step}", partial(_changed, data=data, place_of=start + step)


def _changed(place: Path, data: bytes, place_of: int) -> Path:
    changed = bytearray(data)
    changed[place_of % len(data)] ^= 0xA5
    (place / "in.root").write_bytes(changed)
    return place / "in.root"
