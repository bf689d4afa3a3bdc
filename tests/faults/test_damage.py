"""Damage: every flipped bit, cut and swapped file is an error when read, and verify names the place."""

import random

import awkward as ak
import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import verify
from simdprep.storage.manifest import MANIFEST
from tests.faults.flipped import flip, outcome, read_everything, stored_chunks
from tests.small_dataset import VARIANTS, write_small


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_every_byte_of_every_chunk_is_covered(layout, tmp_path, promise):
    path = tmp_path / "a.h5"
    write_small(path, layout)
    data = path.read_bytes()
    chunks = stored_chunks(path)
    generator = random.Random(layout)
    for name, start, size in chunks:
        changed = bytearray(data)
        changed[start + generator.randrange(size)] ^= 1 << generator.randrange(8)
        path.write_bytes(changed)
        report = verify(path)
        assert [problem.part for problem in report.problems] == [str(path)]
        assert report.problems[0].place.startswith(f"/{name}, chunk 0"), name
        assert "checksum" in report.problems[0].said
    promise("R8", "R9", faults=len(chunks), found=len(chunks))


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_every_truncation_is_an_error(layout, rows, tmp_path, promise):
    path = tmp_path / "a.h5"
    write_small(path, layout, rows)
    data = path.read_bytes()
    for length in random.Random(layout).sample(range(len(data)), 60):
        path.write_bytes(data[:length])
        assert isinstance(outcome(path).error, DatasetError)
        assert not verify(path).ok
    promise("R8", "R9", faults=60, found=60)


class TestFolder:
    """A folder of parts and its manifest."""

    @pytest.fixture(params=VARIANTS, ids="-".join)
    def folder(self, request, tmp_path):
        write_small(tmp_path / "out", *request.param, num_events=4500, part_rows=128)
        assert len(list((tmp_path / "out").glob("part-*.h5"))) > 2
        assert verify(tmp_path / "out").ok
        return tmp_path / "out"

    def test_verify_names_the_part_with_a_flipped_bit(self, folder, promise):
        parts = sorted(folder.glob("part-*.h5"))
        for path in parts:
            data = path.read_bytes()
            path.write_bytes(flip(data, random.Random(path.name).randrange(len(data) * 8)))
            report = verify(folder)
            assert report.bad_parts == [str(path)]
            assert "SHA-256" in report.problems[0].said
            path.write_bytes(data)
        promise("R9", faults=len(parts), found=len(parts))

    def test_no_flip_in_the_manifest_is_silent(self, folder):
        path = folder / MANIFEST
        data = path.read_bytes()
        before = read_everything(folder)
        generator = random.Random(5)
        for bit in generator.sample(range(len(data) * 8), 20):
            path.write_bytes(flip(data, bit))
            if verify(folder).problems == []:  # white space, or another spelling of the same
                assert read_everything(folder) == before, bit

    def test_a_missing_part(self, folder):
        (folder / "part-00001.h5").unlink()
        with pytest.raises(DatasetError, match=r"part-00001\.h5"):
            sp.open(folder)
        assert verify(folder).bad_parts == [str(folder / "part-00001.h5")]

    def test_a_part_of_another_length(self, folder):
        with (folder / "part-00001.h5").open("ab") as part:
            part.write(b"\0")
        with pytest.raises(DatasetError, match=r"part-00001\.h5"):
            sp.open(folder)
        assert verify(folder).bad_parts == [str(folder / "part-00001.h5")]

    def test_swapped_parts(self, folder):
        one, other = folder / "part-00000.h5", folder / "part-00001.h5"
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
        assert {str(one), str(other)} <= set(verify(folder).bad_parts)

    def test_a_part_too_many(self, folder):
        stranger = folder / "part-99999.h5"
        stranger.write_bytes((folder / "part-00000.h5").read_bytes())
        assert verify(folder).bad_parts == [str(stranger)]


