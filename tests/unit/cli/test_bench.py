"""``simdprep bench``."""

import json

import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from simdprep.loader import measure
from tests.small_dataset import small_events, small_schema, write_small
from tests.unit.cli.command_line import simdprep

LITTLE = ["--seconds", "0.01", "--batch-size", "16", "--threads", "2"]


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_it_says_rates_and_the_limit(tmp_path, layout):
    write_small(tmp_path / "a.h5", layout)
    done = simdprep("bench", str(tmp_path / "a.h5"), *LITTLE)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith(f"60 rows, layout {layout}; batches of 16, shuffle block")
    assert "rows/s" in lines[1]
    assert "reading the files" in lines[2]
    assert lines[-1].startswith("The limit: ")


def test_json(tmp_path):
    write_small(tmp_path / "a.h5")
    done = simdprep("bench", str(tmp_path / "a.h5"), "--objects", "Jet", "--json", *LITTLE)
    told = json.loads(done.out)
    assert told["rows"] == 60
    found = told["bench"]
    assert found["rows_per_second"] > 0
    assert found["batch_bytes"] == found["rows"] * 3 * (6 * 4 + 1)
    assert found["limit"] in ("storage", "decoding", "batches")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(["--objects", "Jets"], "try Jet"), (["--shuffle", "blok"], "try block"), (["--threads", "-2"], "threads")],
)
def test_what_is_wrong_is_told(tmp_path, arguments, text):
    write_small(tmp_path / "a.h5")
    done = simdprep("bench", str(tmp_path / "a.h5"), *arguments)
    assert done.code == 1
    assert text in done.err


def test_a_dataset_without_rows(tmp_path):
    with sp.Writer(tmp_path / "none.h5", small_schema()) as writer:
        writer.fill(small_events(5)[:0])
    with pytest.raises(ConfigError, match="no rows"):
        measure(sp.open(tmp_path / "none.h5"))


def test_decoding_counts_where_rows_do_not_fit(tmp_path):
    write_small(tmp_path / "a.h5", num_events=20_000)
    with sp.open(tmp_path / "a.h5") as dataset:
        kept = measure(dataset, seconds=0.2, batch_size=256)
        decoded = measure(dataset, seconds=0.01, batch_size=256, memory=300_000)
    assert kept.limit == "batches"
    assert decoded.inflation > kept.inflation == 1
    assert decoded.decoded_rows > 0
