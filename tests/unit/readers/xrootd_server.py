"""A small XRootD server that serves a folder, where Debian's ``xrootd-server`` is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_CONFIG = """xrd.port {port}
all.export /
oss.localroot {folder}/data
all.adminpath {folder}/admin
all.pidpath {folder}/admin
"""


class XRootDServer:
    """Serves a folder of its own.

    Attributes:
        data: The folder.
        url: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data" / "store"
        for made in (folder, self.data.parent, self.data, folder / "admin"):
            made.mkdir(exist_ok=True)
            made.chmod(0o777)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"root://localhost:{self._port}//store"
        self._config = folder / "server.cfg"
        self._config.write_text(_CONFIG.format(port=self._port, folder=folder))
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = ["xrootd", "-c", str(self._config), "-n", "test", "-l", str(self._config.with_name("admin") / "log")]
        if os.geteuid() == 0:  # which it refuses to be
            command += ["-R", "nobody"]
        where = self._config.parent
        self._process = subprocess.Popen(command, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("localhost", self._port), timeout=1):
                return
            time.sleep(0.05)
        self.kill()
        pytest.skip("xrootd does not start here")

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


@contextmanager
def xrootd() -> Iterator[XRootDServer]:
    """Run a server until the block ends; skip the test where server or client are missing."""
    if shutil.which("xrootd") is None:
        pytest.skip("no xrootd; apt-get install xrootd-server")
    pytest.importorskip("fsspec_xrootd", reason="no client of XRootD; pip install 'simdprep[xrootd]'")
    with tempfile.TemporaryDirectory(prefix="simdprep-xrootd-", ignore_cleanup_errors=True) as folder:
        server = XRootDServer(Path(folder))
        try:
            yield server
        finally:
            server.kill()