class TestInconsistency:
    """Values that are whole, and yet cannot be: only verify looks at these."""

    @pytest.fixture
    def file(self, tmp_path):
        write_small(tmp_path / "a.h5")
        return tmp_path / "a.h5"

    def told(self, path, *words):
        report = verify(path)
        assert len(report.problems) == 1, report.problems
        for word in words:
            assert word in str(report.problems[0])

    def test_an_empty_slot_before_a_full_one(self, tmp_path):
        path = tmp_path / "b.h5"
        events = ak.Array({"Jet": [[{"pt": 1.0}], [], [{"pt": 2.0}, {"pt": 3.0}]]})
        with sp.Writer(path, sp.Schema.from_awkward(events, pad=2)) as writer:
            writer.fill(events)
        with h5py.File(path, "r+") as stored:
            stored["Jet/valid"][0] = [False, True]
            stored["Jet/pt"][0] = [np.nan, 1]
        self.told(path, "/Jet, valid", "empty slot before a full one")

    def test_a_count_that_valid_does_not_agree_with(self, file):
        with h5py.File(file, "r+") as stored:
            row = int(np.flatnonzero(stored["hits/count"][:, 0] == 1)[0])
            stored["hits/count"][row, 0] = 2
        self.told(file, "/hits", "count")

    def test_a_value_in_an_empty_slot(self, file):
        with h5py.File(file, "r+") as stored:
            row = int(np.flatnonzero(stored["Jet/count"][:] == 0)[0])
            stored["Jet/pt"][row, 1] = 5
        self.told(file, "/Jet/pt", "empty slot", "fill value")

    def test_a_truncation_count(self, file):
        with h5py.File(file, "r+") as stored:
            stored["Jet"].attrs["simdprep_num_truncated"] += np.uint64(1)
        self.told(file, "/Jet", "num_truncated")

    def test_a_code_outside_of_its_list(self, file):
        with h5py.File(file, "r+") as stored:
            stored["events/kind"][7] = 3
        self.told(file, "/events/kind", "code of a string", "got 3")

    @pytest.mark.parametrize("layout", ["columns", "ragged"])
    def test_offsets_that_fall(self, layout, tmp_path):
        write_small(tmp_path / "a.h5", layout, "Jet")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            stored["events/offsets"][9] = 0
        self.told(tmp_path / "a.h5", "/events/offsets", "decrease")

    def test_rows_of_one_event_that_disagree(self, tmp_path):
        write_small(tmp_path / "a.h5", "compound", "Jet")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            records = stored["Jet"][:]
            row = int(np.flatnonzero(np.diff(records["event_index"]) == 0)[0])
            records["MET"][row] += 1
            stored["Jet"][:] = records
        self.told(tmp_path / "a.h5", "/Jet, MET", "two values in one event")

    def test_event_numbers_that_fall(self, tmp_path):
        write_small(tmp_path / "a.h5", "compound", "Jet")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            records = stored["Jet"][:]
            records["event_index"][-1] = 0
            stored["Jet"][:] = records
        self.told(tmp_path / "a.h5", "event_index", "decrease")


def test_every_bad_chunk_is_listed(tmp_path):
    path = tmp_path / "a.h5"
    write_small(path, num_events=5000)
    data = bytearray(path.read_bytes())
    with h5py.File(path) as stored:
        for name, numbers in (("Jet/pt", (0, 2)), ("events/MET", (1,))):
            for number in numbers:
                data[stored[name].id.get_chunk_info(number).byte_offset + 7] ^= 4
    path.write_bytes(data)
    found = [problem.place for problem in verify(path).problems]
    assert found == [
        "/events/MET, chunk 1, entries 2048:4096",
        "/Jet/pt, chunk 0, entries 0:2048",
        "/Jet/pt, chunk 2, entries 4096:5000",
    ]
    with pytest.raises(DatasetError, match=r"/Jet/pt, chunk 2"):
        sp.open(path)["Jet"]["pt"][4500:]
    sp.open(path)["Jet"]["pt"][2048:4096]
