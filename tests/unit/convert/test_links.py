"""Files with cross references become datasets of jets with constituents."""

import awkward as ak
import pytest

import simdprep as sp
from simdprep.convert import inspect
from simdprep.schema.config import load_config
from tests.reference.link_files import followed_pairs, pfnano, write_nano

ENTRIES = 200

CONFIG = {
    "objects": {
        "events": {"fields": ["event"]},
        "Jet": {"pad": 6, "order": "-pt", "select": "pt > 25", "fields": ["pt", "eta"]},
        "cands": {
            "parent": "Jet",
            "link": {"table": "JetPFCands", "parent_index": "jetIdx", "index": "pFCandsIdx", "of": "PFCands"},
            "pad": 40,
            "order": "-pt",
            "fields": {"pt": {"unit": "GeV"}, "charge": {"dtype": "int8"}, "puppi": {}},
        },
    }
}


@pytest.fixture(scope="module")
def events():
    return pfnano(ENTRIES)


@pytest.fixture(scope="module")
def path(events, tmp_path_factory):
    return str(write_nano(tmp_path_factory.mktemp("pfnano") / "pf.root", events))


def _config():
    return load_config(CONFIG).to_data()


def _expected(events):
    """Selected jets, hardest first, and their candidates, hardest first."""
    found = []
    for entry in events.to_list():
        lists, _, _ = followed_pairs(entry, "Jet", "JetPFCands", "PFCands", "jetIdx", "pFCandsIdx")
        jets = sorted(zip(entry["Jet"], lists, strict=True), key=lambda jet: -jet[0]["pt"])
        kept = [(jet, sorted(own, key=lambda pair: -pair[0]["pt"])) for jet, own in jets if jet["pt"] > 25]
        found.append((entry["event"], kept))
    return found


def test_constituents_follow_select_and_order_of_their_jets(events, path, tmp_path):
    summary = sp.convert(path, tmp_path / "a.h5", config=_config())
    assert set(summary.lost_links) == {"cands: null", "cands: beyond the end"}
    with sp.open(tmp_path / "a.h5") as dataset:
        stored = dataset.events().to_list()
    for (number, jets), entry in zip(_expected(events), stored, strict=True):
        assert entry["event"] == number
        assert [jet["pt"] for jet in entry["Jet"]] == [jet["pt"] for jet, _ in jets[:6]]
        assert [[c["pt"] for c in own] for own in entry["cands"]] == [[c["pt"] for c, _ in o[:40]] for _, o in jets[:6]]
        assert [[c["puppi"] for c in own] for own in entry["cands"]] == [
            [pair["puppi"] for _, pair in own[:40]] for _, own in jets[:6]
        ]


@pytest.mark.parametrize("layout", ["columns", "compound", "ragged"])
def test_jets_may_be_the_rows(events, path, tmp_path, layout):
    config = _config()
    config["rows"] = "Jet"
    del config["objects"]["Jet"]["pad"]
    if layout == "ragged":
        del config["objects"]["cands"]["pad"]
    config["output"] = {"layout": layout}
    sp.convert(path, tmp_path / "a.h5", config=config)
    jets = [jet for _, kept in _expected(events) for jet in kept]
    with sp.open(tmp_path / "a.h5") as dataset:
        assert dataset["Jet"]["pt"][:].tolist() == [jet["pt"] for jet, _ in jets]
        rows = dataset["cands"].read_ragged(["pt"], 0, dataset.num_rows)
        assert ak.unflatten(rows.contents["pt"], ak.Array(rows.offsets[1:] - rows.offsets[:-1])).to_list() == [
            [cand["pt"] for cand, _ in own[:40]] for _, own in jets
        ]


def test_the_resolved_config_gives_the_same_file(path, tmp_path):
    for name, config in (("found", None), ("asked", _config())):
        first, second = tmp_path / f"{name}.h5", tmp_path / f"{name}_again.h5"
        sp.convert(path, first, config=config)
        with sp.open(first) as dataset:
            text = dataset.provenance[0]["config"]
            fingerprint = dataset.fingerprint
        (tmp_path / "resolved.yaml").write_text(text)
        sp.convert(path, second, config=tmp_path / "resolved.yaml")
        with sp.open(second) as dataset:
            assert dataset.fingerprint == fingerprint
            assert dataset.provenance[0]["config"] == text
        assert first.read_bytes() == second.read_bytes()


