"""Files made to read elsewhere or to ask for too much: each class is refused with one error."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import verify
from tests.small_dataset import VARIANTS, write_small

SECRET = np.full((60, 3), 42.0, np.float32)


@pytest.fixture
def file(tmp_path):
    write_small(tmp_path / "a.h5")
    return tmp_path / "a.h5"


@pytest.fixture
def other(tmp_path):
    """A file that must never be read."""
    with h5py.File(tmp_path / "secret.h5", "w") as stored:
        stored["pt"] = SECRET
    (tmp_path / "secret.bin").write_bytes(SECRET.tobytes())
    return tmp_path / "secret.h5"


@pytest.fixture(autouse=True)
def _counted(promise):
    promise("R13", faults=1, other_files_read=0)


def refused(path, *words):
    """Opening, or reading everything, is a DatasetError of at most three lines; verify tells it, too."""
    with pytest.raises(DatasetError) as caught:
        read_everything(path)
    text = str(caught.value)
    assert len(text.splitlines()) <= 3
    for word in words:
        assert word in text
    assert not verify(path).ok


def read_everything(path):
    with sp.open(path) as ds:
        for view in ds.values():
            for column in view.values():
                column[:]
        ds.events().to_list()


class TestElsewhere:
    def test_external_link(self, file, other):
        with h5py.File(file, "r+") as stored:
            del stored["Jet/pt"]
            stored["Jet/pt"] = h5py.ExternalLink(str(other), "pt")
        refused(file, "soft or external link", "/Jet/pt")

    def test_external_link_to_a_whole_object(self, file, other):
        with h5py.File(file, "r+") as stored:
            del stored["Jet"]
            stored["Jet"] = h5py.ExternalLink(str(other), "/")
        refused(file, "soft or external link", "/Jet")

    def test_soft_link(self, file):
        with h5py.File(file, "r+") as stored:
            stored.move("Jet/pt", "Jet/elsewhere")
            stored["Jet/pt"] = h5py.SoftLink("/Jet/elsewhere")
        refused(file, "soft or external link", "/Jet/pt")

    def test_external_storage(self, file, other):
        with h5py.File(file, "r+") as stored:
            del stored["Jet/pt"]
            places = [(str(other.with_suffix(".bin")), 0, SECRET.nbytes)]
            stored.create_dataset("Jet/pt", SECRET.shape, "f4", external=places, fillvalue=np.nan)
        refused(file, "external files", "/Jet/pt")

    def test_virtual_dataset(self, file, other):
        with h5py.File(file, "r+") as stored:
            del stored["Jet/pt"]
            layout = h5py.VirtualLayout(SECRET.shape, "f4")
            layout[...] = h5py.VirtualSource(str(other), "pt", SECRET.shape)
            stored.create_virtual_dataset("Jet/pt", layout, fillvalue=np.nan)
        refused(file, "virtual dataset", "/Jet/pt")

    def test_a_part_outside_of_the_folder(self, file, tmp_path):
        write_small(tmp_path / "out")
        manifest = tmp_path / "out" / "manifest.json"
        file.write_bytes((tmp_path / "out" / "part-00000.h5").read_bytes())
        manifest.write_text(manifest.read_text().replace("part-00000.h5", "../a.h5"))
        refused(tmp_path / "out", "name of a part")

    def test_links_that_are_not_ours_are_never_followed(self, file, other):
        with h5py.File(file, "r+") as stored:
            stored["more"] = h5py.ExternalLink(str(other), "/")
            stored["again"] = h5py.SoftLink("/nowhere")
        read_everything(file)
        assert verify(file).ok


class TestTooMuch:
    """What a file declares is compared with its size before anything is allocated."""

    @pytest.mark.parametrize("rows", [10**6, 2**40, 2**62])
    def test_rows_that_do_not_fit_the_file(self, tmp_path, rows):
        write_small(tmp_path / "a.h5", "ragged")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            for name in ("pt", "eta", "phi", "mass", "index", "tight"):
                stored["Jet"][name].resize((rows,))
        refused(tmp_path / "a.h5", "/Jet/")

    def test_chunks_that_were_never_written(self, file):
        with h5py.File(file, "r+") as stored:
            for objects in stored.values():
                for dataset in objects.values():
                    dataset.resize(3000, axis=0)
        refused(file, "chunk", "no chunk 1")

    @pytest.mark.skipif(sys.platform != "linux", reason="limits memory by RLIMIT_AS")
    def test_little_memory_is_enough_to_refuse(self, tmp_path):
        write_small(tmp_path / "a.h5", "ragged")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            for name in ("pt", "eta", "phi", "mass", "index", "tight"):
                stored["Jet"][name].resize((2**34,))
        code = (
            "import resource, sys; import simdprep as sp, h5py, awkward\n"
            "from simdprep.errors import DatasetError\n"
            "sp.open\n"
            "now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
            "resource.setrlimit(resource.RLIMIT_AS, (now + (1 << 28),) * 2)\n"
            "try: sp.open(sys.argv[1])\n"
            "except DatasetError: sys.exit(7)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.h5")], env=environment, check=False)
        assert done.returncode == 7


class TestLies:
    """Values that would make a reader go astray."""

    @pytest.mark.parametrize("change", [{3: -1}, {5: 10**6}, {0: 1}, {60: 3}, {10: 40, 11: 2}])
    def test_offsets(self, tmp_path, change):
        write_small(tmp_path / "a.h5", "ragged")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            offsets = stored["Jet/offsets"][:]
            for index, value in change.items():
                offsets[index] = value
            stored["Jet/offsets"][:] = offsets
        refused(tmp_path / "a.h5", "offsets", "/Jet/offsets")

    @pytest.mark.parametrize("layout", ["columns", "ragged"])
    def test_event_offsets(self, tmp_path, layout):
        write_small(tmp_path / "a.h5", layout, "Jet")
        with h5py.File(tmp_path / "a.h5", "r+") as stored:
            stored["events/offsets"][4] = 10**9
        refused(tmp_path / "a.h5", "offsets", "/events/offsets")

    def test_a_bool_that_is_neither(self, file):
        with h5py.File(file, "r+") as stored:
            raw = stored["Jet/valid"].id
            values = np.zeros(raw.shape, np.int8)
            kind = h5py.h5t.enum_create(h5py.h5t.STD_I8LE)
            kind.enum_insert(b"FALSE", 0)
            kind.enum_insert(b"TRUE", 1)
            raw.read(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=kind)
            values[2, 0] = 2
            raw.write(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=kind)
        with pytest.raises(DatasetError, match="byte 2"):
            sp.open(file)["Jet"].valid[:]
        with pytest.raises(DatasetError, match="byte 2"):
            sp.open(file, engine="h5py")["Jet"].valid[:]

    @pytest.mark.parametrize(
        "text",
        ["[]", "{}", "no JSON", "[" * 5000, '{"inputs":3,"ranges":[],"config":"","config_sha256":"","versions":{}}'],
    )
    def test_provenance(self, file, text):
        with h5py.File(file, "r+") as stored:
            for name, value in (("", text), ("_sha256", hashlib.sha256(text.encode()).hexdigest())):
                del stored.attrs[f"simdprep_provenance{name}"]
                stored.attrs[f"simdprep_provenance{name}"] = np.bytes_(value)
        ds = sp.open(file)
        with pytest.raises(DatasetError, match="provenance: got another kind of text"):
            _ = ds.provenance
        assert "provenance" in str(verify(file).problems[0])

    @pytest.mark.parametrize("text", ["[]", "{}", "no JSON", "[" * 5000, '{"objects":[{}]}'])
    def test_schema(self, file, text):
        with h5py.File(file, "r+") as stored:
            for name, value in (("", text), ("_sha256", hashlib.sha256(text.encode()).hexdigest())):
                del stored.attrs[f"simdprep_schema{name}"]
                stored.attrs[f"simdprep_schema{name}"] = np.bytes_(value)
        refused(file, "schema")

    def test_an_unknown_filter(self, file):
        with h5py.File(file, "r+") as stored:
            attributes, shape, chunks = dict(stored["Jet/pt"].attrs), stored["Jet/pt"].shape, stored["Jet/pt"].chunks
            del stored["Jet/pt"]
            dataset = stored.create_dataset(
                "Jet/pt", shape, "f4", maxshape=(None, 3), chunks=chunks, scaleoffset=3, fillvalue=np.nan
            )
            dataset.attrs.update(attributes)
        refused(file, "filters", "/Jet/pt")


@pytest.mark.parametrize(("layout", "rows"), VARIANTS)
def test_what_is_left_alone_reads(layout, rows, tmp_path):
    write_small(tmp_path / "a.h5", layout, rows)
    read_everything(tmp_path / "a.h5")
