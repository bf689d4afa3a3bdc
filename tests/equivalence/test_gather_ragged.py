"""The core gathers rows without empty slots, and with the fields first, as its plain numpy form does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep import _core
from simdprep.errors import InternalError
from simdprep.loader import reference
from tests.equivalence.test_gather import POOLS, joined, packed, pools

MANY = 1 << 40

limits = st.sampled_from([1, 2, 3, MANY])


def parts(blocks):
    items, outer_offsets, inner_offsets = zip(*blocks, strict=True)
    return np.concatenate(items), joined(outer_offsets), joined(inner_offsets)


def take_ragged(gather, rows, outer, inner, like, pool=POOLS[0]):
    offsets, inner_offsets = _core.ragged_bounds(gather, rows, outer, inner)
    last = offsets if inner_offsets is None else inner_offsets
    values = np.full((int(last[-1]), like.shape[1]), 77, like.dtype)
    _core.take_ragged(gather, pool, rows, offsets, inner_offsets, values)
    return values, offsets, inner_offsets


@pytest.mark.parametrize("depth", [0, 1, 2])
@given(st.data(), pools, limits, limits)
def test_rows_without_empty_slots(depth, data, pool, outer, inner):
    blocks, rows, _ = data.draw(packed(depth))
    rows = np.array(rows, np.int64)
    ours = take_ragged(_core.Gather(blocks, outer=1, inner=1), rows, outer, inner, blocks[0][0], pool)
    for actual, expected in zip(ours, reference.gather_ragged(*parts(blocks), rows, outer, inner), strict=True):
        if expected is None:
            assert actual is None
        else:
            assert actual.dtype == expected.dtype
            np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("depth", [0, 1, 2])
@given(st.data(), pools)
def test_fields_before_slots(depth, data, pool):
    blocks, rows, _ = data.draw(packed(depth))
    rows = np.array(rows, np.int64)
    outer = data.draw(st.integers(1, 4)) if depth == 2 else 1
    inner = data.draw(st.integers(1, 5)) if depth else 1
    items = blocks[0][0]
    values = np.full((len(rows), items.shape[1], outer, inner), 77, items.dtype)
    valid = np.ones((len(rows), outer, inner), np.bool_)
    _core.take_fields_first(_core.Gather(blocks, outer=1, inner=1), pool, rows, values, valid)
    expected, mask = reference.gather(*parts(blocks), rows, outer, inner)
    np.testing.assert_array_equal(values, np.moveaxis(expected, -1, 1))
    np.testing.assert_array_equal(valid, mask)


@given(st.data())
def test_other_slots_of_the_same_rows(data):
    blocks, rows, _ = data.draw(packed(1))
    rows = np.array(rows, np.int64)
    inner = data.draw(st.integers(1, 5))
    gather = _core.Gather(blocks, outer=1, inner=2).resized(1, inner)
    blocks = [tuple(block) for block in blocks]
    values = np.full((len(rows), 1, inner, blocks[0][0].shape[1]), 77, blocks[0][0].dtype)
    valid = np.ones(values.shape[:-1], np.bool_)
    gather.take(POOLS[0], rows, values, valid)
    expected, mask = reference.gather(*parts(blocks), rows, 1, inner)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(valid, mask)


def test_much_on_many_threads():
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 60, 3000)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    items = rng.normal(size=(offsets[-1], 17)).astype(np.float32)
    rows = rng.integers(-1, 3000, 5000)
    gather = _core.Gather([(items, offsets, None)], outer=1, inner=1)
    expected = reference.gather_ragged(items, offsets, None, rows, 1, 40)
    padded, mask = reference.gather(items, offsets, None, rows, 1, 40)
    for pool in POOLS:
        values, bounds, _ = take_ragged(gather, rows, 1, 40, items, pool)
        np.testing.assert_array_equal(bounds, expected[1])
        np.testing.assert_array_equal(values, expected[0])
        first, valid = np.empty((5000, 17, 1, 40), np.float32), np.empty((5000, 1, 40), np.bool_)
        _core.take_fields_first(gather, pool, rows, first, valid)
        np.testing.assert_array_equal(first, np.moveaxis(padded, -1, 1))
        np.testing.assert_array_equal(valid, mask)


def test_arrays_that_do_not_fit_are_refused():
    items, offsets = np.zeros((4, 2), np.float32), np.array([0, 1, 4])
    gather = _core.Gather([(items, offsets, None)], outer=1, inner=1)
    rows = np.array([1])
    with pytest.raises(InternalError, match="row outside"):
        _core.ragged_bounds(gather, np.array([2]), 1, 1)
    with pytest.raises(InternalError, match="wrong size"):
        _core.take_ragged(gather, POOLS[0], rows, np.array([0, 3]), None, items)
    with pytest.raises(InternalError, match="offsets of other rows"):
        _core.take_ragged(gather, POOLS[0], rows, np.array([0, 1, 3]), None, items)
    with pytest.raises(InternalError, match="inner offsets"):
        _core.take_ragged(gather, POOLS[0], rows, np.array([0, 3]), rows, items)
    with pytest.raises(InternalError, match="other fields"):
        _core.take_fields_first(gather, POOLS[0], rows, np.zeros((1, 3, 1, 2), np.float32), np.zeros((1, 1, 2), bool))
    with pytest.raises(InternalError, match="wrong size"):
        _core.take_fields_first(gather, POOLS[0], rows, np.zeros((1, 2, 1, 2), np.float32), np.zeros((1, 1, 3), bool))
