"""What `open` takes, and what it refuses with one clear error."""

import time

import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage.manifest import MANIFEST
from tests.small_dataset import LAYOUTS, write_small

PARTS = {"num_events": 4500, "part_rows": 128}


@pytest.fixture
def file(tmp_path):
    write_small(tmp_path / "a.h5")
    return tmp_path / "a.h5"


def refused(path, *words):
    """Opening is a DatasetError of at most three lines that says these words."""
    with pytest.raises(DatasetError) as caught:
        sp.open(path)
    text = str(caught.value)
    assert len(text.splitlines()) <= 3
    for word in words:
        assert word in text
    return text


class TestPaths:
    def test_a_missing_file(self, tmp_path):
        refused(tmp_path / "no.h5", "no such file", "no.h5")

    def test_a_glob_without_matches(self, tmp_path):
        refused(f"{tmp_path}/*.h5", "no match", "*.h5")

    def test_an_empty_list(self):
        refused([], "empty list")

    def test_a_name_with_brackets_is_a_file_first(self, tmp_path):
        write_small(tmp_path / "a[1].h5")
        assert sp.open(tmp_path / "a[1].h5").num_rows == 60

    def test_a_folder_without_manifest_says_what_is_whole_and_how_to_read_it(self, tmp_path):
        write_small(tmp_path / "out", **PARTS)
        (tmp_path / "out" / MANIFEST).unlink()
        text = refused(tmp_path / "out", "incomplete dataset", "3 whole parts")
        pattern = text.split('"')[1]
        assert sp.open(pattern).num_rows == 4500

    def test_a_folder_of_nothing(self, tmp_path):
        refused(tmp_path, MANIFEST)

    def test_staged_parts_of_an_unfinished_file(self, tmp_path):
        write_small(tmp_path / "out", **PARTS)
        (tmp_path / "out").rename(tmp_path / "a.h5.parts")
        text = refused(tmp_path / "a.h5", "incomplete dataset", "3 whole parts")
        assert sp.open(text.split('"')[1]).num_rows == 4500

    def test_parts_of_a_list_keep_its_order(self, tmp_path):
        for seed in (1, 2):
            write_small(tmp_path / f"{seed}.h5", seed=seed)
        one, two = (sp.open(tmp_path / f"{seed}.h5")["events"]["MET"][:] for seed in (1, 2))
        both = sp.open([tmp_path / "2.h5", tmp_path / "1.h5"])
        np.testing.assert_array_equal(both["events"]["MET"][:], np.concatenate([two, one]))


class TestFiles:
    def test_another_kind_of_file(self, tmp_path):
        (tmp_path / "a.h5").write_bytes(b"not HDF5 at all" * 100)
        refused(tmp_path / "a.h5", "another kind of file")

    def test_an_empty_file(self, tmp_path):
        (tmp_path / "a.h5").touch()
        refused(tmp_path / "a.h5", "another kind of file")

    def test_an_hdf5_file_of_others(self, tmp_path):
        with h5py.File(tmp_path / "a.h5", "w") as foreign:
            foreign["x"] = np.arange(3)
        refused(tmp_path / "a.h5", "no simdprep file", "simdprep convert")

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
    def test_a_truncated_file(self, file, share):
        data = file.read_bytes()
        file.write_bytes(data[: int(len(data) * share)])
        refused(file, "truncated file")

    def test_another_major_version(self, file):
        with h5py.File(file, "r+") as stored:
            stored.attrs["simdprep_format"] = np.bytes_("2.0")
        refused(file, "got 2.0", "newer simdprep")

    def test_a_later_minor_version_is_read(self, file):
        with h5py.File(file, "r+") as stored:
            stored.attrs["simdprep_format"] = np.bytes_("1.7")
        assert sp.open(file).num_rows == 60

    @pytest.mark.parametrize("name", ["simdprep_schema", "simdprep_provenance"])
    def test_an_attribute_that_is_not_what_its_hash_says(self, file, name):
        with h5py.File(file, "r+") as stored:
            text = stored.attrs[name]
            stored.attrs[name] = np.bytes_(text.replace(b"}", b" }", 1))
        refused(file, name, "SHA-256")

    @pytest.mark.parametrize("name", ["simdprep_schema", "simdprep_schema_sha256", "simdprep_provenance"])
    def test_a_missing_attribute(self, file, name):
        with h5py.File(file, "r+") as stored:
            del stored.attrs[name]
        refused(file, name)

    def test_text_of_varying_length(self, file):
        with h5py.File(file, "r+") as stored:
            stored.attrs["simdprep_schema"] = stored.attrs["simdprep_schema"].decode()  # h5py makes it variable-length
        refused(file, "fixed length")


