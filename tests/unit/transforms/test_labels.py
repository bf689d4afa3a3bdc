"""Labels: one class for every row; what is in none or in several is counted and named."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simdprep.errors import ConfigError, SchemaError
from simdprep.transforms import Labels

CLASSES = ("b", "c", "u")


def masks_of(*rows):
    """Masks of rows given as texts of the classes they meet."""
    return {name: np.array([name in row for row in rows], bool) for name in CLASSES}


@given(hnp.arrays(bool, st.tuples(st.just(3), st.integers(0, 40))), st.lists(st.integers(0, 40), max_size=3))
def test_labels_and_counts_are_those_of_a_loop(stacked, cuts):
    size = stacked.shape[1]
    expected, overlapping = [], 0
    for row in range(size):
        met = [index for index in range(3) if stacked[index, row]]
        expected.append(met[0] if met else -1)
        overlapping += len(met) > 1
    labels, parts = [], []
    borders = [0, *sorted(min(cut, size) for cut in cuts), size]
    for begin, stop in pairwise(borders):
        part = Labels(CLASSES)
        masks = dict(zip(CLASSES, stacked[:, begin:stop], strict=True))
        labels += part.assign(masks, rows=np.arange(begin, stop)).tolist()
        parts.append(Labels.from_state(json.loads(json.dumps(part.state()))))
    assert labels == expected
    merged = Labels(CLASSES)
    for part in reversed(parts):
        merged.merge(part)
    whole = Labels(CLASSES)
    assert whole.assign(dict(zip(CLASSES, stacked, strict=True))).dtype == np.int32
    assert merged.state() == whole.state()
    assert whole.counts == {name: expected.count(index) for index, name in enumerate(CLASSES)}
    assert (whole.num_unlabelled, whole.num_overlapping) == (expected.count(-1), overlapping)


def test_rows_in_several_classes_are_an_error_with_counts():
    labels = Labels(CLASSES)
    labels.assign(masks_of("b", "bc", "c", "u", "bc", "cu"))
    labels.assign(masks_of("bc", "bc"))
    with pytest.raises(SchemaError) as caught:
        labels.check(where="prepare.labels")
    assert str(caught.value) == (
        "overlap of class: got 5 of 8 rows in several (4 in b and c; first row 1; row 4; row 5), "
        "expected every row in one\n"
        "  in prepare.labels\n"
        "  try conditions that exclude each other, or overlap: first, which takes b"
    )
    first = Labels(CLASSES, overlap="first")
    assert first.assign(masks_of("bc", "cu", "u")).tolist() == [0, 1, 2]
    first.check()


def test_rows_in_no_class_are_an_error_with_counts():
    labels = Labels(CLASSES)
    labels.assign(masks_of("b", "", "c", "u", ""), rows=np.array([10, 11, 12, 13, 14]))
    with pytest.raises(SchemaError) as caught:
        labels.check(describe=lambda row: f"a.root, entry {row}")
    assert str(caught.value) == (
        "class: got 2 of 5 rows in none (first a.root, entry 11; a.root, entry 14), expected every row in one\n"
        "  try another class for them, or unlabelled: drop"
    )
    drop = Labels(CLASSES, unlabelled="drop")
    assert drop.assign(masks_of("b", "", "c", "u")).tolist() == [0, -1, 1, 2]
    drop.check()


def test_a_class_without_rows_is_an_error():
    labels = Labels(CLASSES, noun="split")
    labels.assign(masks_of("b", "c"))
    with pytest.raises(SchemaError, match="rows of split u: got none, expected one or more"):
        labels.check()


@pytest.mark.parametrize(
    ("masks", "what"),
    [
        ({"b": np.zeros(2, bool)}, "masks: got b"),
        ({name: np.zeros(2, np.int8) for name in CLASSES}, "mask of class b: got int8, expected bool"),
        ({name: np.zeros(2 + len(name) * (name == "u"), bool) for name in CLASSES}, "masks: got"),
        ({"b": np.zeros(2, bool), "cc": np.zeros(2, bool)}, "class: got 'cc', expected a known one\n  try c"),
    ],
)
def test_masks_that_do_not_fit(masks, what):
    with pytest.raises(SchemaError, match=what):
        Labels(CLASSES).assign(masks)


def test_arguments_are_checked():
    for classes in ([], ["a", "a"], "ab"):
        with pytest.raises(ConfigError, match="names of class"):
            Labels(classes)
    with pytest.raises(ConfigError, match="unlabelled: got 'dorp', expected error or drop\n  try drop"):
        Labels(CLASSES, unlabelled="dorp")
    with pytest.raises(ConfigError, match="overlap: got 'last'"):
        Labels(CLASSES, overlap="last")
    with pytest.raises(SchemaError, match="classes to merge"):
        Labels(CLASSES).merge(Labels(["x"]))
    with pytest.raises(SchemaError, match="state of labels"):
        Labels.from_state({"transform": "labels", "classes": ["a"]})
