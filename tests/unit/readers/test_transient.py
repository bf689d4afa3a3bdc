"""Errors of connections are told from errors of bytes."""

import errno

import pytest

from simdprep.errors import InputError, TransientError
from simdprep.readers import remote
from simdprep.readers.guard import is_transient, reading


class _Response(Exception):
    def __init__(self, status):
        super().__init__(f"answer {status}")
        self.status = status


def _caused(error):
    try:
        try:
            raise error
        except Exception as cause:
            raise ValueError("could not read") from cause
    except ValueError as outer:
        return outer


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("gone"),
        TimeoutError(),
        OSError(errno.ESTALE, "stale"),
        OSError("[ERROR] Operation expired"),
        OSError("Failed to open file: [FATAL] Connection error"),
        _Response(503),
        _Response(429),
        _caused(ConnectionRefusedError("no")),
        TypeError("'ClientResponseError' object is not subscriptable"),
    ],
    ids=repr,
)
def test_a_connection_may_come_back(error):
    assert is_transient(error)
    with pytest.raises(TransientError) as caught, reading("file", expected="an answer", where="root://a//b"):
        raise error
    assert caught.value.where == "root://a//b"
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad bytes"),
        OSError(errno.ENOENT, "missing"),
        _Response(404),
        _caused(ValueError("bad")),
        KeyError("x"),
    ],
    ids=repr,
)
def test_bad_bytes_stay_bad(error):
    assert not is_transient(error)
    with pytest.raises(InputError) as caught, reading("file", expected="an answer", where="a.root"):
        raise error
    assert not isinstance(caught.value, TransientError)


def test_xrootd_is_told_not_to_wait_for_half_an_hour(monkeypatch):
    """But for what the user says, and before its client is loaded."""
    said, ends = {"XRD_REQUESTTIMEOUT": "7"}, []
    monkeypatch.setattr(remote.os, "environ", said)
    monkeypatch.setattr(remote.atexit, "register", ends.append)
    remote.limit_patience("https://a/b.root")
    assert said == {"XRD_REQUESTTIMEOUT": "7"}
    for _ in range(2):
        remote.limit_patience("root://a//b.root")
    assert said == {**remote.PATIENCE, "XRD_REQUESTTIMEOUT": "7"}
    assert len(ends) == 1
    ends[0]()  # without the client, too
