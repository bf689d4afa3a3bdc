import numpy as np
import pytest

from simdprep.errors import SchemaError
from simdprep.padding import Categories, decode


def test_codes_go_by_first_appearance_and_stay():
    categories = Categories(where="object events, field name")
    assert categories.encode(["b", "a", "b", "", "é"]).tolist() == [0, 1, 0, 2, 3]
    codes = categories.encode(["a", "c", "b"])
    assert codes.tolist() == [1, 4, 0]
    assert codes.dtype == np.int32
    assert categories.texts == ("b", "a", "", "é", "c")


def test_known_strings_keep_their_codes():
    categories = Categories(("x", "y"))
    assert categories.encode(["z", "y"]).tolist() == [2, 1]


def test_decode_is_the_way_back():
    categories = Categories()
    texts = ["b", "a", "b"]
    assert decode(categories.encode(texts), categories.texts).tolist() == texts
    assert decode(np.array([[0, -1], [7, 1]]), ("a", "b")).tolist() == [["a", None], [None, "b"]]
    assert decode(np.zeros(0, np.int32), ()).tolist() == []


def test_as_many_as_the_format_allows():
    categories = Categories(where="object events, field name")
    assert categories.encode([str(index) for index in range(65_535)])[-1] == 65_534
    with pytest.raises(SchemaError) as raised:
        categories.encode(["one more"])
    assert str(raised.value).splitlines() == [
        "categories of a string field: got 65536, expected at most 65535",
        "  in object events, field name",
        "  try leaving the field out, or hashing it before writing",
    ]
