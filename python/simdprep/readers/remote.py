"""Remote files: what fsspec knows of a URL."""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from typing import Any

#: What XRootD's client is told unless the user says otherwise: it waits for a server that is gone for minutes, up to
#: half an hour, before it tells; whether to try again is decided here.
PATIENCE = {
    "XRD_CONNECTIONRETRY": "1",
    "XRD_CONNECTIONWINDOW": "30",
    "XRD_REQUESTTIMEOUT": "300",
    "XRD_STREAMERRORWINDOW": "5",
    "XRD_TIMEOUTRESOLUTION": "5",
}

_XROOTD = ("root://", "roots://", "xroot://")


def file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and its name there."""
    limit_patience(url)
    import fsspec

    system, name = fsspec.core.url_to_fs(url)
    return system, name


def limit_patience(url: str) -> None:
    """Have the client of a URL tell when a server does not answer; before it is loaded, which the first URL does."""
    if url.startswith(_XROOTD) and not PATIENCE.keys() <= os.environ.keys():
        for key, value in PATIENCE.items():
            os.environ.setdefault(key, value)
        atexit.register(_let_go)


def _let_go() -> None:
    """Leave open files to the end of the process: fsspec-xrootd would wait for servers that are gone, and trace it."""
    with suppress(Exception):
        from fsspec_xrootd import XRootDFileSystem

        for system in XRootDFileSystem._cache.values():
            system._readonly_filehandle_cache._cache.clear()
