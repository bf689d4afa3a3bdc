"""The tree that is read, where a file has several."""

import pytest

from simdprep.errors import InputError
from simdprep.readers.trees import choose_tree


def choose(trees, wanted=None):
    return choose_tree(trees, wanted, lambda name: 10 * len(name), "some.root")


def test_the_only_tree_is_taken():
    assert choose(["dir/t;1"]) == "dir/t;1"


def test_the_highest_cycle_is_taken():
    assert choose(["t;9", "t;10"]) == "t;10"
    assert choose(["t;9", "t;10"], "t") == "t;10"
    assert choose(["t;9", "t;10"], "t;9") == "t;9"


@pytest.mark.parametrize("name", ["Events", "CollectionTree"])
def test_trees_of_events_go_before_others(name):
    assert choose(["Runs;1", f"{name};1", "MetaData;1"]) == f"{name};1"


def test_a_name_alone_finds_its_folder():
    assert choose(["a/t;1", "b/u;1"], "u") == "b/u;1"
    assert choose(["a/t;1", "b/u;1"], "u;1") == "b/u;1"
    assert choose(["a/t;1", "t;1"], "t") == "t;1"
    assert choose(["a/t;1", "b/u;1"], "/a/t") == "a/t;1"


def test_several_and_none_named_are_listed_with_entries():
    with pytest.raises(InputError) as caught:
        choose(["a/t;1", "b/u;1"])
    assert str(caught.value) == (
        "tree: got a/t (50 entries), b/u (50 entries), expected one, or --tree\n  in some.root"
    )


def test_a_name_in_two_folders_is_not_guessed():
    with pytest.raises(InputError, match=r"'t', which could be a/t \(50 entries\), b/t"):
        choose(["a/t;1", "b/t;1"], "t")


def test_an_unknown_tree_has_near_names():
    with pytest.raises(InputError, match="try Events"):
        choose(["Events;1", "Runs;1"], "events")
    with pytest.raises(InputError, match=r"try Events .*, Runs"):
        choose(["Events;1", "Runs;1"], "zzz")


def test_an_unknown_cycle_lists_those_there_are():
    with pytest.raises(InputError, match="t;1 or t;2"):
        choose(["t;1", "t;2", "u;1"], "t;7")


def test_no_tree():
    with pytest.raises(InputError, match="got none"):
        choose([])


def test_a_long_list_is_cut():
    with pytest.raises(InputError, match="10 more"):
        choose([f"t{number};1" for number in range(30)])
