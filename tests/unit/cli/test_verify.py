"""simdprep verify: sound datasets pass, and the bad part is named."""

import json

import pytest

import simdprep as sp
from tests.unit.cli.command_line import simdprep


@pytest.fixture
def parts(sample, folder):
    """A folder of two parts."""
    sp.convert(sample, "parts", part_rows=2048)
    return folder / "parts"


def flip(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_sound(layout, sample, folder):
    sp.convert(sample, "out.h5", layout=layout)
    done = simdprep("verify", "out.h5")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("out.h5 is sound: 4,000 rows, 4,000 events, ")
    assert simdprep("verify", "out.h5", "--quiet") == (0, "", "")


def test_a_sound_folder(parts):
    done = simdprep("verify", "parts")
    assert done.code == 0
    assert done.out.endswith(" in 2 parts\n")


def test_a_flipped_bit_names_the_part(parts):
    bad = parts / "part-00001.h5"
    flip(bad, bad.stat().st_size // 2)
    done = simdprep("verify", "parts")
    assert done.code == 1
    assert done.out == ""
    assert done.err.splitlines()[-1] == "parts is damaged: 1 of 2 parts bad: parts/part-00001.h5"
    assert "part-00000.h5" not in done.err
    assert "Traceback" not in done.err


def test_a_missing_part(parts):
    (parts / "part-00000.h5").unlink()
    done = simdprep("verify", "parts")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "parts is damaged: 1 of 2 parts bad: parts/part-00000.h5"


def test_a_manifest_that_lies(parts):
    manifest = json.loads((parts / "manifest.json").read_text())
    manifest["parts"][1]["sha256"] = "0" * 64
    (parts / "manifest.json").write_text(json.dumps(manifest))
    done = simdprep("verify", "parts")
    assert done.code == 1
    assert "part-00001.h5" in done.err.splitlines()[-1]


def test_a_truncated_file(sample, folder):
    sp.convert(sample, "out.h5")
    data = (folder / "out.h5").read_bytes()
    (folder / "out.h5").write_bytes(data[:-1000])
    done = simdprep("verify", "out.h5")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "out.h5 is damaged: 1 of 1 part bad: out.h5"
