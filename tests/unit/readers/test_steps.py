"""Steps cover a range once, in order, within their size."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simdprep.readers.steps import NO_BORDERS, step_ranges


def test_without_borders_steps_are_full():
    assert step_ranges(0, 10, 4, NO_BORDERS) == [(0, 4), (4, 8), (8, 10)]


def test_a_border_ends_a_step_that_is_half_full():
    assert step_ranges(0, 300, 100, np.array([0, 70, 140, 210, 280])) == [
        (0, 70),
        (70, 140),
        (140, 210),
        (210, 300),
    ]


def test_a_border_soon_after_is_reached():
    assert step_ranges(0, 600, 100, np.array([0, 180, 360, 540])) == [(0, 180), (180, 360), (360, 540), (540, 600)]


def test_borders_too_near_or_far_are_ignored():
    assert step_ranges(0, 200, 100, np.array([0, 30])) == [(0, 100), (100, 200)]
    assert step_ranges(0, 300, 100, np.array([0, 201, 400])) == [(0, 100), (100, 201), (201, 300)]


def test_an_empty_range_has_no_step():
    assert step_ranges(5, 5, 10, NO_BORDERS) == []


@given(
    st.integers(0, 50),
    st.integers(0, 500),
    st.integers(1, 80),
    st.lists(st.integers(0, 600), unique=True).map(sorted),
)
def test_steps_are_a_partition(start, length, size, borders):
    steps = step_ranges(start, start + length, size, np.array(borders, np.int64))
    entries = [entry for first, last in steps for entry in range(first, last)]
    assert entries == list(range(start, start + length))
    assert all(0 < last - first <= 2 * size for first, last in steps)
    assert all(2 * (last - first) >= size for first, last in steps[:-1])
