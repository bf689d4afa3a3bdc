"""Files of every version of the format stay readable, and today's writer stores the same bytes."""

import json
from pathlib import Path

import pytest

import simdprep as sp
from simdprep import _core
from simdprep.storage import verify
from simdprep.testing.compare import assert_equal
from tests.golden.golden_events import CASES, golden_events, golden_schema, write_golden
from tests.golden.stored_bytes import stored_sha256
from tests.reference.expected_events import expected_events

FOLDER = Path(__file__).resolve().parent
FILES = sorted(FOLDER.glob("format-*/*.h5"))


def test_every_case_has_a_file_of_this_version():
    folder = FOLDER / f"format-{_core.format_version}"
    assert {path.stem for path in FILES if path.parent == folder} == set(CASES)


def test_they_are_small():
    assert sum(path.stat().st_size for path in FILES) < 100_000


@pytest.mark.parametrize("engine", ["core", "h5py"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_file_reads_back(path, engine):
    with sp.open(path, engine=engine) as ds:
        assert_equal(ds.events(), expected_events(golden_events(), golden_schema(path.stem)))
    assert verify(path).problems == []


@pytest.mark.parametrize("name", CASES)
def test_todays_schema_is_that_of_the_file(name):
    stored = sp.open(FOLDER / f"format-{_core.format_version}" / f"{name}.h5").schema
    kinds = stored.object("events").field("kind").categories
    assert stored.to_json() == golden_schema(name).with_categories({("events", "kind"): kinds}).to_json()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("threads", [1, 4])
def test_the_same_events_give_the_same_bytes(name, threads, tmp_path):
    known = json.loads((FOLDER / "hashes.json").read_text())
    if _core.deflate_backend not in known:
        pytest.skip(f"no hashes for {_core.deflate_backend}: python -m tests.golden.make_golden adds them")
    write_golden(tmp_path / "a.h5", name, threads=threads)
    assert stored_sha256(tmp_path / "a.h5") == known[_core.deflate_backend][name]


def test_the_whole_file_is_the_same_each_time(tmp_path):
    for number in range(2):
        write_golden(tmp_path / f"{number}.h5", "columns", threads=1 + 2 * number)
    assert (tmp_path / "0.h5").read_bytes() == (tmp_path / "1.h5").read_bytes()
