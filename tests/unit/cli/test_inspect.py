"""simdprep inspect: what is in there, and a config that gives what convert gives without one."""

import re

import awkward as ak
import pytest
import yaml

import simdprep as sp
from simdprep.convert import inspect
from simdprep.schema.config import load_config
from tests.unit.cli.command_line import own_process, simdprep

#: Files of several kinds, all of which convert without a config.
#: Of the two with hundreds of objects, some: all of them are converted in tests/reference.
REAL = (
    "nano_tt_v12.root", "nanoAOD_2015_CMS_Open_Data_ttbar.root",
    "nano_dy.parquet --objects events,Jet,Muon,Electron,GenPart,SV",
    "PHYSLITE_example.root --objects events,AnalysisElectrons,AnalysisJets,AnalysisMuons,xTrigDecision",
    "treemaker.root", "uproot-HZZ.root", "uproot-HZZ-objects.root", "uproot-issue-816.root",
    "pduneana.root", "tree_with_doubly_jagged.root", "uproot-empty.root", "test_stl_containers_rntuple_v1-0-0-0.root",
)  # fmt: skip


def looked(*arguments):
    done = simdprep("inspect", *arguments)
    assert done.code == 0, done.err
    assert done.err == ""
    return done.out


def assert_round_trip(path, folder, *options):
    """The YAML converts to the very bytes that come without it."""
    (folder / "c.yaml").write_text(looked(path, "--yaml", *options))
    from_yaml = simdprep("convert", "-c", "c.yaml", "-o", "yaml.h5", "--quiet")
    plain = simdprep("convert", path, "-o", "plain.h5", "--quiet", *options)
    assert (from_yaml.code, plain.code) == (0, 0), from_yaml.err + plain.err
    assert (folder / "yaml.h5").read_bytes() == (folder / "plain.h5").read_bytes()


def test_what_is_shown(sample):
    text = looked(sample)
    assert "toy_nano.root: ttree Events, 4,000 entries\n" in text
    assert re.search(r"^Jet +events +11 +4.58 +10 +15 +10 +43 of 18,312 \(0.23 %\) +354$", text, re.MULTILINE)
    assert "Muon: pt float32, eta float32, phi float32, mass float32, charge int32, dxy float32" in text
    assert "not stored, they count objects: nMuon, nElectron, nJet, nPFCands\n" in text
    assert "2,650 bytes before compression" in text


def test_it_foretells_what_convert_truncates(data_dir, folder):
    path = data_dir / "uproot-issue-816.root"  # with nested objects, which lose what hangs on a truncated entry
    found = inspect(path)
    summary = sp.convert(path, "out.h5")
    foretold = {entry.name: entry.multiplicity.truncated for entry in found.objects if entry.multiplicity}
    assert {name: lost for name, lost in foretold.items() if lost} == summary.num_truncated
    stored = {entry.name: entry.multiplicity.total - foretold[entry.name] for entry in found.objects if entry.pad}
    assert stored == {name: summary.written.num_items[name] for name in stored}


def test_branches_are_shown_where_names_differ(write_tree):
    path = write_tree("odd.root", {"valid": [1.0, 2.0], "run": [1.0, 2.0]})
    text = looked(path)
    assert "events: valid_ float64 from valid, run float64\n" in text
    assert "valid -> valid_" in text


def test_trees_that_are_not_read_are_named(data_dir):
    assert "other trees, not read: one/two/tree, three/tree\n" in looked(
        data_dir / "uproot-nesteddirs.root", "--tree", "one/tree"
    )
    assert "other trees, not read: Runs\n" in looked(data_dir / "nano_dy.root")
    assert "other trees" not in looked(data_dir / "uproot-HZZ.root")


def test_what_cannot_be_converted_is_named(data_dir):
    text = looked(data_dir / "uproot-mc10events.root")
    assert "left out, a std::bitset<256>: triggerBits\n" in text


def test_parquet_and_feather(folder):
    events = ak.Array([{"x": 1.0, "Jet_pt": [1.0, 2.0]}, {"x": 2.0, "Jet_pt": []}])
    ak.to_parquet(events, folder / "in.parquet")
    ak.to_feather(events, folder / "in.feather")
    assert looked("in.parquet").startswith("in.parquet: parquet, 2 entries\n")
    assert looked("in.feather").startswith("in.feather: feather, 2 entries\n")
    for name in ("in.parquet", "in.feather"):
        assert_round_trip(name, folder)
        (folder / "yaml.h5").unlink()
        (folder / "plain.h5").unlink()


def test_several_files_have_all_their_entries(write_tree, folder):
    for number in range(6):
        write_tree(f"{number}.root", {"x": [1.0] * (number + 1)})
    found = inspect("*.root")
    assert (found.num_entries, found.num_opened) == (21, 6)
    assert "0.root, 1.root, 2.root, 3.root, 4.root, 5.root: ttree Events, 21 entries" in looked("*.root")


def test_yaml_has_comments_with_what_pads_cost(sample, folder):
    text = looked(sample, "--yaml")
    assert "    pad: 10  # truncates 43 of 18,312 (0.23%), 15 would keep all; 354 bytes per row\n" in text
    assert "  events:  # 38 bytes per row\n" in text
    assert text.splitlines()[0] == f"# {sample}: ttree Events"
    assert yaml.safe_load(text)["objects"]["Jet"]["pad"] == 10


def test_yaml_is_the_config_that_convert_stores(sample, folder):
    (folder / "c.yaml").write_text(looked(sample, "--yaml"))
    sp.convert(sample, "out.h5")
    assert load_config(folder / "c.yaml").config_text == sp.open("out.h5").provenance[0]["config"]


def test_yaml_of_the_sample_converts_to_the_same_bytes(sample, folder):
    assert_round_trip(sample, folder)


def test_yaml_through_a_shell(sample, folder):
    done = own_process("inspect", sample, "--yaml", folder=folder)
    (folder / "c.yaml").write_text(done.out)
    done = own_process("convert", "-c", "c.yaml", "-o", "x.h5", folder=folder)
    assert (done.code, done.err) == (0, "")
    assert sp.open("x.h5").num_rows == 4000


def test_yaml_of_some_objects(sample, folder):
    assert_round_trip(sample, folder, "--objects", "Jet,events")


def test_yaml_of_one_tree_of_several(data_dir, folder):
    assert_round_trip(data_dir / "uproot-nesteddirs.root", folder, "--tree", "one/tree")


@pytest.mark.parametrize("name", REAL)
def test_yaml_of_real_files_converts_to_the_same_bytes(name, data_dir, folder):
    file, *options = name.split()
    assert_round_trip(data_dir / file, folder, *options)


def test_comments_keep_to_their_lines(write_tree, folder):
    path = write_tree("steer.root", {"a\nobjects: {}\x1b": [1.0, 2.0], "b c": [1, 2]})
    assert_round_trip(path, folder)
    assert "\x1b" not in looked(path, "--yaml")
