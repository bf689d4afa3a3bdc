"""simdprep info: what a dataset holds, for people and for programs."""

import json
import re

import pytest

import simdprep as sp
from tests.unit.cli.command_line import assert_one_error, simdprep


def described(*arguments):
    done = simdprep("info", *arguments)
    assert done.code == 0, done.err
    return done.out


@pytest.fixture
def dataset(sample, folder):
    sp.convert(sample, "out.h5", config={"objects": {"Jet": {"fields": {"pt": {"unit": "GeV"}}}, "Muon": {}}})
    return "out.h5"


def test_for_people(dataset):
    text = described(dataset)
    assert text.startswith("out.h5: 4,000 rows, one for each event; 4,000 events\nlayout columns, gzip, chunks of ")
    assert re.search(r"^Jet +padded +events +\(4000, 10\) +1 +18,269 +43 \(0.23 %\) +54 % ", text, re.MULTILINE)
    assert "Jet: pt float32 GeV\n" in text
    assert re.search(r"^from .*toy_nano.root : Events \(2.15 MB\)$", text, re.MULTILINE)
    assert f"written by simdprep {sp.__version__}, " in text
    assert f"fingerprint {sp.open(dataset).fingerprint}\n" in text


def test_for_programs(dataset):
    data = json.loads(described(dataset, "--json"))
    assert (data["num_rows"], data["num_events"], data["layout"], data["rows"]) == (4000, 4000, "columns", "events")
    jets = next(entry for entry in data["objects"] if entry["name"] == "Jet")
    assert (jets["num_items"], jets["num_truncated"], jets["slots"]) == (18_269, 43, [10])
    assert jets["fields"][0]["unit"] == "GeV"
    assert data["inputs"][0]["tree"] == "Events"
    assert data["fingerprint"] == sp.open(dataset).fingerprint


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
@pytest.mark.parametrize("rows", ["events", "Jet"])
def test_layouts_and_rows(layout, rows, sample, folder):
    sp.convert(sample, "out.h5", layout=layout, rows=rows, entries="0:300")
    text = described("out.h5")
    assert f"layout {layout}, gzip" in text
    assert ("one for each event;" if rows == "events" else "one for each entry of Jet;") in text


def test_a_folder_and_a_glob(sample, folder):
    sp.convert(sample, "parts", part_rows=2048)
    assert " in 2 parts, " in described("parts")
    assert "parts/part-*.h5: 4,000 rows" in described("parts/part-*.h5")


def test_many_objects_are_cut_short(write_tree):
    path = write_tree("many.root", {f"Object{number}_pt": [[1.0], [2.0]] for number in range(60)})
    sp.convert(path, "out.h5")
    short, full = described("out.h5"), described("out.h5", "--verbose")
    assert re.search(r"^and 20 more objects; --verbose lists them$", short, re.MULTILINE)
    assert "Object59_pt" not in short
    assert full.count("Object59_pt") == 2


@pytest.mark.parametrize("verb", ["info", "verify"])
def test_what_is_no_dataset(verb, sample, folder):
    assert_one_error(simdprep(verb, "no.h5"), "got no such file", "no.h5")
    (folder / "folder").mkdir()
    assert_one_error(simdprep(verb, "folder"), "a folder without manifest.json")
    if verb == "info":
        assert_one_error(simdprep(verb, sample), "toy_nano.root")
