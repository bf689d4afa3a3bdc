"""Any file, at any level: stock h5py and h5dump read the same bits, whatever filters its chunks skip."""

import re
import shutil
import subprocess

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simdprep as sp
from simdprep import _core
from simdprep.storage import verify
from simdprep.testing import strategies
from simdprep.testing.strategies import Shape
from tests.reference.encoded_arrays import LEVELS, arrays, encode, stored_file

H5DUMP = shutil.which("h5dump")
needs_h5dump = pytest.mark.skipif(H5DUMP is None, reason="h5dump: not found; apt-get install hdf5-tools")

#: Levels as users write them.
WORDS = ("none", "gzip", *(f"gzip:{level}" for level in LEVELS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stock-codec")


def same_in_h5dump(path, name, array, out):
    """Whether h5dump, HDF5 of another version, finds these values: their bits where it can write bytes, else text."""
    is_number = array.dtype.kind in "iuf" and array.dtype != np.float16
    form = ["-b", "LE"] if is_number else ["-y", "-w", "0", "-m", "%.17g"]
    out.unlink(missing_ok=True)
    command = [H5DUMP, "-d", name, *form, "-o", str(out), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if is_number:
        return out.read_bytes() == array.tobytes()
    words = re.findall(r"TRUE|FALSE|-?(?:nan|inf|[0-9][0-9.e+-]*)", out.read_text())
    found = np.array([float({"TRUE": "1", "FALSE": "0"}.get(word, word)) for word in words])
    return np.array_equal(found, leaves(array), equal_nan=True)


def leaves(array):
    """All numbers of an array, the members of a record one after the other."""
    names = array.dtype.names or [None]
    columns = [(array if name is None else array[name]).astype(float).reshape(-1, 1) for name in names]
    return np.concatenate(columns, axis=1).reshape(-1)


def all_datasets(stored):
    """Names of all datasets of a file that have entries."""
    names = []
    stored.visititems(
        lambda name, entry: names.append(name) if isinstance(entry, h5py.Dataset) and entry.size else None
    )
    return names


def masks_of(dataset):
    return [dataset.id.get_chunk_info(index).filter_mask for index in range(dataset.id.get_num_chunks())]


class TestAnyArray:
    """One dataset, its chunks by our encoder, read by HDF5 alone."""

    @given(array=arrays(), level=st.sampled_from(LEVELS), fletcher=st.booleans())
    def test_h5py(self, folder, array, level, fletcher):
        path = stored_file(folder / "a.h5", array, level=level, fletcher=fletcher)
        with h5py.File(path) as stored:
            assert stored["x"][()].tobytes() == array.tobytes()

    @needs_h5dump
    @settings(max_examples=25)
    @given(array=arrays(most=20_000), level=st.sampled_from(LEVELS), fletcher=st.booleans())
    def test_h5dump(self, folder, array, level, fletcher):
        path = stored_file(folder / "b.h5", array, level=level, fletcher=fletcher)
        assert same_in_h5dump(path, "/x", array, folder / "b.bin")


@pytest.mark.parametrize("shuffles", [True, False])
@pytest.mark.parametrize("deflates", [True, False])
@pytest.mark.parametrize("fletcher", [True, False])
def test_every_filter_mask(tmp_path, shuffles, deflates, fletcher):
    array = np.arange(4096, dtype=np.float32) ** 2
    raw = array.view(np.uint8)
    bytes_ = np.ascontiguousarray(raw.reshape(-1, 4).T).reshape(-1) if shuffles else raw
    level, size = (6, 1) if deflates else (0, 0)
    payload, inner = _core.encode_chunk(bytes_, shuffle_size=size, deflate_level=level, fletcher=fletcher)
    mask = (0 if shuffles else 1) | (0 if deflates and inner == 0 else 2)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as stored:
        filters = {"shuffle": True, "compression": "gzip", "fletcher32": fletcher}
        dataset = stored.create_dataset("x", array.shape, array.dtype, chunks=array.shape, **filters)
        dataset.id.write_direct_chunk((0,), payload, mask)
    with h5py.File(path) as stored:
        assert masks_of(stored["x"]) == [mask]
        assert np.array_equal(stored["x"][()], array)
    if H5DUMP is not None:
        assert same_in_h5dump(path, "/x", array, tmp_path / "a.bin")


@needs_h5dump
def test_h5dump_sees_a_difference(tmp_path):
    for dtype in ("f4", "f2", "?", "u2,f4"):
        array = np.zeros(5, dtype)
        other = np.ones(5, dtype)
        path = stored_file(tmp_path / "a.h5", array, level=3, fletcher=True)
        assert same_in_h5dump(path, "/x", array, tmp_path / "a.bin")
        assert not same_in_h5dump(path, "/x", other, tmp_path / "a.bin")


def test_the_encoder_uses_masks():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, 1 << 16, np.uint8).view(np.uint64)
    repeated = np.repeat(rng.integers(0, 1 << 60, 1 << 10), 8)
    floats = rng.normal(size=1 << 13)
    assert [encode(array, level=3)[1] for array in (noise, repeated, floats)] == [3, 1, 0]


class TestAnyEvents:
    """Whole files of ours at every level."""

    @settings(max_examples=30)
    @given(data=st.data(), word=st.sampled_from(WORDS))
    def test_both_engines(self, folder, data, word):
        events, schema = data.draw(strategies.events_and_schema(Shape(strings=True, max_events=8), **codec(word)))
        path = folder / "events.h5"
        write(path, schema, events)
        with sp.open(path) as ours, sp.open(path, engine="h5py") as stock:
            for name, view in ours.items():
                for field in view:
                    assert _bytes(ours[name][field]) == _bytes(stock[name][field])
        assert verify(path).problems == []

    @needs_h5dump
    @settings(max_examples=8)
    @given(data=st.data(), word=st.sampled_from(WORDS))
    def test_h5dump(self, folder, data, word):
        events, schema = data.draw(strategies.events_and_schema(Shape(max_events=8), **codec(word)))
        path = folder / "dumped.h5"
        write(path, schema, events)
        with h5py.File(path) as stored:
            for name in all_datasets(stored)[:4]:
                assert same_in_h5dump(path, f"/{name}", stored[name][()], folder / "d.bin")


def codec(word):
    """The arguments of a schema for a level as users write it."""
    name, _, level = word.partition(":")
    return {"codec": name, "level_of_effort": int(level) if level else None}


def write(path, schema, events):
    with sp.Writer(path, schema, overwrite=True, threads=1) as writer:
        writer.fill(events)


def _bytes(column):
    values = column[:]
    return values.tobytes() if isinstance(values, np.ndarray) else str(values.to_list())
