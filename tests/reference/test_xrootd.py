"""Inputs behind an XRootD server: Debian's ``xrootd-server``, started for the test."""

import contextlib
import os
import shutil
import socket
import subprocess
import time

import pytest

import simdprep as sp
from simdprep.convert.opening import Opening
from simdprep.errors import InputError, TransientError

pytestmark = pytest.mark.long

SERVER = shutil.which("xrootd")

FILE = "nano_dy.root"


@pytest.fixture(scope="module")
def server(data_dir, tmp_path_factory):
    """The address of a server of the real files."""
    pytest.importorskip("fsspec_xrootd", reason="root:// needs its client; pip install 'simdprep[xrootd]'")
    if SERVER is None:
        pytest.skip("no server; apt-get install xrootd-server")
    folder = tmp_path_factory.mktemp("xrootd")
    folder.chmod(0o777)
    for above in folder.parents[:2]:  # pytest's own, closed to others
        above.chmod(0o755)
    (folder / "data").mkdir()
    shutil.copy(data_dir / FILE, folder / "data" / FILE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "server.cfg").write_text(
        f"all.export /\noss.localroot {folder}/data\nxrd.port {port}\nall.adminpath {folder}\nall.pidpath {folder}\n"
    )
    user = ["-R", "nobody"] if os.getuid() == 0 else []  # it refuses to run as root
    command = [SERVER, *user, "-c", str(folder / "server.cfg"), "-l", str(folder / "log"), "-n", "test"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert process.poll() is None, "the server ended"
                time.sleep(0.1)
            yield f"root://127.0.0.1:{port}/"
        finally:
            process.terminate()


def test_over_xrootd_as_from_disk(server, data_dir, tmp_path):
    sp.convert(f"{server}/{FILE}", tmp_path / "a.h5", tree="Events", objects=["Jet", "Muon", "events"])
    sp.convert(str(data_dir / FILE), tmp_path / "b.h5", tree="Events", objects=["Jet", "Muon", "events"])
    compared = 0
    with sp.open(tmp_path / "a.h5") as remote, sp.open(tmp_path / "b.h5") as local:
        assert list(remote) == list(local)
        for name in local:
            for field in local[name]:
                assert remote[name][field][:].tobytes() == local[name][field][:].tobytes()
                compared += 1
    print(f"{compared} fields over xrootd, equal to those from the disk")


def test_a_file_that_the_server_lacks(server):
    with pytest.raises(InputError) as caught:
        Opening().open(f"{server}/lost.root")
    assert not isinstance(caught.value, TransientError)


def test_no_server_at_all(server):
    with pytest.raises(TransientError):
        Opening().open("root://127.0.0.1:9//lost.root")
