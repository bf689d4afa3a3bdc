"""The hook by which uproot asks what a block holds: that of others stays, and is alone again afterwards."""

import numpy as np
import pytest
import uproot

from simdprep.errors import InputError
from simdprep.readers import open_source
from simdprep.readers.block_sizes import SizeCheck

decompress = uproot.compression.decompress


@pytest.fixture
def asked():
    """What a hook of somebody else was asked; it is set until the test ends."""
    calls = []

    def hook(**block):
        calls.append(block["uncompressed_bytes"])

    before, decompress.hook_before_block = decompress.hook_before_block, hook
    yield calls
    decompress.hook_before_block = before


def refuses():
    """True where a block that claims more than it holds is refused before it is decompressed."""
    small = bytes([*b"ZL", 8, 0, 0, 0, 8, 0, 0])
    chunk = uproot.source.chunk.Chunk.wrap(None, memoryview(small))
    with pytest.raises(Exception) as raised:  # without the check zlib refuses what is not there
        decompress(chunk, uproot.source.cursor.Cursor(0), {}, len(small), 1 << 20)
    return "are claimed" in str(raised.value)


def test_it_is_asked_while_we_read(asked, tmp_path):
    path = str(tmp_path / "a.root")
    with uproot.recreate(path, compression=uproot.LZ4(1)) as file:  # what the core leaves to uproot
        file.mktree("t", {"x": "float64"}).extend({"x": np.zeros(5000)})
    first = open_source(path)
    with open_source(path) as source:
        source.read(["x"])
    assert asked == [40_000]
    assert refuses()
    first.close()
    first.close()
    assert not refuses()


def test_a_file_that_cannot_be_read(asked, tmp_path):
    for content in (b"", b"root" + bytes(400)):
        (tmp_path / "bad.root").write_bytes(content)
        with pytest.raises(InputError):
            open_source(str(tmp_path / "bad.root"))
        assert not refuses()


def test_one_that_is_set_meanwhile_stays(asked):
    begun = SizeCheck()
    ours, calls = decompress.hook_before_block, []

    def following(**block):
        calls.append(block["uncompressed_bytes"])
        ours(**block)

    decompress.hook_before_block = following
    with SizeCheck():
        assert refuses()
    begun.end()
    assert decompress.hook_before_block is following
    assert asked == calls == [1 << 20]
