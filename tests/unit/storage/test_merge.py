"""Merge: the file of parts is what one writer would have written, byte for byte of every dataset."""

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.convert.provenance import Origin
from simdprep.errors import DatasetError, OutputError, ResourceError
from simdprep.storage import disk_file, merge_parts, verify
from simdprep.testing.compare import assert_equal
from tests.small_dataset import VARIANTS, small_events, small_schema, write_small

NUM_EVENTS = 5000
CUTS = (0, 700, 2100, 4444, NUM_EVENTS)


def origins(events):
    """Where chunks of events come from: two inputs, of which some entries were dropped."""
    for number, (start, stop) in enumerate(pairwise(CUTS)):
        kept = np.zeros(2 * (stop - start), np.bool_)
        kept[::2] = True
        source = {"name": f"in{number // 2}.root", "size": 1, "uuid": "x", "tree": "Events"}
        begin = 2 * (start - CUTS[number // 2 * 2])
        yield events[start:stop], Origin(source, begin, begin + len(kept), kept)


def write(path, schema, events, **options):
    with sp.Writer(path, schema, config_text="simdprep: 1", **options) as writer:
        for chunk, origin in origins(events):
            writer.fill(chunk, origin=origin)


def names(folder):
    """What lies in a folder."""
    return sorted(entry.name for entry in folder.iterdir())


def contents(path):
    """All of a file but where it lies: values, settings, stored chunks and attributes."""
    found = {}

    def add(name, entry):
        found[name, "attributes"] = {key: value.tobytes() for key, value in entry.attrs.items()}
        if isinstance(entry, h5py.Dataset):
            chunks = [entry.id.get_chunk_info(index).chunk_offset for index in range(entry.id.get_num_chunks())]
            settings = entry.dtype, entry.shape, entry.maxshape, entry.chunks, entry.shuffle, entry.compression_opts
            found[name] = settings, [entry.id.read_direct_chunk(place) for place in sorted(chunks)]

    with h5py.File(path) as stored:
        stored.visititems(add)
        add("/", stored)
    return found


@pytest.mark.parametrize("codec", ["gzip", "none"])
@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
class TestAsOneWriter:
    def test_every_dataset_and_attribute(self, layout, rows, codec, tmp_path):
        events, schema = small_events(NUM_EVENTS), small_schema(layout, rows, codec=codec)
        write(tmp_path / "one.h5", schema, events, part_rows=10**9)
        write(tmp_path / "parts", schema, events, part_rows=128)
        parts = sorted((tmp_path / "parts").glob("*.h5"))
        assert len(parts) > 2
        merge_parts(parts, tmp_path / "merged.h5", threads=2)
        one, merged = contents(tmp_path / "one.h5"), contents(tmp_path / "merged.h5")
        assert merged.keys() == one.keys()
        assert [name for name in one if merged[name] != one[name]] == []


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_the_bytes_do_not_depend_on_threads(layout, rows, tmp_path):
    write(tmp_path / "parts", small_schema(layout, rows), small_events(NUM_EVENTS), part_rows=128)
    parts = sorted((tmp_path / "parts").glob("*.h5"))
    for threads in (1, 2, 5, 0):
        merge_parts(parts, tmp_path / f"{threads}.h5", threads=threads)
    assert len({(tmp_path / f"{threads}.h5").read_bytes() for threads in (1, 2, 5, 0)}) == 1


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_files_of_their_own_writers(layout, rows, tmp_path):
    """Borders at any row, other strings in each file, event numbers that begin anew."""
    files, chunks = [], []
    for number, size in enumerate((3, 2500, 1, 700)):
        chunk = small_events(size, seed=number)
        chunk["kind"] = np.array(["x", "y", "z", "u"])[(np.arange(size) + number) % 4]
        files.append(tmp_path / f"{number}.h5")
        with sp.Writer(files[-1], small_schema(layout, rows)) as writer:
            writer.fill(chunk)
        chunks.append(chunk)
    merge_parts(files, tmp_path / "merged.h5", threads=2)
    assert verify(tmp_path / "merged.h5").problems == []
    merged = sp.open(tmp_path / "merged.h5")
    assert_equal(merged.events(), sp.open(files).events())
    assert merged.num_events == sum(
        len(chunk) if (layout, rows) != ("compound", "Jet") else int(ak.sum(ak.num(chunk.Jet) > 0)) for chunk in chunks
    )
    assert merged.schema.object("events").field("kind").categories == sp.open(files)["events"]["kind"].categories


def test_provenance_of_other_inputs_is_shifted(tmp_path):
    files = []
    for number in range(2):
        events = small_events(10, seed=number)
        files.append(tmp_path / f"{number}.h5")
        with sp.Writer(files[-1], small_schema("columns", "Jet")) as writer:
            writer.fill(events, origin=Origin({"name": f"{number}.root"}, 100, 110))
    merge_parts(files, tmp_path / "merged.h5", threads=1)
    [provenance] = sp.open(tmp_path / "merged.h5").provenance
    rows = [sp.open(path).num_rows for path in files]
    assert provenance["inputs"] == [{"name": "0.root"}, {"name": "1.root"}]
    assert [entry["events"] for entry in provenance["ranges"]] == [[0, 10], [10, 20]]
    assert [entry["rows"] for entry in provenance["ranges"]] == [[0, rows[0]], [rows[0], sum(rows)]]
    assert [entry["entries"] for entry in provenance["ranges"]] == [[100, 110]] * 2


class TestFaults:
    @pytest.fixture
    def parts(self, tmp_path):
        write_small(tmp_path / "parts", num_events=NUM_EVENTS, part_rows=128)
        return sorted((tmp_path / "parts").glob("*.h5"))

    def test_a_damaged_part_leaves_nothing_behind(self, parts, tmp_path):
        with h5py.File(parts[1]) as stored:
            at = stored["Jet/pt"].id.get_chunk_info(0).byte_offset
        data = bytearray(parts[1].read_bytes())
        data[at] ^= 1
        parts[1].write_bytes(data)
        before = names(tmp_path)
        with pytest.raises(DatasetError, match=rf"checksum.*\n  in {parts[1]}: /Jet/pt, chunk 0"):
            merge_parts(parts, tmp_path / "out.h5", threads=2)
        assert names(tmp_path) == before

    def test_what_was_there_stays_until_the_new_is_whole(self, parts, tmp_path):
        shutil.copy(parts[0], tmp_path / "out.h5")
        before = (tmp_path / "out.h5").read_bytes()
        parts[2].write_bytes(b"")
        with pytest.raises(DatasetError):
            merge_parts(parts, tmp_path / "out.h5", threads=1)
        assert (tmp_path / "out.h5").read_bytes() == before

    @pytest.mark.parametrize("room", [0, 100, 4096, 20_000, 60_000])
    def test_a_full_disk_is_an_error(self, parts, tmp_path, monkeypatch, room):
        def write_within(descriptor, data, offset):
            if offset + len(data) > room:
                raise OSError(28, "No space left on device")
            return original(descriptor, data, offset)

        original = os.pwrite
        monkeypatch.setattr(disk_file.os, "pwrite", write_within)
        with pytest.raises(ResourceError, match=r"disk full.*\n.*out\.h5.*\n  try freeing space.*parts are safe"):
            merge_parts(parts, tmp_path / "out.h5", threads=2)
        assert names(tmp_path) == ["parts"]

    def test_a_disk_that_fails_is_an_error(self, parts, tmp_path, monkeypatch):
        def fail(descriptor, data, offset):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(disk_file.os, "pwrite", fail)
        with pytest.raises(OutputError, match="Input/output error"):
            merge_parts(parts, tmp_path / "out.h5", threads=1)

    def test_a_folder_that_is_not_there(self, parts, tmp_path):
        with pytest.raises(OutputError, match="No such file"):
            merge_parts(parts, tmp_path / "no" / "out.h5", threads=1)

    def test_a_process_with_a_full_disk_ends_in_peace(self, parts, tmp_path):
        """Plain HDF5 aborts at exit when it cannot flush: the exit status would be that of a signal."""
        code = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from simdprep.errors import ResourceError\n"
            "from simdprep.storage import disk_file, merge_parts\n"
            "original = os.pwrite\n"
            "def write(descriptor, data, offset):\n"
            "    if offset + len(data) > 30_000: raise OSError(28, 'No space left on device')\n"
            "    return original(descriptor, data, offset)\n"
            "disk_file.os.pwrite = write\n"
            "try: merge_parts([Path(name) for name in sys.argv[2:]], Path(sys.argv[1]), threads=2)\n"
            "except ResourceError: sys.exit(4)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
        command = [sys.executable, "-c", code, str(tmp_path / "out.h5"), *map(str, parts)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (4, "")


def test_a_writer_of_parts_leaves_one_file(tmp_path):
    events = write_small(tmp_path / "out.h5", num_events=NUM_EVENTS, part_rows=128)
    assert names(tmp_path) == ["out.h5"]
    ds = sp.open(tmp_path / "out.h5")
    assert ds.num_rows == len(events)
    assert json.loads(ds.schema.to_json())["layout"] == "columns"
