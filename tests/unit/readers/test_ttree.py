"""TTrees, made for each test."""

from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from simdprep.errors import InputError
from simdprep.readers import Counts, group, open_source, read_events

JETS = ak.Array([[{"pt": 1.5, "id": 2}], [], [{"pt": 3.5, "id": -4}, {"pt": 5.5, "id": 6}]])
CLUSTERS = 5
ENTRIES = 3 * CLUSTERS


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "made.root"
    with uproot.recreate(path) as file:
        tree = file.mktree(
            "Events",
            {
                "run": "uint64",
                "flag": "bool",
                "Jet": "var * {pt: float32, id: int16}",
                "cov": np.dtype((np.float64, (2, 3))),
                "odd name/x": "int8",
            },
        )
        for cluster in range(CLUSTERS):
            tree.extend(
                {
                    "run": np.arange(3, dtype=np.uint64) + 3 * cluster + 2**63,
                    "flag": np.array([True, False, True]),
                    "Jet": ak.values_astype(JETS, "float32"),
                    "cov": np.arange(18.0).reshape(3, 2, 3) + cluster,
                    "odd name/x": np.arange(3, dtype=np.int8),
                }
            )
        file.mktree("empty", {"x": "float32", "v": "var * int32"})
    return str(path)


@pytest.fixture
def source(path):
    with open_source(path, "Events") as opened:
        yield opened


def test_what_is_presented(source):
    assert (source.kind, source.tree, source.num_entries) == ("ttree", "Events", ENTRIES)
    assert {name: branch.type for name, branch in source.branches.items()} == {
        "run": "uint64",
        "flag": "bool",
        "nJet": "int32",
        "Jet_pt": "var * float32",
        "Jet_id": "var * int16",
        "cov": "2 * 3 * float64",
        "odd name/x": "int8",
    }
    assert source.branches["Jet_pt"].counter == "nJet"
    assert source.refused == {}


def test_values_are_exact(source):
    arrays = source.read(["Jet_pt", "run", "cov"])
    assert list(arrays) == ["Jet_pt", "run", "cov"]
    assert arrays["run"].to_list() == [2**63 + entry for entry in range(ENTRIES)]
    assert arrays["Jet_pt"].to_list() == JETS.pt.to_list() * CLUSTERS
    assert arrays["cov"][4].to_list() == [[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (2, 4), (5, 14), (14, 15), (15, 15), (3, None)])
def test_entry_ranges_are_half_open_and_exact(source, start, stop):
    expected = (JETS.id.to_list() * CLUSTERS)[start:stop]
    assert source.read(["Jet_id"], start, stop)["Jet_id"].to_list() == expected
    assert source.counts("Jet_id", start, stop).tolist() == [len(entry) for entry in expected]


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (4, 3), (0, 16), (16, None)])
def test_ranges_outside_are_errors(source, start, stop):
    with pytest.raises(InputError, match="expected START <= STOP within 0:15"):
        source.read(["run"], start, stop)


def test_unknown_branches_have_near_names(source):
    with pytest.raises(InputError, match="got 'jet_pt', expected a branch of the tree") as caught:
        source.read(["run", "jet_pt"])
    assert caught.value.hint.startswith("Jet_pt")
    assert f"in {source.path} : Events" in str(caught.value)


def test_nothing_asked_for_is_nothing(source):
    assert source.read([]) == {}
    assert source.steps([]) == [(0, ENTRIES)]


def test_counts(source):
    assert source.counts("Jet_pt").tolist() == [1, 0, 2] * CLUSTERS
    assert source.counts("nJet").tolist() == [1, 0, 2] * CLUSTERS
    with pytest.raises(InputError, match="got bool"):
        source.counts("flag")
    with pytest.raises(InputError, match="expected lists"):
        source.counts("Jet_pt", level=1)


def test_steps_end_where_the_file_stores_together(source):
    with uproot.open(source.path) as file:
        per_entry = file["Events/run"].uncompressed_bytes / ENTRIES
    assert source.steps(["run"], target_bytes=int(4 * per_entry)) == [
        (first, first + 3) for first in range(0, ENTRIES, 3)
    ]
    assert source.steps(["run"], target_bytes=1 << 20) == [(0, ENTRIES)]
    assert source.steps(["run"], target_bytes=1, start=4, stop=8) == [(4, 6), (6, 7), (7, 8)]


def test_an_empty_tree_has_types_and_no_steps(path):
    with open_source(path, "empty") as source:
        assert source.num_entries == 0
        assert source.steps(source.branches) == []
        events = read_events(source, group(source.branches, Counts([source])))
    assert str(ak.type(events)) == "0 * {x: float32, v: var * {value: int32}}"


def test_arrays_outlive_the_file(path):
    with open_source(path, "Events") as source:
        arrays = source.read(source.branches)
    assert arrays["Jet_pt"].to_list() == JETS.pt.to_list() * CLUSTERS


def test_two_sources_of_one_file(path):
    first, second = open_source(path, "Events"), open_source(path, "Events")
    first.close()
    assert second.read(["run"])["run"][0] == 2**63
    second.close()


def test_identity(path, source):
    with uproot.open(path) as file:
        uuid = str(file.file.uuid)
    assert source.identity["uuid"] == uuid
    assert source.identity["name"] == path
    assert source.identity["tree"] == "Events"
    assert list(source.identity) == ["name", "size", "uuid", "tree"]


def test_a_name_with_a_colon(path, tmp_path):
    renamed = tmp_path / "run:2.root"
    renamed.write_bytes(Path(path).read_bytes())
    with open_source(str(renamed), "Events") as source:
        assert source.num_entries == ENTRIES


def test_urls(path):
    import fsspec

    fsspec.filesystem("memory").pipe_file("/made/a.root", Path(path).read_bytes())
    with open_source("memory://made/a.root", "Events", threads=1) as source:
        assert source.read(["run"], 3, 4)["run"].to_list() == [2**63 + 3]
        assert source.identity["size"] == len(Path(path).read_bytes())
        assert source.path == "memory://made/a.root"


def test_titles_that_say_something_are_descriptions(tmp_path, data_dir):
    with open_source(str(data_dir / "nanoAOD_2015_CMS_Open_Data_ttbar.root")) as source:
        assert source.branches["Electron_charge"].description == "electric charge"
        assert source.branches["run"].description == ""
    with open_source(str(data_dir / "PHYSLITE_example.root")) as source:
        assert {branch.description for branch in source.branches.values()} == {""}


def test_sub_branches_of_one_name_are_told_apart(data_dir):
    with open_source(str(data_dir / "PHYSLITE_example.root")) as source:
        name = "EventInfoAuxDyn.hardScatterVertexLink"
        assert source.refused[f"{name}/{name}"] == "of a class that uproot does not know"
