"""Counts over the first entries of several inputs."""

import awkward as ak
import numpy as np
import pytest
import uproot

from simdprep.readers import Counts, group, open_source


@pytest.fixture
def sources(tmp_path):
    opened = []
    for number in range(3):
        path = tmp_path / f"{number}.root"
        with uproot.recreate(path) as file:
            file.mktree("t", {"v": "var * int32", "w_a": "var * float32", "w_b": "var * float32"})
            counts = np.arange(4) + number
            lists = ak.unflatten(np.arange(counts.sum(), dtype=np.int32), counts)
            file["t"].extend({"v": lists, "w_a": lists, "w_b": lists if number < 2 else lists[::-1]})
        opened.append(open_source(str(path)))
    yield opened
    for source in opened:
        source.close()


def test_inputs_follow_each_other(sources):
    assert Counts(sources)("v").tolist() == [0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5]
    assert Counts(sources, limit=6)("v").tolist() == [0, 1, 2, 3, 1, 2]
    assert Counts(sources, limit=6).num_entries == 6
    assert Counts(sources, limit=None).num_entries == 12
    assert Counts([])("v").tolist() == []


def test_entries_beyond_the_limit_decide_nothing(sources):
    def found(limit):
        grouping = group(sources[0].branches, Counts(sources, limit=limit))
        return {entry.name: list(entry.members) for entry in grouping.groups}

    assert found(8)["w"] == ["a", "b"]
    assert "w" not in found(None)


def test_sources_beyond_the_limit_are_not_touched(sources):
    sources[2].close()
    assert len(Counts(sources, limit=8)("v")) == 8
