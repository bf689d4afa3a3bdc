"""Chunks of lz4 and zstd are what h5py makes of them, decoded by the core or left to HDF5."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest

import simdprep as sp
from simdprep import _core
from simdprep.errors import DatasetError
from simdprep.storage import guard, merge_parts
from simdprep.storage.part_reader import PartReader
from tests.small_dataset import write_small

COMPRESSIONS = {
    "lz4": hdf5plugin.LZ4(),
    "lz4 blocks of 64": hdf5plugin.LZ4(nbytes=64),
    "lz4 blocks of 1000": hdf5plugin.LZ4(nbytes=1000),
    "lz4 big blocks": hdf5plugin.LZ4(nbytes=1 << 30),
    "zstd 1": hdf5plugin.Zstd(clevel=1),
    "zstd 19": hdf5plugin.Zstd(clevel=19),
}
BUILT_IN = _core.built_in_compressors()

of_all_kinds = pytest.mark.parametrize("kind", COMPRESSIONS)


def rewrite(path, kind, *, shuffle=True, fletcher=True, chunk_rows=None):
    """Store all datasets of a file anew, and return what h5py reads of each."""
    with h5py.File(path, "r+") as stored:
        names = []
        stored.visititems(lambda name, entry: names.append(name) if isinstance(entry, h5py.Dataset) else None)
        for name in names:
            old = stored[name]
            values, attributes = old[()], dict(old.attrs)
            settings = {
                "chunks": (chunk_rows or old.chunks[0], *old.chunks[1:]),
                "maxshape": old.maxshape,
                "fillvalue": old.fillvalue,
                "shuffle": shuffle and old.dtype.itemsize > 1,
                "fletcher32": fletcher,
            }
            del stored[name]
            stored.create_dataset(name, data=values, **settings, **COMPRESSIONS[kind]).attrs.update(attributes)
    with h5py.File(path) as stored:
        return {f"/{name}": stored[name][()] for name in names}


def check_equal(path, expected, *, by_core):
    """Compare every dataset: whole, and rows in the midst that cross chunks."""
    reader = PartReader(path)
    for index, dataset in enumerate(reader.description.datasets):
        assert (reader.chunk_reader(index) is not None) == by_core
        size, values = reader.lengths[index], expected[dataset.path]
        for start, stop in [(0, size), (size // 3, size - 1)]:
            found = reader.read(index, start, stop)
            assert found.dtype == values.dtype
            assert found.tobytes() == values[start:stop].tobytes()


@of_all_kinds
@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
@pytest.mark.parametrize(("shuffle", "fletcher"), [(True, True), (False, True), (True, False), (False, False)])
def test_every_dataset_by_the_core(kind, layout, shuffle, fletcher, tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, layout, num_events=700)
    expected = rewrite(path, kind, shuffle=shuffle, fletcher=fletcher, chunk_rows=300)  # the last chunk is not full
    check_equal(path, expected, by_core=kind.split()[0] in BUILT_IN)


@of_all_kinds
def test_every_dataset_by_hdf5(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "_BUILT_IN", frozenset({"deflate"}))
    path = tmp_path / "a.h5"
    write_small(path, num_events=700)
    check_equal(path, rewrite(path, kind, chunk_rows=300), by_core=False)


@of_all_kinds
def test_a_big_chunk(kind, tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, num_events=60_000)
    check_equal(path, rewrite(path, kind, chunk_rows=50_000), by_core=kind.split()[0] in BUILT_IN)


@pytest.mark.parametrize("kind", ["lz4", "zstd 1"])
def test_a_merge_writes_them_as_its_own(kind, tmp_path):
    parts = [tmp_path / "a.h5", tmp_path / "b.h5"]
    for path in parts:
        write_small(path, num_events=500)
    expected = rewrite(parts[0], kind)
    merge_parts(parts, tmp_path / "all.h5")
    with h5py.File(tmp_path / "all.h5") as merged:
        for name, values in expected.items():
            assert merged[name].compression in ("gzip", None)
            if merged[name].shape[0] == 2 * len(values):
                assert merged[name][: len(values)].tobytes() == values.tobytes()


@pytest.mark.skipif(len(BUILT_IN) < 3, reason="needs a core built with liblz4 and libzstd")
@pytest.mark.parametrize("kind", ["lz4", "lz4 blocks of 64", "zstd 1"])
@pytest.mark.parametrize("fletcher", [True, False])
def test_damage_is_one_error_that_names_the_chunk(kind, fletcher, tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, num_events=700)
    rewrite(path, kind, shuffle=False, fletcher=fletcher, chunk_rows=300)
    reader = PartReader(path)
    index = next(at for at, dataset in enumerate(reader.description.datasets) if dataset.path == "/events/MET")
    address = int(reader.table(index).addresses[1])
    reader.forget()
    with path.open("r+b") as file:
        file.seek(address)
        file.write(b"\xff" * 8)  # the size of all, or the magic number
    with pytest.raises(DatasetError, match="checksum" if fletcher else "compressed chunk") as caught:
        PartReader(path).read(index, 0, 700)
    assert caught.value.where == f"{path}: /events/MET, chunk 1"


@pytest.mark.parametrize("engine", ["core", "h5py"])
def test_a_codec_that_is_not_there_is_named(engine, tmp_path):
    path = tmp_path / "a.h5"
    write_small(path)
    rewrite(path, "lz4")
    environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
    code = f"""
import sys
sys.modules["hdf5plugin"] = None  # as if it were not installed
from simdprep.storage import guard, part_reader
guard._BUILT_IN = frozenset() if {engine == "core"} else guard._BUILT_IN
part_reader.PartReader(sys.argv[1], engine="{engine}")
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env=environment, capture_output=True, text=True, check=False
    )
    assert "DatasetError: filters: got lz4, which this HDF5 lacks" in done.stderr
    assert "pip install hdf5plugin" in done.stderr


def test_without_hdf5plugin_the_core_reads_alone(tmp_path):
    if "lz4" not in BUILT_IN:
        pytest.skip("needs a core built with liblz4")
    path = tmp_path / "a.h5"
    write_small(path)
    values = rewrite(path, "lz4")["/events/MET"]
    environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
    code = "import sys, simdprep as sp; print(sp.open(sys.argv[1])['events']['MET'][:].tobytes().hex())"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == np.asarray(values).tobytes().hex(), done.stderr


def test_hdf5plugin_is_imported_where_it_is_needed(tmp_path):
    """Of our own files read by h5py, and of compound datasets of others, from the command line too."""
    write_small(tmp_path / "a.h5")
    values = rewrite(tmp_path / "a.h5", "zstd 1")["/events/MET"]
    records = np.array([(1.5, 3), (2.5, 4)], [("pt", "f4"), ("id", "i4")])
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_dataset("jets", data=records, chunks=(2,), **COMPRESSIONS["lz4"])
    environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
    code = """
import sys
from simdprep.storage import guard, part_reader
guard._BUILT_IN = frozenset()
reader = part_reader.PartReader("a.h5", engine="h5py")
index = next(at for at, dataset in enumerate(reader.description.datasets) if dataset.path == "/events/MET")
print(reader.read(index, 0, reader.lengths[index]).tobytes().hex())
"""
    for command in ([sys.executable, "-c", code], [sys.executable, "-m", "simdprep", "convert", "b.h5", "-o", "c.h5"]):
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if command[1] == "-c":
            assert done.stdout.strip() == values.tobytes().hex()
    assert sp.open(tmp_path / "c.h5")["jets"]["pt"][:].tolist() == [1.5, 2.5]
