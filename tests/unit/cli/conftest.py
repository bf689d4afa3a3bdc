"""Inputs that tests of the command line share."""

import awkward as ak
import numpy as np
import pytest
import uproot


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def truncated(folder, sample):
    """The sample, cut off in the middle."""
    (folder / "cut.root").write_bytes(sample.read_bytes()[:300_000])
    return folder / "cut.root"


@pytest.fixture
def damaged(folder, sample):
    """The sample, with the last basket of Jet_pt overwritten by zeros: its headers are sound."""
    with uproot.open(sample) as file:
        branch = file["Events/Jet_pt"]
        last = branch.num_baskets - 1
        start, size = int(branch.member("fBasketSeek")[last]), int(branch.member("fBasketBytes")[last])
    data = bytearray(sample.read_bytes())
    data[start + 80 : start + size] = bytes(size - 80)
    (folder / "damaged.root").write_bytes(data)
    return folder / "damaged.root"


@pytest.fixture
def write_tree(folder):
    """Write ``name.root`` with one tree: branches by name."""

    def write(name, branches, *, tree="Events"):
        path = folder / name
        types = {key: ak.Array(value).type.content for key, value in branches.items()}
        with uproot.recreate(path) as file:
            file.mktree(tree, types).extend({key: ak.Array(value) for key, value in branches.items()})
        return path

    return write


@pytest.fixture
def muons(write_tree):
    """Three entries with 2, 0 and 1 muons."""
    return write_tree(
        "muons.root",
        {"Muon_pt": ak.Array([[30.0, 20.0], [], [10.0]]), "run": np.array([1, 2, 3], np.int32)},
    )