class TestDatasets:
    """What differs from the schema."""

    @pytest.mark.parametrize("name", ["Jet", "Jet/pt", "Jet/valid", "Jet/count", "events/MET"])
    def test_missing(self, file, name):
        with h5py.File(file, "r+") as stored:
            del stored[name]
        refused(file, "nothing of that name", name)

    @pytest.mark.parametrize("dtype", ["f8", "i4", ">f4"])
    def test_dtype(self, file, dtype):
        replace(file, "Jet/pt", dtype=dtype)
        refused(file, "dtype", "float32", "/Jet/pt")

    def test_valid_that_is_no_bool(self, file):
        replace(file, "Jet/valid", dtype="i1")
        refused(file, "dtype", "bool", "/Jet/valid")

    @pytest.mark.parametrize("shape", [(60, 4), (60,), (60, 3, 1)])
    def test_slots(self, file, shape):
        replace(file, "Jet/pt", shape=shape, maxshape=(None, *shape[1:]))
        refused(file, "shape", "/Jet/pt")

    @pytest.mark.parametrize("rows", [59, 61])
    def test_rows(self, file, rows):
        replace(file, "Jet/pt", shape=(rows, 3), maxshape=(None, 3))
        refused(file, "numbers of entries", "/Jet/pt")

    def test_fill_value(self, file):
        replace(file, "Jet/pt", fillvalue=0)
        refused(file, "fill value", "/Jet/pt")

    def test_a_group_in_place_of_a_dataset(self, file):
        with h5py.File(file, "r+") as stored:
            del stored["Jet/pt"]
            stored.create_group("Jet/pt")
        refused(file, "a group", "/Jet/pt")

    def test_contiguous(self, file):
        replace(file, "Jet/pt", chunks=None, compression=None, shuffle=False, fletcher32=False, maxshape=None)
        refused(file, "contiguous", "/Jet/pt")

    def test_truncation_count_that_is_no_number(self, file):
        with h5py.File(file, "r+") as stored:
            stored["Jet"].attrs["simdprep_num_truncated"] = "many"
        refused(file, "simdprep_num_truncated")

    def test_offsets_of_another_length(self, tmp_path):
        write_small(tmp_path / "a.h5", "ragged")
        replace(tmp_path / "a.h5", "Jet/offsets", shape=(62,), maxshape=(None,))
        refused(tmp_path / "a.h5", "numbers of entries")


def replace(file, name, **changes):
    """Create a dataset anew with other settings, its values as far as they fit."""
    with h5py.File(file, "r+") as stored:
        old = stored[name]
        settings = {
            "shape": old.shape,
            "dtype": old.dtype,
            "chunks": old.chunks[:1] + tuple(changes.get("shape", old.shape)[1:]),
            "maxshape": old.maxshape,
            "shuffle": old.shuffle,
            "compression": old.compression,
            "fletcher32": old.fletcher32,
            "fillvalue": old.fillvalue,
        }
        attributes = dict(old.attrs)
        del stored[name]
        new = stored.create_dataset(name, **(settings | changes))
        new.attrs.update(attributes)
        new[...] = new.fillvalue


class TestTogether:
    """Files that are opened as one."""

    def test_other_fields(self, tmp_path):
        write_small(tmp_path / "a.h5")
        with sp.Writer(tmp_path / "b.h5", sp.Schema.from_awkward(sp.testing.toy_events(5))) as writer:
            writer.fill(sp.testing.toy_events(5))
        refused([tmp_path / "a.h5", tmp_path / "b.h5"], "objects", "b.h5", "a.h5")

    @pytest.mark.parametrize(
        ("one", "other", "what"), [("columns", "ragged", "layout"), ("compound", "columns", "layout")]
    )
    def test_other_layouts(self, tmp_path, one, other, what):
        write_small(tmp_path / "a.h5", one)
        write_small(tmp_path / "b.h5", other)
        refused([tmp_path / "a.h5", tmp_path / "b.h5"], what, one, other)

    def test_another_codec(self, tmp_path):
        write_small(tmp_path / "a.h5")
        write_small(tmp_path / "b.h5", codec="none")
        refused([tmp_path / "a.h5", tmp_path / "b.h5"], "codec")

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_other_strings_are_joined(self, tmp_path, layout):
        for name, texts in (("a", ["x", "y", "x"]), ("b", ["y", "z", "x"])):
            events = sp.testing.toy_jets(3)
            events["text"] = np.array(texts)
            with sp.Writer(tmp_path / f"{name}.h5", sp.Schema.from_awkward(events, layout=layout)) as writer:
                writer.fill(events)
        ds = sp.open([tmp_path / "a.h5", tmp_path / "b.h5"])
        assert ds["events"]["text"].categories == ("x", "y", "z")
        assert ds["events"]["text"][:].tolist() == [0, 1, 0, 1, 2, 0]
        assert ds.events().text.to_list() == ["x", "y", "x", "y", "z", "x"]
        assert ds.events(2, 5).text.to_list() == ["x", "y", "z"]


def test_200_fields_open_at_once(tmp_path):
    """Within 50 ms of h5py's own opening; the best of several, in processor time, because machines are shared."""
    fields = {f"f{number}": np.arange(100, dtype=np.float32) for number in range(200)}
    events = sp.testing.toy_jets(100)
    for name, values in fields.items():
        events[name] = values
    with sp.Writer(tmp_path / "a.h5", sp.Schema.from_awkward(events)) as writer:
        writer.fill(events)

    def seconds(action):
        times = []
        for _ in range(7):
            start = time.process_time()
            action()
            times.append(time.process_time() - start)
        return min(times)

    def ours():
        sp.open(tmp_path / "a.h5").close()

    def theirs():
        h5py.File(tmp_path / "a.h5").close()

    assert seconds(ours) - seconds(theirs) < 0.05
