"""simdprep convert: what every option does to the dataset."""

import json

import numpy as np
import pytest

import simdprep as sp
from tests.unit.cli.command_line import accounts, simdprep


def convert(*arguments, code=0):
    """Convert and return what was printed."""
    done = simdprep("convert", *arguments)
    assert done.code == code, done.err
    accounts(done.out)
    return done.out


def config_of(path):
    return sp.open(path).provenance[0]["config"]


def test_nothing_but_an_input(sample, folder):
    text = convert(sample, "-o", "out.h5")
    ds = sp.open("out.h5")
    assert list(ds) == ["events", "Muon", "Electron", "Jet", "PFCands"]
    assert ds.num_rows == 4000
    assert ds.schema.layout == "columns"
    assert f"4,000 entries in = {ds.num_rows:,} rows written + 0 dropped" in text


def test_layouts(sample, folder):
    for layout in ("columns", "compound", "ragged"):
        convert(sample, "--layout", layout, "-o", f"{layout}.h5")
        assert sp.open(f"{layout}.h5").schema.layout == layout


def test_a_folder_of_parts(sample, folder):
    convert(sample, "-o", "parts")
    assert sorted(entry.name for entry in (folder / "parts").iterdir()) == ["manifest.json", "part-00000.h5"]
    assert sp.open("parts").num_rows == 4000


def test_objects(sample, folder):
    convert(sample, "--objects", "Jet, Muon", "-o", "out.h5")
    assert sorted(sp.open("out.h5")) == ["Jet", "Muon"]


def test_rows(sample, folder):
    text = convert(sample, "--rows", "Jet", "-o", "out.h5")
    ds = sp.open("out.h5")
    assert ds.schema.rows == "Jet"
    assert ds.num_rows == 18_312
    assert ds.num_events == 4000
    assert accounts(text) == {"entries": (4000, 4000, 0), "Jet entries": (18_312, 18_312, 0)}


def test_events_without_rows_are_counted_in_compound(sample, folder):
    text = convert(sample, "--rows", "Muon", "--layout", "compound", "-o", "out.h5")
    taken, written, dropped = accounts(text)["entries"]
    assert (taken, written) == (4000, sp.open("out.h5").num_events)
    assert f"({dropped:,} without rows)" in text


@pytest.mark.parametrize(
    ("rules", "pads"),
    [
        (["Jet=3"], {"Jet": 3, "Muon": 4}),
        (["Jet=max"], {"Jet": 15, "Muon": 4}),
        (["*=max"], {"Jet": 15, "Muon": 7}),
        (["*=p50", "Jet=2"], {"Jet": 2, "Muon": 1}),
        (["Jet=2", "*=6"], {"Jet": 2, "Muon": 6, "PFCands": 6}),
        (["Jet=2", " Jet = 4 "], {"Jet": 4}),
    ],
    ids=str,
)
def test_pads(rules, pads, sample, folder):
    options = [option for rule in rules for option in ("--pad", rule)]
    convert(sample, *options, "-o", "out.h5")
    ds = sp.open("out.h5")
    assert {name: ds.schema.object(name).pad for name in pads} == pads


def test_compression(sample, folder):
    sizes = {}
    for codec in ("none", "gzip", "gzip:1", "gzip:9"):
        convert(sample, "--compression", codec, "-o", "out.h5", "--overwrite")
        sizes[codec] = (folder / "out.h5").stat().st_size
        assert sp.open("out.h5").schema.codec == codec.partition(":")[0]
    assert sizes["gzip"] < sizes["none"] / 3
    assert sizes["gzip:9"] <= sizes["gzip:1"]


def test_config_and_overrides(sample, folder):
    (folder / "my.yaml").write_text(
        "select: num(Jet) >= 2\n"
        "objects:\n"
        "  events: {fields: [run, MET_pt]}\n"
        "  Jet: {pad: 4, order: -pt, select: pt > 20, fields: {pt: {unit: GeV}, eta: {name: eta_jet}}}\n"
    )
    text = convert(sample, "-c", "my.yaml", "--set", "objects.Jet.pad=6", "--set", "output.layout=ragged", "-o", "o.h5")
    ds = sp.open("o.h5")
    assert ds.schema.layout == "ragged"
    assert ds.schema.object("Jet").pad == 6
    assert ds.schema.object("Jet").field("pt").unit == "GeV"
    assert ds["Jet"].fields == ("pt", "eta_jet") or list(ds["Jet"].fields) == ["pt", "eta_jet"]
    taken, written, dropped = accounts(text)["entries"]
    assert (taken, written) == (4000, ds.num_rows)
    assert dropped > 0
    assert f"({dropped:,} by select)" in text


