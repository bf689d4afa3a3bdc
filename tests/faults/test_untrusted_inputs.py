"""R13: inputs made to read elsewhere or to ask for too much: one error or a word each, in little memory.

What they point at is a pipe: whoever opens it waits for ever.
"""

import json
import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import simdprep as sp
from tests.faults.error_text import check_text
from tests.faults.small_files import write_root

#: More than a small file may make us use, beside the libraries.
ALLOWED = 300 << 20
PATIENCE = 60

RECORD = np.dtype([("x", "f8")])

CONVERT = r"""
import faulthandler, json, re, sys, warnings
from pathlib import Path
import pyarrow.feather, pyarrow.parquet, uproot
import simdprep as sp
warnings.simplefilter("ignore")
def peak(): return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) << 10
sp.convert(sys.argv[1], sys.argv[1] + ".h5", jobs=1)
for line in sys.stdin:
    faulthandler.dump_traceback_later(int(sys.argv[2]), exit=True)
    path, before = json.loads(line), peak()
    try: answer = {"told": " ".join(sp.convert(path, path + ".out.h5", jobs=1, overwrite=True).told)}
    except Exception as error: answer = {"kind": type(error).__name__, "text": str(error)}
    faulthandler.cancel_dump_traceback_later()
    print(json.dumps({**answer, "bytes": peak() - before}), flush=True)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A process that converts files."""
    sound = write_root(tmp_path_factory.mktemp("sound") / "a.root", 100)
    environment = {**os.environ, "PYTHONPATH": str(Path(sp.__file__).parent.parent)}
    server = subprocess.Popen(
        [sys.executable, "-c", CONVERT, str(sound), str(PATIENCE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=environment,
    )  # fmt: skip
    yield server
    server.communicate()


@pytest.fixture
def ask(server, promise):
    """Convert a file in a process of its own; its error or what was told."""

    def convert(path):
        server.stdin.write(json.dumps(str(path)) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        assert answer["bytes"] <= ALLOWED
        promise("R13", faults=1, other_files_read=0, most={"MiB taken": answer["bytes"] >> 20})
        return answer

    return convert


def refused(answer):
    assert answer.get("kind") == "InputError", answer
    return check_text(answer["text"])


class TestRoot:
    """Sizes in front of the bytes of every basket, which are compressed."""

    @pytest.fixture
    def raw(self, tmp_path):
        return bytearray(write_root(tmp_path / "a.root", 3000).read_bytes())

    @pytest.mark.parametrize("claim", [0x7FFFFF00, 1 << 28, -1])
    def test_baskets_that_claim_to_be_large(self, ask, raw, tmp_path, claim):
        for name in re.finditer(rb"\x07TBasket", bytes(raw)):
            struct.pack_into(">i", raw, name.start() - 26 + 6, claim)
        (tmp_path / "b.root").write_bytes(raw)
        assert "damaged basket" in refused(ask(tmp_path / "b.root"))

    def test_blocks_that_claim_to_be_large(self, ask, raw, tmp_path):
        for block in re.finditer(rb"ZL\x08", bytes(raw)):
            raw[block.start() + 6 : block.start() + 9] = b"\xff" * 3
        (tmp_path / "b.root").write_bytes(raw)
        refused(ask(tmp_path / "b.root"))


class TestTables:
    @pytest.mark.parametrize("size", [2**31 - 1, 2**32 - 1, 0])
    def test_footer_of_parquet(self, ask, tmp_path, size):
        pq.write_table(pa.table({"x": np.arange(1000.0)}), tmp_path / "a.parquet")
        raw = bytearray((tmp_path / "a.parquet").read_bytes())
        struct.pack_into("<I", raw, len(raw) - 8, size)
        (tmp_path / "a.parquet").write_bytes(raw)
        refused(ask(tmp_path / "a.parquet"))

    @pytest.mark.parametrize("size", [2**31 - 1, -1])
    def test_footer_of_feather(self, ask, tmp_path, size):
        pyarrow.feather.write_feather(pa.table({"x": np.arange(1000.0)}), str(tmp_path / "a.feather"))
        raw = bytearray((tmp_path / "a.feather").read_bytes())
        struct.pack_into("<i", raw, len(raw) - 10, size)
        (tmp_path / "a.feather").write_bytes(raw)
        refused(ask(tmp_path / "a.feather"))


class TestHdf5:
    @pytest.fixture
    def file(self, tmp_path):
        """A table that can be converted, and beside it a pipe."""
        os.mkfifo(tmp_path / "pipe.h5")
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["good"] = np.zeros(4, RECORD)
            yield file

    def outcome(self, ask, file):
        path = Path(file.filename)
        file.close()
        return ask(path)

    @pytest.mark.parametrize(
        "link",
        [h5py.ExternalLink("pipe.h5", "/x"), h5py.SoftLink("/away"), h5py.SoftLink("/nowhere")],
        ids=["external", "of itself", "dangling"],
    )
    def test_links(self, ask, file, link):
        file["away"] = link
        assert "left out, a soft or external link: away" in self.outcome(ask, file)["told"]

    def test_external_storage(self, ask, file):
        pipe = str(Path(file.filename).with_name("pipe.h5"))
        file.create_dataset("away", (4,), RECORD, external=[(pipe, 0, 32)])
        assert "away" in self.outcome(ask, file)["told"]

    def test_virtual_datasets(self, ask, file):
        layout = h5py.VirtualLayout((4,), RECORD)
        layout[:] = h5py.VirtualSource(str(Path(file.filename).with_name("pipe.h5")), "x", (4,))
        file.create_virtual_dataset("away", layout)
        assert "away" in self.outcome(ask, file)["told"]

    @pytest.mark.parametrize("rows", [10**9, 2**40, 2**62])
    def test_rows_that_were_never_written(self, ask, file, rows):
        del file["good"]
        file.create_dataset("x", (rows,), RECORD, chunks=(1024,), maxshape=(None,))
        assert str(rows) in refused(self.outcome(ask, file)).replace(",", "")

    def test_a_chunk_that_unpacks_to_gigabytes(self, ask, file):
        del file["good"]
        dataset = file.create_dataset("x", (1000,), RECORD, chunks=(1000,), compression="gzip")
        packer = zlib.compressobj(9)
        block = bytes(1 << 24)
        packed = b"".join([*(packer.compress(block) for _ in range(64)), packer.flush()])
        dataset.id.write_direct_chunk((0,), packed)
        assert "a chunk of 8000 bytes stored in" in refused(self.outcome(ask, file))

    @pytest.mark.parametrize("options", [{}, {"shuffle": True, "fletcher32": True}])
    def test_a_chunk_of_its_size_that_unpacks_to_gigabytes(self, ask, file, options):
        del file["good"]
        rows = 1 << 17
        dataset = file.create_dataset("x", (rows,), RECORD, chunks=(rows,), compression="gzip", **options)
        packer = zlib.compressobj(9)
        packed = b"".join([*(packer.compress(bytes(1 << 24)) for _ in range(60)), packer.flush()])
        assert len(packed) < 8 * rows
        dataset.id.write_direct_chunk((0,), packed, filter_mask=4 if options else 0)  # without checksum
        answer = self.outcome(ask, file)
        assert answer["kind"] == "DatasetError"
        assert "too many bytes" in check_text(answer["text"])

    def test_groups_in_a_loop(self, ask, file):
        file["one/two/x"] = np.zeros(4, RECORD)
        file["one/two/again"] = file["one"]
        self.outcome(ask, file)

    def test_groups_a_thousand_deep(self, ask, file):
        group = file
        for _ in range(1000):
            group = group.create_group("g")
        group["x"] = np.zeros(4, RECORD)
        self.outcome(ask, file)

    def test_attributes_larger_than_sense(self, ask, file):
        with h5py.File(Path(file.filename).with_name("b.h5"), "w", libver="latest") as other:
            other["good"] = np.zeros(4, RECORD)
            for number in range(10):
                other["good"].attrs.create(f"units{number}", np.zeros(50 << 20, np.uint8))
            path = Path(other.filename)
        assert "kind" not in ask(path)
