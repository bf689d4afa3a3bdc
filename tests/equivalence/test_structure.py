"""What the core reads of a part without HDF5 is what HDF5 says; what it does not expect it leaves to HDF5."""

import os
import random

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep import _core
from simdprep.errors import DatasetError
from simdprep.storage import part_structure
from simdprep.storage.part_structure import PartStructure
from tests.small_dataset import VARIANTS, write_small

#: Chunks at which the index of a dataset changes its shape, and some between: in the header's block, in blocks that
#: it knows, in those of super blocks, and in pages.
COUNTS = [0, 1, 4, 5, 20, 21, 37, 100, 244, 245, 1000]
MANY = [131_060, 131_061, 140_000, 270_000]


def by_both(path):
    """A part as HDF5 and the core see it; the second is ``None`` where it leaves it to the first."""
    with_hdf5 = part_structure._by_hdf5(path, "core", True)
    return with_hdf5, part_structure._by_core(path, True)


def assert_same(one, other):
    for name in ("identity", "root", "lengths", "num_truncated", "has_counters", "owners_of_others"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.placement is other.placement
    assert one.storage.pipelines == other.storage.pipelines
    assert np.array_equal(one.tables.ends, other.tables.ends)
    for name in ("addresses", "sizes", "masks"):
        assert np.array_equal(getattr(one.tables.chunks, name), getattr(other.tables.chunks, name))


@pytest.mark.parametrize("codec", ["gzip", "none"])
@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_every_layout(tmp_path, layout, rows, codec):
    for number, events in enumerate((5000, 0, 70)):
        path = tmp_path / f"{number}.h5"
        write_small(path, layout, rows, num_events=events, codec=codec)
        expected, found = by_both(path)
        assert found is not None
        assert_same(expected, found)


@pytest.mark.parametrize("num_fields", [3, 60, 700, 1500])
def test_any_number_of_fields(tmp_path, num_fields):
    """Names of many fields lie in a heap, with a tree of one or two levels."""
    events = ak.Array({f"a_rather_long_name_{number}": np.zeros(3, np.float32) for number in range(num_fields)})
    path = tmp_path / "wide.h5"
    with sp.Writer(path, sp.Schema.from_awkward(events)) as writer:
        writer.fill(events)
    expected, found = by_both(path)
    assert found is not None
    assert_same(expected, found)
    fits_header = num_fields < 600  # the schema, among the attributes of the root group
    assert (b"simdprep_format" in _core.read_structure(str(path)).texts()) == fits_header


def test_attributes_of_others(tmp_path):
    path = tmp_path / "more.h5"
    write_small(path, "columns", "events", num_events=50)
    with h5py.File(path, "r+", libver=("v110", "v110")) as file:
        file["Jet/pt"].attrs["flavour_label"] = ["b", "c"]
        for number in range(20):  # more than a header takes
            file["Jet/eta"].attrs[f"more {number}"] = number
    expected, found = by_both(path)
    assert found is not None
    assert_same(expected, found)
    assert found.owners_of_others == ("/Jet/pt", "/Jet/eta")


def test_what_hdf5_did_not_see_before_is_left_to_it(tmp_path):
    path, other = tmp_path / "a.h5", tmp_path / "b.h5"
    write_small(path, "columns", "events", num_events=50)
    expected, found = by_both(path)
    assert found is not None
    keep = expected.placement
    write_small(other, "columns", "events", num_events=50)
    with h5py.File(other, "r+", libver=("v110", "v110")) as file:
        values = file["Jet/pt"][:]
        del file["Jet/pt"]
        dataset = file["Jet"].create_dataset(
            "pt", data=values, chunks=(16, values.shape[1]), maxshape=(None, values.shape[1]), fillvalue=np.nan,
            compression="gzip", track_times=False,
        )  # fmt: skip
        dataset.attrs["unit"] = "GeV"
    assert part_structure._by_core(other, True) is None
    with sp.open(other) as one, sp.open(path) as two:
        assert np.array_equal(one["Jet"]["pt"][:], two["Jet"]["pt"][:], equal_nan=True)
    assert keep is not None


def test_a_link_that_leads_elsewhere_is_left_to_hdf5(tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, "columns", "events", num_events=50)
    keep = by_both(path)[0].placement
    with h5py.File(path, "r+", libver=("v110", "v110")) as file:
        file.move("Jet/pt", "Jet/other")
        file["Jet/pt"] = h5py.SoftLink("/Jet/other")
    assert part_structure._by_core(path, True) is None
    with pytest.raises(DatasetError, match="soft or external link"):
        PartStructure.read(path, engine="core", with_tables=True)
    assert keep is not None


def test_no_changed_byte_of_the_metadata_is_believed(tmp_path):
    """Whatever byte changes, the core says nothing, or, where the byte has no meaning, what it said before."""
    path = tmp_path / "a.h5"
    write_small(path, "columns", "events", num_events=40)
    expected, found = by_both(path)
    sound = path.read_bytes()
    data = np.zeros(len(sound), bool)
    chunks = found.tables.chunks
    for address, size in zip(chunks.addresses.tolist(), chunks.sizes.tolist(), strict=True):
        data[address : address + size] = True
    places = np.flatnonzero(~data)
    rng = random.Random(3)
    refused = 0
    with path.open("r+b", buffering=0) as file:
        for place in rng.sample(places.tolist(), min(len(places), 1500)):
            file.seek(place)
            file.write(bytes([sound[place] ^ 1 << rng.randrange(8)]))
            try:
                changed = part_structure._by_core(path, True)
            except DatasetError:
                changed = None
            file.seek(place)
            file.write(sound[place : place + 1])
            if changed is None:
                refused += 1
                continue
            assert changed.lengths == expected.lengths
            assert changed.num_truncated == expected.num_truncated
            assert changed.root == expected.root
            assert np.array_equal(changed.tables.chunks.addresses, chunks.addresses)
    assert refused > 100


def test_a_shorter_file_is_left_to_hdf5(tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, "columns", "events", num_events=40)
    keep = by_both(path)[0].placement
    sound = path.read_bytes()
    for size in (0, 7, 47, 48, 500, len(sound) // 2, len(sound) - 1):
        path.write_bytes(sound[:size])
        assert part_structure._by_core(path, True) is None
    path.unlink()
    assert part_structure._by_core(path, True) is None
    assert keep is not None


def _grown(path, num_chunks, *, filled):
    """One dataset of so many chunks of one byte and a checksum."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    creation.set_obj_track_times(False)
    file = h5py.h5f.create(os.fsencode(path), h5py.h5f.ACC_TRUNC, fcpl=creation, fapl=access)
    storage = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    storage.set_obj_track_times(False)
    storage.set_chunk((1,))
    storage.set_fletcher32()
    space = h5py.h5s.create_simple((num_chunks if filled else 0,), (h5py.h5s.UNLIMITED,))
    dataset = h5py.h5d.create(file, b"x", h5py.h5t.NATIVE_UINT8, space, dcpl=storage)
    for number in range(num_chunks if filled else 0):
        dataset.write_direct_chunk((number,), bytes([number % 251, 0, 0, 0, 0]), number % 2)
    del dataset
    file.close()


def _chunks(path):
    found = []
    with h5py.File(path) as file:
        file["x"].id.chunk_iter(
            lambda info: found.append((info.chunk_offset[0], info.byte_offset, info.size, info.filter_mask))
        )
        assert file["x"].id.get_storage_size() == sum(entry[2] for entry in found)
    return found


@pytest.mark.parametrize("num_chunks", [*COUNTS, *(pytest.param(count, marks=pytest.mark.long) for count in MANY)])
def test_indexes_of_chunks_are_read_and_written_as_hdf5_does(tmp_path, num_chunks):
    by_hdf5, by_us = tmp_path / "hdf5.h5", tmp_path / "ours.h5"
    _grown(by_hdf5, num_chunks, filled=True)
    expected = _chunks(by_hdf5)
    _, lengths, _, _, counts, addresses, sizes, masks = _core.read_structure(str(by_hdf5)).look(
        ["/x"], ["/"], [], "", True
    )
    assert lengths.tolist() == [num_chunks] == counts.tolist()
    entries = zip(range(num_chunks), addresses.tolist(), sizes.tolist(), masks.tolist(), strict=True)
    assert list(entries) == expected

    _grown(by_us, num_chunks, filled=False)
    with by_us.open("r+b") as file:
        file.truncate(by_hdf5.stat().st_size + by_us.stat().st_size)  # chunks are not looked at, but must lie inside
        assert (
            _core.write_chunk_indexes(str(by_us), file.fileno(), ["/x"], lengths, counts, addresses, sizes, masks) == 0
        )
    assert _chunks(by_us) == expected
    again = _core.read_structure(str(by_us)).look(["/x"], ["/"], [], "", True)
    assert np.array_equal(again[5], addresses)

    with h5py.File(by_us, "r+") as file:  # HDF5 goes on where we ended
        file["x"].resize((num_chunks + 40,))
        for number in range(num_chunks, num_chunks + 40):
            file["x"].id.write_direct_chunk((number,), bytes(5), 0)
    found = _chunks(by_us)
    assert len(found) == num_chunks + 40
    assert found[:num_chunks] == expected
