"""Files whose structure would lead a reader around, down or out: tried in a process of its own, in little memory."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import info, verify
from tests.small_dataset import write_small

#: More than a small file may make us ask for.
ALLOWED = 400 << 20

#: Forks for each path that it reads; the child opens, reads, describes, merges and verifies it within little memory.
READS = """
import os, resource, sys, awkward, h5py
import simdprep as sp
from simdprep.errors import DatasetError
from simdprep.storage import info, verify
sp.open, sp.merge, sp.Loader
def read(path):
    with sp.open(path) as dataset:
        for view in dataset.values():
            for column in view.values(): column[:]
def child(path):
    now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + int(sys.argv[1]),) * 2)
    refused = False
    for work in (read, info, lambda path: sp.merge([path], path + '.merged.h5', threads=1, overwrite=True)):
        try: work(path)
        except DatasetError: refused = True
    refused |= not verify(path, threads=1).ok
    return 7 if refused else 0
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        try: code = child(line.rstrip())
        except BaseException as error:
            print(type(error), error, file=sys.stderr, flush=True)
            code = 99
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

SOUND, REFUSED = 0, 7


@pytest.fixture(autouse=True)
def _counted(promise):
    promise("R13", faults=1, other_files_read=0)


@pytest.fixture(scope="module")
def status():
    """How a process ended that read a file in every way."""
    environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
    server = subprocess.Popen(
        [sys.executable, "-c", READS, str(ALLOWED)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip

    def ask(path):
        server.stdin.write(f"{path}\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    yield ask
    server.communicate()


@pytest.fixture
def file(tmp_path):
    write_small(tmp_path / "a.h5")
    return tmp_path / "a.h5"


def test_links_in_a_loop(file, status):
    with h5py.File(file, "r+") as stored:
        stored["one"], stored["two"] = h5py.SoftLink("/two"), h5py.SoftLink("/one")
        again = stored.create_group("again")
        again["again"] = again
        stored["again/root"] = stored["/"]
    assert status(file) == SOUND  # nobody follows them
    with h5py.File(file, "r+") as stored:
        del stored["Jet"]
        stored["Jet"] = h5py.SoftLink("/one")
    assert status(file) == REFUSED


def test_an_object_that_is_another_by_name(file, status):
    """Hard links stay in the file; what they lead to must be what the schema says."""
    with h5py.File(file, "r+") as stored:
        del stored["Jet/pt"]
        stored["Jet/pt"] = stored["Jet"]
    assert status(file) == REFUSED


def test_groups_a_thousand_deep(file, status):
    with h5py.File(file, "r+") as stored:
        group = stored
        for _ in range(1000):
            group = group.create_group("g")
    assert status(file) in (SOUND, REFUSED)


def test_a_million_names(file, status):
    with h5py.File(file, "r+", libver="latest") as stored:
        group = stored.create_group("many")
        for number in range(20_000):
            group[str(number)] = h5py.SoftLink("/nowhere")
    assert status(file) == SOUND


def test_references(file, status):
    with h5py.File(file, "r+") as stored:
        stored.attrs["points"] = stored["Jet"].ref
        stored.attrs["region"] = stored["Jet/pt"].regionref[:2]
        stored["Jet"].attrs["many"] = np.array([stored["Jet"].ref] * 3, h5py.ref_dtype)
    assert status(file) in (SOUND, REFUSED)
    with h5py.File(file, "r+") as stored:
        del stored.attrs["simdprep_schema"]
        stored.attrs["simdprep_schema"] = stored["Jet"].ref
    assert status(file) == REFUSED


@pytest.mark.parametrize("name", ["simdprep_schema", "simdprep_provenance", "simdprep_format", "other"])
def test_attributes_larger_than_sense(file, name, status):
    with h5py.File(file, "r+", libver="latest") as stored:
        if name in stored.attrs:
            del stored.attrs[name]
        stored.attrs.create(name, np.zeros(1 << 20, "S60"))  # 60 MB of nothing
    assert status(file) == (SOUND if name == "other" else REFUSED)


def test_variable_texts(file, status):
    with h5py.File(file, "r+") as stored:
        text = stored.attrs["simdprep_schema"].decode()
        del stored.attrs["simdprep_schema"]
        stored.attrs["simdprep_schema"] = text
    assert status(file) == REFUSED


def recreate(file, **options):
    """Store a field anew, with other settings; returns the open file and the dataset."""
    stored = h5py.File(file, "r+")
    old = stored["Jet/pt"]
    attributes, shape = dict(old.attrs), old.shape
    del stored["Jet/pt"]
    made = stored.create_dataset("Jet/pt", shape, "f4", maxshape=(None, 3), fillvalue=np.nan, **options)
    made.attrs.update(attributes)
    return stored, made


def test_a_chunk_that_unpacks_to_more_than_it_holds(file, status):
    with h5py.File(file) as stored:
        chunks = stored["Jet/pt"].chunks
    stored, made = recreate(file, chunks=chunks, compression="gzip", shuffle=True)
    with stored:
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(1 << 28), 9))
    assert status(file) == REFUSED


def test_a_chunk_of_gigabytes(file, status):
    stored, made = recreate(file, chunks=(1 << 27, 3), compression="gzip", shuffle=True)
    with stored:
        made.id.write_direct_chunk((0, 0), zlib.compress(bytes(1 << 20), 9))
    assert status(file) == REFUSED


class TestFolders:
    @pytest.fixture
    def folder(self, tmp_path):
        write_small(tmp_path / "out", num_events=5000, part_rows=2048)
        return tmp_path / "out"

    def test_a_part_that_is_a_link(self, folder, tmp_path):
        part = folder / "part-00001.h5"
        part.rename(tmp_path / "elsewhere.h5")
        part.symlink_to(tmp_path / "elsewhere.h5")
        for read in (sp.open, info, lambda path: sp.merge([path], tmp_path / "all.h5")):
            with pytest.raises(DatasetError, match=r"part of the dataset: got a link.*\n.*part-00001\.h5"):
                read(folder)
        assert [problem.part for problem in verify(folder).problems] == [str(part)]
        assert sp.open(str(folder / "part-*.h5")).num_rows == 5000  # asked for by name

    @pytest.mark.parametrize(
        "name", ["../a.h5", "/etc/passwd", "x/../../a.h5", "..", "", ".", "a\0b", "sub/part-00000.h5", "\\\\host\\a.h5"]
    )
    def test_a_name_that_leads_out(self, folder, name):
        manifest = folder / "manifest.json"
        text = manifest.read_text()
        manifest.write_text(text.replace('"part-00000.h5"', f'"{name}"'.replace("\\", "\\\\").replace("\0", "\\u0000")))
        with pytest.raises(DatasetError):
            sp.open(folder)
        assert not verify(folder).ok

    def test_a_manifest_of_any_size(self, folder, status):
        (folder / "manifest.json").write_text("[" * 200_000)
        assert status(folder) == REFUSED

    def test_a_part_that_is_a_pipe(self, folder, status):
        (folder / "part-00000.h5").unlink()
        os.mkfifo(folder / "part-00000.h5")
        assert status(folder) == REFUSED
