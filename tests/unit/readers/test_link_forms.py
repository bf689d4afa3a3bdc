"""Links in the forms of other experiments: RNTuple, references by unique id, Delphes-like trees."""

import awkward as ak
import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.convert import inspect
from simdprep.convert.opening import Opening
from simdprep.errors import ConfigError, InputError
from simdprep.readers import Link, LinkedSource, open_source
from simdprep.schema.config import load_config
from tests.reference.link_files import followed_pairs, pfnano


def test_the_table_of_pfnano_in_an_rntuple(tmp_path):
    events = pfnano(100)
    columns = {"event": events.event}
    for name in ("Jet", "PFCands", "JetPFCands"):
        columns |= {f"{name}_{field}": events[name][field] for field in events[name].fields}
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mkrntuple("Events", columns)
    with Opening().open(str(tmp_path / "a.root")) as source:
        assert source.kind == "rntuple"
        assert [link.name for link in source.links] == ["JetPFCands"]
        found = source.read(["JetPFCands->pt"], 20, 90)["JetPFCands->pt"].to_list()
    expected = []
    for entry in events[20:90].to_list():
        lists, _, _ = followed_pairs(entry, "Jet", "JetPFCands", "PFCands", "jetIdx", "pFCandsIdx")
        expected.append([[target["pt"] for target, _ in jet] for jet in lists])
    assert found == expected


def test_lists_of_indices_in_an_rntuple(tmp_path):
    """As TreeMaker has them: a list of indices in each jet."""
    index = ak.Array([[[0, 2], []], [], [[1]]])
    tracks = ak.Array([[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]])
    columns = {"Jets_constituentsIndex": ak.values_astype(index, np.int32), "JetsConstituents_pt": tracks}
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mkrntuple("t", {**columns, "Jets_pt": ak.Array([[10.0, 20.0], [], [30.0]])})
    link = Link("own", "Jets", ("JetsConstituents",), index=("constituentsIndex",))
    with LinkedSource(open_source(str(tmp_path / "a.root")), [link]) as source:
        assert source.read(["own->pt"])["own->pt"].to_list() == [[[1.0, 3.0], []], [], [[6.0]]]


def _delphes(rng):
    """Jets with references to towers and tracks by unique id, some to nothing or to what was not kept."""
    events = []
    for _ in range(60):
        ids = rng.permutation(np.arange(1, 30))
        split = rng.integers(0, 9)
        towers = [{"fUniqueID": int(own), "fBits": 7, "E": float(rng.random())} for own in ids[:split]]
        tracks = [{"fUniqueID": int(own), "fBits": 7, "E": float(rng.random())} for own in ids[split:16]]
        towers += [{"fUniqueID": 0, "fBits": 7, "E": -1.0}] * 2
        jets = [
            {"PT": float(rng.random()), "Constituents": {"refs": rng.choice([0, *range(1, 30)], 5).tolist()}}
            for _ in range(rng.integers(0, 4))
        ]
        events.append({"Jet": jets, "Tower": towers, "Track": tracks})
    return events


DELPHES = Link("constituents", "Jet", ("Tower", "Track"), index=("Constituents.refs",), by="fUniqueID")


def test_references_by_unique_id(tmp_path):
    events = _delphes(np.random.default_rng(7))
    ak.to_parquet(ak.Array(events), tmp_path / "a.parquet")
    with LinkedSource(open_source(str(tmp_path / "a.parquet")), [DELPHES]) as source:
        assert "Tower.fUniqueID" not in source.branches
        assert "Tower.fUniqueID" in source.refused
        found = source.read(["constituents->E"])["constituents->E"].to_list()
        part = source.read(["constituents->E"], 11, 40)["constituents->E"].to_list()
        lost = dict(source.lost_links)
    expected, null, nowhere = [], 0, 0
    for entry in events:
        known = {one["fUniqueID"]: one["E"] for one in [*entry["Tower"], *entry["Track"]] if one["fUniqueID"]}
        refs = [jet["Constituents"]["refs"] for jet in entry["Jet"]]
        null += sum(ref == 0 for own in refs for ref in own)
        nowhere += sum(ref != 0 and ref not in known for own in refs for ref in own)
        expected.append([[known[ref] for ref in own if ref in known] for own in refs])
    assert found == expected
    assert part == expected[11:40]
    assert min(null, nowhere) > 5
    assert lost["constituents: null"] >= null
    with LinkedSource(open_source(str(tmp_path / "a.parquet")), [DELPHES]) as source:
        source.read(["constituents->E"])
        assert source.lost_links == {"constituents: null": null, "constituents: to no entry": nowhere}


