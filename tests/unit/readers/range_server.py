"""A small HTTP server that serves byte ranges of a folder, and fails when it is told to."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class RangeServer(ThreadingHTTPServer):
    """Serves the files of a folder.

    Attributes:
        faults: What becomes of the next requests: a status such as 503, or ``drop`` to close the connection.
        ranges: The byte ranges that were served.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.faults: list[int | str] = []
        self.ranges: list[tuple[int, int]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: RangeServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        if self.server.faults:
            fault = self.server.faults.pop(0)
            if fault == "drop":
                self.close_connection = True
                self.connection.close()
                return
            self._send(int(fault), b"", body=False)
            return
        path = self.server.folder / self.path.lstrip("/")
        if not path.is_file():
            self._send(404, b"", body=False)
            return
        data = path.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self._send(200, data, body=body)
            return
        start, stop = int(wanted[1]), min(int(wanted[2] or len(data) - 1) + 1, len(data))
        self.server.ranges.append((start, stop))
        self._send(206, data[start:stop], body=body, place=f"bytes {start}-{stop - 1}/{len(data)}")

    def _send(self, status: int, data: bytes, *, body: bool, place: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Accept-Ranges", "bytes")
        if place:
            self.send_header("Content-Range", place)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[RangeServer]:
    """Serve a folder until the block ends."""
    server = RangeServer(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