def test_inputs_of_the_config(sample, folder):
    (folder / "my.yaml").write_text(json.dumps({"input": {"files": [str(sample)]}, "objects": {"Muon": {"pad": 2}}}))
    convert("-c", "my.yaml", "-o", "out.h5")
    assert list(sp.open("out.h5")) == ["Muon"]


def test_inputs_given_win_over_those_of_the_config(sample, folder):
    (folder / "my.yaml").write_text("input: {files: [no.root]}\n")
    convert(sample, "-c", "my.yaml", "-o", "out.h5")


def test_tree(data_dir, folder):
    convert(data_dir / "uproot-nesteddirs.root", "--tree", "one/tree", "-o", "out.h5")
    assert sp.open("out.h5").num_rows == 4


def test_overwrite(sample, muons, folder):
    convert(sample, "-o", "out.h5")
    convert(muons, "-o", "out.h5", "--overwrite")
    assert sp.open("out.h5").num_rows == 3
    convert(sample, "-o", "parts")
    convert(muons, "-o", "parts", "--overwrite")
    assert sp.open("parts").num_rows == 3


class TestEntries:
    """Ranges over the entries of several sorted files."""

    @pytest.fixture
    def files(self, write_tree):
        for name, start in (("b.root", 10), ("a.root", 0), ("c.root", 20)):
            write_tree(name, {"run": np.arange(start, start + 10, dtype=np.int32)})

    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ("0:5", range(5)),
            ("7:23", range(7, 23)),
            (":12", range(12)),
            ("18:", range(18, 30)),
            ("10:20", range(10, 20)),
            ("29:99", range(29, 30)),
            ("40:50", ()),
            (":", range(30)),
            ("4:4", ()),
        ],
    )
    def test_ranges(self, entries, expected, files, folder):
        text = convert("*.root", "--entries", entries, "-o", "out.h5")
        assert sp.open("out.h5")["events"]["run"][:].tolist() == list(expected)
        assert accounts(text)["entries"] == (len(expected), len(expected), 0)

    def test_they_are_in_the_provenance(self, files, folder):
        convert("*.root", "--entries", "7:23", "-o", "out.h5")
        provenance = sp.open("out.h5").provenance[0]
        assert [entry["name"] for entry in provenance["inputs"]] == ["a.root", "b.root", "c.root"]
        assert [entry["entries"] for entry in provenance["ranges"]] == [[7, 10], [0, 10], [0, 3]]


class TestSkipBadFiles:
    """What cannot be read is left out, named, counted where that is possible, and makes exit code 3."""

    def test_a_truncated_file(self, truncated, muons, folder):
        done = simdprep("convert", "*.root", "--skip-bad-files", "-o", "out.h5")
        assert done.code == 3
        assert sp.open("out.h5").num_rows == 3
        assert accounts(done.out) == {"entries": (3, 3, 0)}
        assert "not counted: 1 skipped file" in done.out
        assert done.err.startswith("skipped cut.root, entries all: truncated ROOT file: got 300000 bytes")

    @pytest.mark.parametrize("others", [0, 1])
    def test_a_damaged_entry_range(self, others, damaged, sample, folder):
        done = simdprep("convert", damaged, *[sample] * others, "--skip-bad-files", "-o", "out.h5", "--quiet")
        assert done.code == 3
        taken, written, dropped = accounts(done.out)["entries"]
        assert (taken, written) == (4000 * (1 + others), sp.open("out.h5").num_rows)
        assert written >= 4000 * others
        assert dropped > 0
        assert f"({dropped:,} in skipped entries)" in done.out
        assert "damaged.root, entries " in done.err
        assert "Jet_pt" in done.err

    def test_nothing_is_skipped_without_need(self, muons, folder):
        assert simdprep("convert", muons, "--skip-bad-files", "-o", "out.h5").code == 0

    def test_only_bad_files(self, truncated, folder):
        done = simdprep("convert", truncated, "--skip-bad-files", "-o", "out.h5")
        assert done.code == 1
        assert "none of them readable" in done.err
        assert not (folder / "out.h5").exists()


def test_the_same_bytes_however_it_is_shown(sample, folder):
    for name, options in (("a.h5", ["--quiet"]), ("b.h5", ["--verbose"]), ("c.h5", [])):
        convert(sample, "-o", name, *options)
    contents = {(folder / name).read_bytes() for name in ("a.h5", "b.h5", "c.h5")}
    assert len(contents) == 1
    assert "quiet" not in config_of("a.h5")
