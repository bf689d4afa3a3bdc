"""Leaf lists with arrays, as h2root makes them; uproot writes none, so entries of four numbers are read as one."""

import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.readers import open_source
from simdprep.readers.ttree import TTreeSource

RECORD = [("hits", ">i4"), ("p", ">f4", (3,))]


@pytest.fixture
def records():
    records = np.zeros(50, [("hits", "<i4"), ("p", "<f4", (3,))])
    records["hits"] = np.arange(50)
    records["p"] = np.arange(150).reshape(50, 3) / 8
    return records


@pytest.fixture
def path(tmp_path, records):
    numbers = np.empty((50, 4), "<i4")
    numbers[:, 0] = records["hits"]
    numbers[:, 1:] = records["p"].view("<i4")
    path = tmp_path / "leaf_list.root"
    with uproot.recreate(path) as file:
        tree = file.mktree("ntuple", {"orange": np.dtype(("<i4", (4,))), "run": "int32"})
        for first in (0, 20):
            there = slice(first, first + 20 if first == 0 else 50)
            tree.extend({"orange": numbers[there], "run": np.arange(50, dtype=np.int32)[there]})
    return str(path)


@pytest.fixture
def leaf_lists(monkeypatch):
    """Let the branch be what a TBranch with two leaves is to uproot."""
    present = TTreeSource._present

    def as_records(self, name, branch):
        if name == "orange":
            branch._interpretation = uproot.AsDtype(RECORD)
        present(self, name, branch)

    monkeypatch.setattr(TTreeSource, "_present", as_records)


@pytest.mark.usefixtures("leaf_lists")
def test_members_are_branches(path, records):
    with open_source(path, "ntuple") as source:
        types = {name: branch.type for name, branch in source.branches.items()}
        assert types == {"orange.hits": "int32", "orange.p": "3 * float32", "run": "int32"}
        found = source.read(["orange.p", "run", "orange.hits"], 10, 30)
        assert found["orange.p"].tolist() == records["p"][10:30].tolist()
        assert found["orange.hits"].tolist() == list(range(10, 30))
        assert found["run"].tolist() == list(range(10, 30))


@pytest.mark.usefixtures("leaf_lists")
def test_they_are_converted(path, records, tmp_path):
    sp.convert(path, tmp_path / "out.h5", tree="ntuple")
    events = sp.open(tmp_path / "out.h5")["events"]
    assert events["orange_hits"][:].tolist() == records["hits"].tolist()
    for index in range(3):
        assert events[f"orange_p_{index}"][:].tolist() == records["p"][:, index].tolist()
