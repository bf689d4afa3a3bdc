"""The core's chunk reader equals h5py: whatever the layout, dtype, range, filters and filter masks."""

import zlib

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdprep as sp
from simdprep.storage.part_reader import PartReader
from tests.small_dataset import VARIANTS, write_small

CODECS = ("gzip", "none")
NUM_EVENTS = 5000  # chunks of 2,048 rows: two full ones and one that is not


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One file for every layout, row object and codec."""
    folder = tmp_path_factory.mktemp("written")
    for layout, rows in VARIANTS:
        for codec in CODECS:
            write_small(folder / f"{layout}-{rows}-{codec}.h5", layout, rows, num_events=NUM_EVENTS, codec=codec)
    return folder


def whole(path):
    """Every dataset of a file as h5py reads it, by path."""
    found = {}
    with h5py.File(path) as stored:
        stored.visititems(
            lambda name, entry: found.update({f"/{name}": entry[()]} if isinstance(entry, h5py.Dataset) else {})
        )
    return found


def same(actual, expected):
    return actual.dtype == expected.dtype and actual.shape == expected.shape and actual.tobytes() == expected.tobytes()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
@given(data=st.data())
def test_any_range_of_any_dataset(folder, layout, rows, codec, data):
    path = folder / f"{layout}-{rows}-{codec}.h5"
    reader = PartReader(path, threads=data.draw(st.sampled_from([1, 3])))
    index = data.draw(st.integers(0, len(reader.lengths) - 1))
    start = data.draw(st.integers(0, reader.lengths[index]))
    stop = data.draw(st.integers(start, reader.lengths[index]))
    with h5py.File(path) as stored:
        expected = stored[reader.description.datasets[index].path][start:stop]
    assert reader.chunk_reader(index) is not None
    assert same(reader.read(index, start, stop), expected)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_every_dataset_whole_through_both_engines(folder, layout, rows, codec):
    path = folder / f"{layout}-{rows}-{codec}.h5"
    expected = whole(path)
    for engine in ("core", "h5py"):
        reader = PartReader(path, engine=engine)
        for index, dataset in enumerate(reader.description.datasets):
            assert same(reader.read(index, 0, reader.lengths[index]), expected[dataset.path])


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
@given(data=st.data())
def test_any_index_of_a_column(folder, layout, rows, data):
    with sp.open(folder / f"{layout}-{rows}-gzip.h5") as ds:
        column = ds["Jet"]["pt"] if rows == "Jet" or layout != "ragged" else ds["events"]["MET"]
        values = column[:]
        size = len(column)
        rows_wanted = data.draw(st.lists(st.integers(-size, size - 1), max_size=12))
        assert same(column[rows_wanted], values[np.array(rows_wanted, np.int64)])
        cut = slice(*(data.draw(st.none() | st.integers(-size - 2, size + 2)) for _ in range(2)))
        step = data.draw(st.none() | st.sampled_from([1, 2, 7, 5000, -1, -3]))
        assert same(
            np.ascontiguousarray(column[cut.start : cut.stop : step]), values[cut.start : cut.stop : step].copy()
        )
        row = data.draw(st.integers(-size, size - 1))
        assert np.asarray(column[row]).tobytes() == values[row].tobytes()
        mask = np.zeros(size, np.bool_)
        mask[np.array(rows_wanted, np.int64)] = True
        assert same(column[mask], values[mask])


def rewrite(path, masks):
    """Store the chunks of every dataset anew, each without the filters of a mask (1: shuffle, 2: deflate)."""
    with h5py.File(path, "r+") as stored:
        names = []
        stored.visititems(lambda name, entry: names.append(name) if isinstance(entry, h5py.Dataset) else None)
        for name in names:
            dataset = stored[name]
            values, item = dataset[()], dataset.dtype.itemsize
            shuffled = dataset.shuffle
            for index, start in enumerate(range(0, len(values), dataset.chunks[0])):
                mask = masks[index % len(masks)]
                raw = np.full(dataset.chunks, dataset.fillvalue, dataset.dtype)
                part = values[start : start + dataset.chunks[0]]
                raw[: len(part)] = part
                data = raw.tobytes()
                if shuffled and not mask & 1:
                    data = np.frombuffer(data, np.uint8).reshape(-1, item).T.tobytes()
                deflate = 2 if shuffled else 1
                own_mask = mask & 1 if shuffled else 0
                if mask & 2:
                    own_mask |= deflate
                else:
                    data = zlib.compress(data, 1)
                data += fletcher32(data).to_bytes(4, "little")
                place = (start, *(0 for _ in dataset.shape[1:]))
                dataset.id.write_direct_chunk(place, data, filter_mask=own_mask)


def fletcher32(data):
    """HDF5's checksum, word by word."""
    one = two = 0
    for at in range(0, len(data) - 1, 2):
        one += data[at] << 8 | data[at + 1]
        two += one
    if len(data) % 2:
        one += data[-1] << 8
        two += one
    fold = [(total - 1) % 65535 + 1 if total else 0 for total in (one, two)]
    return fold[1] << 16 | fold[0]


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
@pytest.mark.parametrize("masks", [(1,), (2,), (3,), (0, 1, 2, 3)])
def test_chunks_that_skip_filters(layout, masks, tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, layout, num_events=400 if layout == "ragged" else NUM_EVENTS)
    before = whole(path)
    rewrite(path, masks)
    expected = whole(path)
    assert all(same(expected[name], before[name]) for name in before)  # the checksum above is HDF5's
    reader = PartReader(path)
    for index, dataset in enumerate(reader.description.datasets):
        assert reader.chunk_reader(index) is not None
        assert same(reader.read(index, 0, reader.lengths[index]), expected[dataset.path])