def test_parts_of_the_entries_add_up(path, tmp_path):
    config = _config()
    sp.convert(path, tmp_path / "all.h5", config=config)
    pieces = []
    for start, stop in ((0, 1), (1, 77), (77, 200)):
        sp.convert(path, tmp_path / f"{start}.h5", config=config, entries=f"{start}:{stop}")
        with sp.open(tmp_path / f"{start}.h5") as dataset:
            pieces += dataset.events().to_list()
    with sp.open(tmp_path / "all.h5") as dataset:
        assert dataset.events().to_list() == pieces


def test_inspect_tells_what_is_followed(path):
    found = inspect(path)
    assert any("JetPFCands: entries of PFCands for each of Jet" in line for line in found.told)
    entry = next(entry for entry in found.objects if entry.name == "JetPFCands")
    assert entry.parent == "Jet"
    assert "JetPFCands" not in [other.parent for other in found.objects]
    assert found.counters["nJetPFCands"] == "JetPFCands"
    assert load_config(found.config.to_data()).objects["JetPFCands"].link is not None


def test_inspect_names_links_that_are_not_followed(data_dir, path):
    assert inspect(path).links == ()
    found = inspect(str(data_dir / "nano_tt_v12.root"), objects=["Jet"]).links
    assert "Jet_muonIdx1 -> Muon" in found
    assert "GenPart_genPartIdxMother -> GenPart" in found
    assert "Jet_svIdx1" not in " ".join(found)  # the file has no SV
    found = inspect(str(data_dir / "PHYSLITE_example.root"), objects=["AnalysisJets"]).links
    assert "AnalysisElectronsAuxDyn.trackParticleLinks" in found


def test_a_plain_link_needs_no_more_than_its_parent(path, tmp_path):
    asked = {"Jet": {"fields": ["pt"]}, "JetPFCands": {"parent": "Jet", "pad": "max", "fields": ["pt", "puppi"]}}
    said = {"table": "JetPFCands", "parent_index": "jetIdx", "index": "pFCandsIdx", "of": "PFCands"}
    sp.convert(path, tmp_path / "a.h5", config={"objects": asked})
    asked["JetPFCands"]["link"] = said
    sp.convert(path, tmp_path / "b.h5", config={"objects": asked})
    with sp.open(tmp_path / "a.h5") as first, sp.open(tmp_path / "b.h5") as second:
        assert first.events().to_list() == second.events().to_list()


def test_objects_may_be_called_otherwise(path, tmp_path, data_dir):
    link = {"table": "JetPFCands_*", "parent_index": "jetIdx", "index": "pFCandsIdx", "of": "PFCands_*"}
    objects = {"jets": {"from": "Jet_*", "fields": ["pt"]}, "own": {"parent": "jets", "link": link, "fields": ["pt"]}}
    sp.convert(path, tmp_path / "a.h5", config={"objects": objects}, pad={"*": "max"})
    sp.convert(path, tmp_path / "b.h5", objects=["Jet", "JetPFCands"], pad={"*": "max"})
    with sp.open(tmp_path / "a.h5") as first, sp.open(tmp_path / "b.h5") as second:
        assert first["own"]["pt"][:].tobytes() == second["JetPFCands"]["pt"][:].tobytes()
    link = {"index": "trackParticleLinks", "of": "GSFTrackParticlesAuxDyn.*"}
    electrons = {"from": "AnalysisElectronsAuxDyn.*", "fields": ["pt"]}
    objects = {"el": electrons, "tracks": {"parent": "el", "link": link, "pad": "max", "fields": ["phi"]}}
    summary = sp.convert(str(data_dir / "PHYSLITE_example.root"), tmp_path / "c.h5", config={"objects": objects})
    assert summary.written.num_items["tracks"] > 100
