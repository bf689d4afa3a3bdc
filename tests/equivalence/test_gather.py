"""The core's gather equals its plain numpy form, bit for bit."""

from itertools import pairwise

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep import _core
from simdprep.errors import InternalError, SimdprepError
from simdprep.loader.plan import DTYPES as OUT_DTYPES
from simdprep.loader.reference import gather_dense, gather_ragged
from simdprep.schema.field import DTYPES

POOLS = [_core.ThreadPool(1), _core.ThreadPool(3)]


def assert_same_bits(actual, expected):
    """Equal bytes; of a NaN only that it is one, for the processor may set its quiet bit."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(actual), nan)
    unsigned = f"u{expected.dtype.itemsize}"
    np.testing.assert_array_equal(actual[~nan].view(unsigned), expected[~nan].view(unsigned))


def take(gather, rows, outer, inner, fields, dtype, pool=POOLS[0]):
    rows = np.asarray(rows, np.int64)
    values = np.full((len(rows), outer, inner, fields), 77, dtype)
    valid = np.full((len(rows), outer, inner), True)
    gather.take(pool, rows, values, valid)
    return values, valid


def rows_of(num_rows):
    return st.lists(st.integers(-1, num_rows - 1) if num_rows else st.just(-1), max_size=8)


def cut(array, bounds):
    return [array[start:stop] for start, stop in pairwise(bounds)]


def scattered(draw, array):
    """The same values in memory that is not contiguous: steps, or members of packed records."""
    way = draw(st.sampled_from(["plain", "steps", "record"]))
    if way == "steps":
        wide = np.zeros(tuple(2 * size for size in array.shape), array.dtype)
        view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
    elif way == "record":
        view = np.zeros(array.shape, np.dtype([("before", "u1"), ("it", array.dtype), ("after", "u2")]))["it"]
    else:
        return array
    view[...] = array
    return view


def contents(draw, shape):
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    return scattered(draw, draw(npst.arrays(dtype, shape, elements=npst.from_dtype(dtype))))


@st.composite
def dense(draw):
    num_rows, high, wide = draw(st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(1, 4)))
    shape = (num_rows, high, wide)
    fields = [contents(draw, shape) for _ in range(draw(st.integers(1, 3)))]
    valid = draw(st.none() | npst.arrays(np.bool_, shape))
    if valid is not None:
        valid = scattered(draw, valid)
    splits = sorted(draw(st.lists(st.integers(0, num_rows), max_size=2)))
    return fields, valid, [0, *splits, num_rows], draw(rows_of(num_rows))


@given(dense(), st.integers(1, 4), st.integers(1, 5), st.sampled_from(OUT_DTYPES), st.sampled_from(POOLS))
def test_dense(data, outer, inner, dtype, pool):
    fields, valid, bounds, rows = data
    gather = _core.Gather(
        [cut(field, bounds) for field in fields],
        valid=None if valid is None else cut(valid, bounds),
        offsets=None,
        inner_offsets=None,
        outer=outer,
        inner=inner,
        dtype=dtype,
    )
    assert gather.num_rows == bounds[-1]
    values, mask = take(gather, rows, outer, inner, len(fields), dtype, pool)
    expected, expected_mask = gather_dense(fields, valid, rows, outer, inner, dtype)
    np.testing.assert_array_equal(mask, expected_mask)
    assert_same_bits(values, expected)


@st.composite
def offsets(draw, lists):
    counts = draw(npst.arrays(np.int64, lists, elements=st.integers(0, 4)))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@st.composite
def ragged(draw):
    """One or two blocks of lists, nested or not, and what they are joined."""
    nested = draw(st.booleans())
    num_fields = draw(st.integers(1, 3))
    dtypes = [np.dtype(draw(st.sampled_from(DTYPES))) for _ in range(num_fields)]
    blocks = []
    for _ in range(draw(st.integers(1, 2))):
        outer = draw(offsets(draw(st.integers(0, 4))))
        inner = draw(offsets(int(outer[-1]))) if nested else None
        size = int(outer[-1] if inner is None else inner[-1])
        fields = [scattered(draw, draw(npst.arrays(dtype, size, elements=npst.from_dtype(dtype)))) for dtype in dtypes]
        blocks.append((outer, inner, fields))
    return blocks, draw(rows_of(sum(len(outer) - 1 for outer, _, _ in blocks)))


def joined(all_offsets):
    whole = np.zeros(1, np.int64)
    for part in all_offsets:
        whole = np.concatenate([whole, part[1:] + whole[-1]])
    return whole


@given(ragged(), st.integers(1, 4), st.integers(1, 5), st.sampled_from(OUT_DTYPES), st.sampled_from(POOLS))
def test_ragged(data, outer, inner, dtype, pool):
    blocks, rows = data
    nested = blocks[0][1] is not None
    outer = outer if nested else 1
    fields = [[block[2][index] for block in blocks] for index in range(len(blocks[0][2]))]
    gather = _core.Gather(
        fields,
        valid=None,
        offsets=[block[0] for block in blocks],
        inner_offsets=[block[1] for block in blocks] if nested else None,
        outer=outer,
        inner=inner,
        dtype=dtype,
    )
    values, mask = take(gather, rows, outer, inner, len(fields), dtype, pool)
    expected, expected_mask = gather_ragged(
        [np.concatenate(field) for field in fields],
        joined([block[0] for block in blocks]),
        joined([block[1] for block in blocks]) if nested else None,
        rows,
        outer,
        inner,
        dtype,
    )
    np.testing.assert_array_equal(mask, expected_mask)
    assert_same_bits(values, expected)


def test_every_half_is_widened_as_numpy_does():
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    gather = dense_gather([halves[:, None, None]])
    values, _ = take(gather, np.arange(1 << 16), 1, 1, 1, "float32")
    assert_same_bits(values.ravel(), halves.astype(np.float32))


def test_many_rows_on_many_threads():
    rng = np.random.default_rng(1)
    fields = [rng.normal(size=(500, 1, 40)).astype(np.float32) for _ in range(20)]
    valid = np.arange(40) < rng.integers(0, 41, (500, 1, 1))
    rows = rng.integers(-1, 500, 5000)
    gather = dense_gather(fields, valid)
    expected = gather_dense(fields, valid, rows, 1, 40, "float32")
    for pool in POOLS:
        values, mask = take(gather, rows, 1, 40, 20, "float32", pool)
        np.testing.assert_array_equal(values, expected[0])
        np.testing.assert_array_equal(mask, expected[1])


def dense_gather(fields, valid=None):
    outer, inner = fields[0].shape[1:]
    return _core.Gather(
        [[field] for field in fields],
        valid=None if valid is None else [valid],
        offsets=None,
        inner_offsets=None,
        outer=outer,
        inner=inner,
        dtype="float32",
    )


def test_the_blocks_are_kept_alive():
    fields = [[np.full((3, 1, 2), 5.0)]]
    gather = _core.Gather(fields, valid=None, offsets=None, inner_offsets=None, outer=1, inner=2, dtype="float32")
    fields.clear()
    values, _ = take(gather, [2, 0], 1, 2, 1, "float32")
    assert (values == 5).all()


@pytest.mark.parametrize("row", [-2, 3, 1 << 40])
def test_a_row_outside_is_refused(row):
    with pytest.raises(InternalError, match="row outside"):
        take(dense_gather([np.zeros((3, 1, 2))]), [row], 1, 2, 1, "float32")


def ragged_gather(content, offsets, inner_offsets=None):
    return _core.Gather(
        [[content]],
        valid=None,
        offsets=[np.array(offsets, np.int64)],
        inner_offsets=None if inner_offsets is None else [np.array(inner_offsets, np.int64)],
        outer=1,
        inner=2,
        dtype="float32",
    )


@pytest.mark.parametrize(
    ("offsets", "inner"),
    [([0, 5], None), ([0, 3, 2], None), ([-1, 2], None), ([], None), ([0, 2], [0, 1]), ([0, 1], [0, 9])],
)
def test_offsets_that_lie_are_refused(offsets, inner):
    with pytest.raises(SimdprepError, match="offsets"):
        ragged_gather(np.zeros(4), offsets, inner)


def test_arrays_that_do_not_fit_are_refused():
    gather = dense_gather([np.zeros((3, 1, 2))])
    rows = np.zeros(4, np.int64)
    with pytest.raises(InternalError, match="wrong size"):
        gather.take(POOLS[0], rows, np.zeros((3, 1, 2, 1), np.float32), None)
    with pytest.raises(InternalError, match="wrong size"):
        gather.take(POOLS[0], rows, np.zeros((4, 1, 2, 1), np.float32), np.zeros((4, 1), np.bool_))
    with pytest.raises(InternalError, match="different shapes"):
        dense_gather([np.zeros((3, 1, 2)), np.zeros((2, 1, 2))])