def test_a_unique_id_twice_is_an_error(tmp_path):
    event = {"Jet": [{"i": 3}], "T": [{"id": 3, "x": 1.0}, {"id": 3, "x": 2.0}]}
    ak.to_parquet(ak.Array([event]), tmp_path / "a.parquet")
    link = Link("own", "Jet", ("T",), index=("i",), by="id")
    with LinkedSource(open_source(str(tmp_path / "a.parquet")), [link]) as source, pytest.raises(InputError) as caught:
        source.read(["own->x"])
    assert "3 twice in entry 0" in str(caught.value)
    with open_source(str(tmp_path / "a.parquet")) as source, pytest.raises(InputError, match="by of a link: got 'x'"):
        LinkedSource(source, [Link("own", "Jet", ("T",), index=("i",), by="x")])


def test_by_in_a_config(tmp_path):
    ak.to_parquet(ak.Array(_delphes(np.random.default_rng(7))), tmp_path / "a.parquet")
    link = {"index": "Constituents.refs", "of": ["Tower", "Track"], "by": "fUniqueID"}
    objects = {"Jet": {"fields": ["PT"]}, "own": {"parent": "Jet", "link": link, "pad": 5}}
    sp.convert(str(tmp_path / "a.parquet"), tmp_path / "a.h5", config={"objects": objects})
    with sp.open(tmp_path / "a.h5") as dataset:
        assert dataset["own"].fields == ("E",)
        text = dataset.provenance[0]["config"]
    assert load_config(_parsed(text, tmp_path)).objects["own"].link.by == "fUniqueID"
    with pytest.raises(ConfigError, match=r"objects\.own\.link\.by"):
        load_config({"objects": {"own": {"parent": "Jet", "link": {"parent_index": "i", "of": "T", "by": "x"}}}})


def _parsed(text, folder):
    (folder / "resolved.yaml").write_text(text)
    return folder / "resolved.yaml"


def test_a_tree_with_the_names_of_delphes(tmp_path):
    jets, towers = [2, 0, 1], [1, 3, 2]
    branches = {
        "Jet.PT": ak.unflatten(np.arange(3.0), jets),
        "Jet.Eta": ak.unflatten(np.arange(3.0), jets),
        "Jet.fUniqueID": ak.unflatten(np.arange(3, dtype="u4"), jets),
        "Tower.E": ak.unflatten(np.arange(6.0), towers),
        "Jet_size": ak.Array(np.array(jets, np.int32)),
        "Tower_size": ak.Array(np.array(towers, np.int32)),
        "ScalarHT_size": ak.Array(np.array([1, 1, 1], np.int32)),
    }
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mktree("Delphes", {name: ak.type(values).content for name, values in branches.items()}).extend(branches)
    found = inspect(str(tmp_path / "a.root"))
    objects = {entry.name: [field.name for field in entry.fields] for entry in found.objects}
    assert objects["Jet"] == ["PT", "Eta"]
    assert objects["Tower_E"] == ["value"]  # one field alone says nothing of an object
    assert found.counters["Jet_size"] == "Jet"
    assert "Jet_size" not in objects["events"]
    assert "ScalarHT_size" in objects["events"]
