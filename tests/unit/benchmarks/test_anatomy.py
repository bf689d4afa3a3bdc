"""The inflater that counts bits, and the picture and tables of the codec."""

import json
import random
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import anatomy, codec_figures, session
from benchmarks.inflater import inflate
from tests.reference.encoded_arrays import LEVELS, arrays, encode


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize(
    "data", [b"", b"abc" * 100, random.Random(1).randbytes(70_000), bytes(1000), bytes(range(256)) * 9 + b"x" * 999]
)
def test_it_inflates_what_zlib_deflates(data, level):
    stream = zlib.compress(data, level)
    out, pieces = inflate(stream)
    assert out == data
    assert sum(piece.bits for piece in pieces) == 8 * len(stream)
    assert [piece.begin for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]


@given(array=arrays(3000), level=st.sampled_from(LEVELS))
def test_it_inflates_ours(array, level):
    stored, mask = encode(array, level=level)
    if mask & (2 if array.dtype.itemsize > 1 else 1):
        return
    out, pieces = inflate(stored)
    assert out == zlib.decompress(stored)
    assert sum(piece.bits for piece in pieces) == 8 * len(stored)


def test_damage_is_told():
    stream = bytearray(zlib.compress(b"some text, some text", 9))
    stream[-1] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        inflate(bytes(stream))


def test_every_byte_of_a_stream_has_its_part():
    raw = anatomy.chunk()[:200]
    found = anatomy.anatomies(raw)
    shuffled = np.ascontiguousarray(raw.view(np.uint8).reshape(-1, 4).T).tobytes()
    assert found[0].size == pytest.approx(len(zlib.compress(shuffled, 4)))
    assert all(size > 0 for entry in found for size in entry.parts.values())
    assert anatomy.picture(found, raw.nbytes).count("<rect") == 1 + 3 * len(anatomy.PARTS) + len(anatomy.PARTS)
    assert len(anatomy.table(found, raw.nbytes).splitlines()) == 3 + len(anatomy.PARTS)


@pytest.mark.long
def test_the_tables_of_the_codec(tmp_path):
    result = session.run("codec", "tiny", memory=False, told=lambda line: None)
    kept = json.loads(result.write(tmp_path).read_text())
    first = {**kept["cases"][0], "case": codec_figures.HEADLINE, "others": 0.5}
    lines = codec_figures.codec_tables({"cases": [first, *kept["cases"][1:]]}).splitlines()
    assert any(line.startswith(("| thread pool + ", "| simdprep |")) for line in lines)
    assert any("used 50% of the processors" in line for line in lines)
    assert sum(line.startswith("| toy ") for line in lines) == len(kept["cases"])
