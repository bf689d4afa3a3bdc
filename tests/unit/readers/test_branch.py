"""Branches of several inputs must be alike."""

import pytest

from simdprep.errors import InputError
from simdprep.readers import Branch, check_alike

ONE = {"x": Branch("x", "float32"), "v": Branch("v", "int32", 1, lists=("v",))}


def check(**changed):
    check_alike(["x", "v"], ONE, ONE | changed, first="a.root", where="b.root : t")


def test_alike():
    check()
    check(x=Branch("x", "float32", optional=True), v=Branch("v", "int32", 1, counter="nv", lists=("v",)))


@pytest.mark.parametrize(
    "other", [Branch("x", "float64"), Branch("x", "float32", 1, lists=("x",)), Branch("x", "float32", 0, (2,))]
)
def test_other_types_name_both_files(other):
    with pytest.raises(InputError) as caught:
        check(x=other)
    first, where, _ = str(caught.value).splitlines()
    assert first == f"type of a branch: got {other.type}, expected float32, as in a.root"
    assert where == "  in b.root : t/x"


def test_what_is_missing_is_found_when_read():
    check_alike(["x"], ONE, {}, first="a.root", where="b.root : t")


def test_types_are_spelled_like_awkward():
    assert Branch("x", "bool", 2, (3,), optional=True).type == "var * var * 3 * ?bool"
