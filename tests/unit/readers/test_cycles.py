"""Several cycles of one tree: the newest is read unless another is named, and that is told."""

import numpy as np
import pytest
import uproot

import simdprep as sp
from simdprep.convert.opening import Opening
from simdprep.errors import InputError


@pytest.fixture
def path(tmp_path):
    with uproot.recreate(tmp_path / "a.root") as file:
        for entries in (10, 20, 30):
            file.mktree("Events", {"x": "int32"}).extend({"x": np.arange(entries, dtype="i4")})
        file.mktree("once", {"y": "int32"}).extend({"y": np.arange(5, dtype="i4")})
    return str(tmp_path / "a.root")


@pytest.mark.parametrize(
    ("tree", "name", "entries", "told"),
    [
        (None, "Events", 30, "read Events;3 of 3 cycles of the tree, the newest"),
        ("Events", "Events", 30, "read Events;3 of 3 cycles of the tree, the newest"),
        ("Events;3", "Events", 30, "read Events;3 of 3 cycles of the tree, the newest"),
        ("Events;1", "Events;1", 10, "read Events;1 of 3 cycles of the tree, the newest is Events;3"),
        ("once", "once", 5, None),
    ],
)
def test_which_cycle_is_read(path, tree, name, entries, told):
    with Opening(tree).open(path) as source:
        assert (source.tree, source.num_entries) == (name, entries)
        assert source.told == ([] if told is None else [told])
        assert source.other_trees == (("Events",) if tree == "once" else ("once",))
        assert source.identity["tree"] == name
    header = Opening(tree).header(path)
    assert (header.tree, header.num_entries) == (name, entries)
    with Opening(header.tree).open(path) as again:
        assert again.num_entries == entries


def test_a_conversion_tells_it(path, tmp_path):
    summary = sp.convert(path, tmp_path / "a.h5", tree="Events;2")
    assert summary.num_rows == 20
    assert any("the newest is Events;3" in line for line in summary.told)


def test_a_cycle_that_is_not_there(path):
    with pytest.raises(InputError, match="Events;1 or Events;2 or Events;3"):
        Opening("Events;9").open(path)
