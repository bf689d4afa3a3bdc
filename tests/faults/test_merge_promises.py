"""What other tools' merges do wrong, each as a test of ours; and who may merge while others read or write.

hdf5-merge 2024 (of HDF5 files of ATLAS) writes the first file's rows twice for datasets in groups, drops attributes,
and can end with datasets of unequal lengths and exit code 0.
"""

import subprocess
import sys
import threading

import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError, OutputError
from simdprep.storage import verify
from simdprep.testing.compare import assert_equal
from tests.faults.error_text import check_text
from tests.small_dataset import VARIANTS, small_schema, write_small

SIZES = (5, 130, 2048, 1)


@pytest.fixture(params=VARIANTS, ids=lambda variant: " ".join(variant))
def files(request, tmp_path):
    found = [tmp_path / f"{number}.h5" for number in range(len(SIZES))]
    for number, (path, size) in enumerate(zip(found, SIZES, strict=True)):
        write_small(path, *request.param, num_events=size, seed=number)
    return found


def datasets(path):
    """All datasets of a file by plain h5py, with their attributes."""
    found = {}
    with h5py.File(path) as stored:
        stored.visititems(lambda name, entry: found.update({name: (entry[()], dict(entry.attrs))})
                          if isinstance(entry, h5py.Dataset) else None)  # fmt: skip
    return found


def test_every_row_of_every_file_once(files, tmp_path):
    """Datasets in groups and at the root: as numpy would join them, offsets and codes apart."""
    sp.merge(files, tmp_path / "all.h5")
    merged, apart, rows = datasets(tmp_path / "all.h5"), [datasets(path) for path in files], 0
    for name, (values, _) in merged.items():
        parts = [entry[name][0] for entry in apart]
        offsets = name.endswith("/offsets")
        assert len(values) == sum(map(len, parts)) - offsets * (len(parts) - 1), name
        if not offsets and "kind" not in (values.dtype.names or (name.rpartition("/")[2],)):
            joined = np.concatenate(parts)
            same = [member for member in values.dtype.names or () if member != "event_index"]
            for member in same or [...]:
                np.testing.assert_array_equal(values[member], joined[member], err_msg=f"{name} {member}")
        rows += len(values)
    with sp.open(tmp_path / "all.h5") as together, sp.open(files) as ones:
        assert_equal(together.events(), ones.events())
    assert rows > sum(SIZES)


def test_attributes_are_those_of_the_files(files, tmp_path):
    for path in files:
        with h5py.File(path, "r+") as stored:
            stored["Jet"].attrs["flavour_label"] = ["bjets", "cjets"]
            stored.attrs["dumped_by"] = np.arange(3)
    sp.merge(files, tmp_path / "all.h5")
    with h5py.File(tmp_path / "all.h5") as merged, h5py.File(files[0]) as first:
        assert list(merged["Jet"].attrs["flavour_label"]) == ["bjets", "cjets"]
        assert merged.attrs["dumped_by"].tolist() == [0, 1, 2]
        assert set(merged.attrs) == set(first.attrs)
        for name in first:
            assert set(merged[name].attrs) == set(first[name].attrs)
    assert verify(tmp_path / "all.h5").problems == []


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
@pytest.mark.parametrize("change", [-1, 1])
def test_unequal_lengths_are_refused(layout, rows, change, tmp_path):
    for name in "ab":
        write_small(tmp_path / f"{name}.h5", layout, rows, num_events=300)
    name = {"compound": "hits", "columns": "Jet/pt", "ragged": "hits/offsets"}[layout]
    with h5py.File(tmp_path / "b.h5", "r+") as stored:
        stored[name].resize(stored[name].shape[0] + change, axis=0)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(DatasetError, match=r"b\.h5") as caught:
        sp.merge([tmp_path / "a.h5", tmp_path / "b.h5"], tmp_path / "all.h5")
    check_text(str(caught.value))
    assert sorted(tmp_path.iterdir()) == before
    if (layout, rows, change) == ("columns", "events", 1):
        command = [sys.executable, "-m", "simdprep", "merge", "a.h5", "b.h5", "-o", "all.h5"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        check_text(done.stderr.rstrip("\n"))


class TestOthers:
    @pytest.fixture
    def two(self, tmp_path):
        for name in "ab":
            write_small(tmp_path / f"{name}.h5", num_events=3000)
        return [tmp_path / "a.h5", tmp_path / "b.h5"]

    @pytest.mark.parametrize("name", ["all.h5", "all"])
    def test_a_second_writer_is_told_who_writes(self, two, tmp_path, name):
        code = (
            "import sys, time, simdprep as sp; from tests.small_dataset import small_schema\n"
            "w = sp.Writer(sys.argv[1], small_schema()); print(1, flush=True); time.sleep(60)"
        )
        writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / name)], stdout=subprocess.PIPE)
        try:
            assert writer.stdout.read(1) == b"1"
            for overwrite in (False, True):
                with pytest.raises(OutputError, match=rf"process {writer.pid} on host \S+|{writer.pid}"):
                    sp.merge(two, tmp_path / name, overwrite=overwrite)
        finally:
            writer.kill()
            writer.communicate()
        told = sp.merge(two, tmp_path / name, overwrite=True).told
        assert any(str(writer.pid) in line for line in told)
        assert sp.open(tmp_path / name).num_rows == 6000

    def test_many_readers_see_the_old_or_the_new(self, two, tmp_path):
        """While a file is replaced by merges of one and of two, every reader sees one of these, whole."""
        output = tmp_path / "all.h5"
        sp.merge(two[:1], output)
        seen, wrong, stop = set(), [], threading.Event()

        def read():
            while not stop.is_set():
                try:
                    with sp.open(output, threads=1) as dataset:
                        values = dataset["events"]["number"][:]
                    seen.add(len(values))
                    if len(values) not in (3000, 6000) or values[-1] != (1 << 40) + 2999:
                        wrong.append(len(values))
                except DatasetError as error:
                    if "changed since it was opened" not in str(error):
                        wrong.append(str(error))

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for number in range(12):
            sp.merge(two[: 1 + number % 2], output, overwrite=True, threads=1)
        stop.set()
        for reader in readers:
            reader.join()
        print(f"{len(seen)} states seen by 3 readers over 12 merges")
        assert wrong == []
        assert seen <= {3000, 6000}
        assert seen


def test_the_schema_is_what_it_was(tmp_path):
    write_small(tmp_path / "a.h5", num_events=30)
    sp.merge([tmp_path / "a.h5"], tmp_path / "b.h5")
    assert sp.open(tmp_path / "b.h5").schema.to_json() == sp.open(tmp_path / "a.h5").schema.to_json()
    assert sp.open(tmp_path / "b.h5").schema.names == small_schema().names
