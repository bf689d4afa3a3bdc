import awkward as ak
import numpy as np
import pytest

from simdprep.testing import assert_equal, first_difference

EVENTS = [{"x": 1.0, "Jet": [{"pt": 1.0, "hits": [1, 2]}, {"pt": 2.0, "hits": []}]}, {"x": np.nan, "Jet": []}]


def test_an_array_equals_itself():
    assert_equal(ak.Array(EVENTS), ak.Array(EVENTS))


@pytest.mark.parametrize(
    ("actual", "expected", "said"),
    [
        ([1.0, 2.0], [1.0], "events: 2 entries, expected 1"),
        ([1.0, 2.0, 3.0], [1.0, 2.5, 3.5], "events[1]: 2.0, expected 2.5 (2 of 3 differ)"),
        ([np.nan, 1.0], [np.nan, np.nan], "events[1]: 1.0, expected nan (1 of 2 differ)"),
        ([0.0], [-0.0], "events[0]: 0.0, expected -0.0 (1 of 1 differ)"),
        (np.float32([1]), np.float64([1]), "events: dtype float32, expected float64"),
        ([True], np.int8([1]), "events: dtype bool, expected int8"),
        ([[1], [2, 3]], [[1], [2]], "events[1]: 2 items, expected 1"),
        ([[1], [2, 3]], [[1], [2, 4]], "events[1, 1]: 3, expected 4 (1 of 3 differ)"),
        ([[], [[1], [5, 6]]], [[], [[1], [5, 7]]], "events[1, 1, 1]: 6, expected 7 (1 of 3 differ)"),
        ([1, None, 3], [1, 2, 3], "events[1]: missing, expected a value"),
        ([1, 2], [1, None], "events[1]: a value, expected a missing one"),
        ([1, None, 3], [1, None, 4], "events[2]: 3, expected 4 (1 of 2 differ)"),
        (["a", "b"], ["a", "c"], "events[1]: 'b', expected 'c'"),
        (["1"], [1], "events: 1 * string, expected 1 * int64"),
        ([{"a": 1}], [{"b": 1}], "events: fields lacking ['b'], fields too many ['a']"),
        ([{"a": {"b": [1]}}], [{"a": {"b": [2]}}], "events.a.b[0, 0]: 1, expected 2 (1 of 1 differ)"),
    ],
)
def test_the_first_difference_is_told_in_words(actual, expected, said):
    with pytest.raises(AssertionError) as caught:
        assert_equal(actual, expected)
    assert str(caught.value) == said


def test_memory_layout_does_not_matter():
    masked = ak.Array(np.ma.masked_array([1.0, 2.0], [False, True]))
    assert_equal(masked, ak.Array([1.0, None]))
    assert_equal(np.zeros((2, 3)), ak.Array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))
    assert_equal(ak.Array(EVENTS)[::-1], ak.Array(EVENTS[::-1]))
    assert_equal(ak.Array(EVENTS)[["Jet", "x"]], ak.Array(EVENTS))
    assert_equal(ak.Array(EVENTS)[0], ak.Array(EVENTS[:1]))


def test_nan_equals_nan_of_another_payload():
    payload = np.array([0x7FC00001], np.uint32).view(np.float32)
    assert first_difference(payload, np.float32([np.nan])) is None


def test_dtypes_are_compared_unless_told_otherwise():
    assert first_difference(np.int8([1]), np.int64([1])) is not None
    assert first_difference(np.int8([1]), np.int64([1]), check_dtype=False) is None
    assert first_difference([[]], ak.Array([[1.0]])[:, :0]) is not None
    assert first_difference([[]], ak.Array([[1.0]])[:, :0], check_dtype=False) is None


def test_a_union_is_refused():
    with pytest.raises(TypeError, match="union"):
        first_difference(ak.Array([1, "a"]), ak.Array([1, "a"]))
