"""From awkward Forms to branches, and from arrays to one layout."""

from collections import Counter

import awkward as ak
import numpy as np
import pytest
from awkward import contents
from awkward.index import Index8, Index64

from simdprep.errors import InputError
from simdprep.readers.branch import Branch
from simdprep.readers.leaf import empty, find_leaves, take


def found_in(array, name="x"):
    return find_leaves(ak.to_layout(array).form, name)


def types(array):
    return {leaf.branch.name: leaf.branch.type for leaf in found_in(array).leaves}


def taken(array, name="x"):
    missing = Counter()
    leaves = {leaf.branch.name: leaf for leaf in found_in(array, "x").leaves}
    return take(array, leaves[name], missing), missing


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint64", "float16", "float32", "float64"])
def test_numbers(dtype):
    assert types(np.zeros(3, dtype)) == {"x": dtype}
    assert types(ak.Array(contents.ListOffsetArray(Index64([0, 3]), contents.NumpyArray(np.zeros(3, dtype))))) == {
        "x": f"var * {dtype}"
    }


def test_lists_and_fixed_arrays():
    assert types([[[1.0]]]) == {"x": "var * var * float64"}
    assert types(np.zeros((5, 2, 3))) == {"x": "2 * 3 * float64"}
    assert types(ak.Array(["a", "b"])) == {"x": "string"}
    assert types(ak.Array([["a"], ["b", "c"]])) == {"x": "var * string"}


def test_structs_are_flattened():
    array = ak.Array([{"p": {"x": 1.0, "y": 2}, "e": True}])
    assert types(array) == {"x.p.x": "float64", "x.p.y": "int64", "x.e": "bool"}
    lists = found_in(ak.Array([[{"a": 1, "b": [2.5]}]]))
    assert [(leaf.branch.name, leaf.branch.lists) for leaf in lists.leaves] == [("x.a", ("x",)), ("x.b", ("x", "x.b"))]


def test_tuples_have_slots():
    assert types(ak.Array([(1, "a")])) == {"x.0": "int64", "x.1": "string"}


def test_lists_within_fixed_arrays_make_these_lists():
    array = ak.to_regular(ak.Array([[[1], [2, 3]], [[], [4]]]), axis=1)
    assert types(array) == {"x": "var * var * int64"}
    assert taken(array)[0].to_list() == [[[1], [2, 3]], [[], [4]]]


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        ([[[[1.0]]]], "lists nested 3 deep, at most 2 fit"),
        ([[[[[1.0]]]]], "lists nested 4 deep, at most 2 fit"),
        (ak.Array([1, "a"]), "a variant of several types"),
        (ak.Array([b"a"]), "bytes, not text"),
        (np.zeros(2, "M8[s]"), "values of type datetime64[s]"),
        (np.zeros(2, complex), "values of type complex128"),
        (ak.Array([None]), "no type: it holds no values"),
        (ak.Array([{}]), "class (unnamed) has no members to read"),
        (np.zeros((2, 0)), "arrays of length 0"),
    ],
)
def test_what_is_refused(array, reason):
    found = found_in(array)
    assert found.leaves == []
    assert found.refused == {"x": reason}


def test_bookkeeping_of_tobject_is_left_out():
    found = found_in(ak.Array([{"fUniqueID": 1, "fBits": 2, "fX": 3.0}]))
    assert [leaf.branch.name for leaf in found.leaves] == ["x.fX"]
    assert set(found.refused) == {"x.fUniqueID", "x.fBits"}


def test_missing_values_stay_missing():
    array = ak.Array([1, None, 3])
    assert types(array) == {"x": "?int64"}
    values, missing = taken(array)
    assert values.to_list() == [1, None, 3]
    assert not missing


def test_missing_structs_miss_their_members():
    array = ak.Array([{"a": 1, "b": None}, None, {"a": None, "b": 2}])
    assert types(array) == {"x.a": "?int64", "x.b": "?int64"}
    assert taken(array, "x.a")[0].to_list() == [1, None, None]


def test_missing_lists_are_empty_and_counted():
    array = ak.Array([[1, None], None, [], None, [3]])
    assert types(array) == {"x": "var * ?int64"}
    values, missing = taken(array)
    assert values.to_list() == [[1, None], [], [], [], [3]]
    assert missing == {"x": 2}
    assert types(ak.Array([[1], None])) == {"x": "var * int64"}


def test_missing_inner_lists():
    values, missing = taken(ak.Array([[[1], None, [2, 3]], None]))
    assert values.to_list() == [[[1], [], [2, 3]], []]
    assert missing == {"x": 2}


def test_categories_are_strings():
    array = ak.str.to_categorical(ak.Array(["a", "b", "a"]))
    assert types(array) == {"x": "string"}
    assert taken(array)[0].to_list() == ["a", "b", "a"]
    optional = ak.str.to_categorical(ak.Array(["a", None, "a"]))
    assert types(optional) == {"x": "?string"}
    assert taken(optional)[0].to_list() == ["a", None, "a"]


def test_any_layout_becomes_one():
    plain = ak.Array([[1.5, 2.5], [], [3.5]])
    shuffled = ak.Array(
        contents.ListArray(Index64([3, 0, 1]), Index64([5, 0, 2]), contents.NumpyArray(np.array([9, 3.5, 9, 1.5, 2.5])))
    )
    masked = ak.Array(contents.ByteMaskedArray(Index8([1, 1, 1]), plain.layout, valid_when=True))
    for array in (plain, plain[np.array([0, 1, 2])], ak.concatenate([[[0.0]], plain])[1:], shuffled, masked):
        layout = taken(array)[0].layout
        assert isinstance(layout, contents.ListOffsetArray)
        assert layout.offsets.data.tolist() == [0, 2, 2, 3]
        assert layout.content.data.tolist() == [1.5, 2.5, 3.5]


def test_contents_are_shared():
    array = ak.Array([[1.5, 2.5], [], [3.5]])
    assert np.shares_memory(taken(array)[0].layout.content.data, array.layout.content.data)


@pytest.mark.parametrize("offsets", [[0, 3, 2], [0, 2, 9]])
def test_damaged_offsets_are_an_error(offsets):
    array = ak.Array(contents.ListOffsetArray(Index64(np.array(offsets)), contents.NumpyArray(np.zeros(3))))
    with pytest.raises(InputError, match="run backwards or out"):
        taken(array)


def test_other_types_than_announced_are_an_error():
    leaf = found_in(np.zeros(3)).leaves[0]
    with pytest.raises(InputError, match="got float32, expected float64"):
        take(np.zeros(3, np.float32), leaf, Counter())


@pytest.mark.parametrize(
    "branch",
    [
        Branch("x", "float32"),
        Branch("x", "bool", 1, lists=("x",)),
        Branch("x", "string", 2, lists=("x", "x")),
        Branch("x", "int8", 1, (2, 3), lists=("x",)),
    ],
    ids=lambda branch: branch.type,
)
def test_no_entries_have_a_type(branch):
    assert str(ak.type(empty(branch))) == f"0 * {branch.type}"
