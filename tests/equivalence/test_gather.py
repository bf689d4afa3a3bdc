"""The core packs and gathers as its plain numpy form does, bit for bit."""

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep import _core
from simdprep.errors import DatasetError, InternalError, SimdprepError
from simdprep.loader import reference
from simdprep.loader.dtype import DTYPES as ALL_DTYPES
from simdprep.schema.field import DTYPES

#: What the core packs; of bfloat16 it knows the bits alone.
OUT_DTYPES = [name for name in ALL_DTYPES if name != "bfloat16"]

POOLS = [_core.ThreadPool(1), _core.ThreadPool(3)]

pools = st.sampled_from(POOLS)
out_dtypes = st.sampled_from(OUT_DTYPES)


def assert_same_bits(actual, expected):
    """Equal bytes; of a NaN only that it is one, for the processor may set its quiet bit."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    nan = np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(actual), nan)
    unsigned = f"u{expected.dtype.itemsize}"
    np.testing.assert_array_equal(actual[~nan].view(unsigned), expected[~nan].view(unsigned))


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


@st.composite
def columns(draw, shape):
    """One to three fields of one shape, of any dtypes and strides."""
    dtypes = [np.dtype(name) for name in draw(st.lists(st.sampled_from(DTYPES), min_size=1, max_size=3))]
    return [
        scattered(draw, draw(npst.arrays(dtype, shape, elements=npst.from_dtype(dtype, allow_subnormal=True))))
        for dtype in dtypes
    ]


@st.composite
def slots(draw):
    lists, wide = draw(st.tuples(st.integers(0, 6), st.integers(1, 5)))
    counts = draw(npst.arrays(np.int64, lists, elements=st.integers(0, wide)))
    return draw(columns((lists, wide))), scattered(draw, np.arange(wide) < counts[:, None])


@given(st.integers(0, 9).flatmap(columns), out_dtypes, pools)
def test_items_are_packed(fields, dtype, pool):
    assert_same_bits(_core.pack_items(pool, fields, dtype), reference.pack_items(fields, dtype))


@given(slots(), out_dtypes, pools)
def test_slots_are_packed(data, dtype, pool):
    fields, valid = data
    items, offsets = _core.pack_slots(pool, fields, valid, dtype)
    expected, expected_offsets = reference.pack_slots(fields, valid, dtype)
    assert offsets.dtype == np.int64
    np.testing.assert_array_equal(offsets, expected_offsets)
    assert_same_bits(items, expected)


@st.composite
def offsets(draw, lists):
    counts = draw(npst.arrays(np.int64, lists, elements=st.integers(0, 4)))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@st.composite
def packed(draw, depth):
    """One to three blocks of rows of items, lists or lists of lists, and rows to take."""
    num_fields = draw(st.integers(1, 3))
    dtype = draw(out_dtypes)
    blocks = []
    for _ in range(draw(st.integers(1, 3))):
        rows = draw(st.integers(0, 4))
        outer = draw(offsets(rows)) if depth else None
        inner = draw(offsets(int(outer[-1]))) if depth == 2 else None
        size = [rows, *(int(entry[-1]) for entry in (outer, inner) if entry is not None)][-1]
        blocks.append((draw(npst.arrays(dtype, (size, num_fields), elements=st.integers(-9, 9))), outer, inner))
    num_rows = sum(len(items) if outer is None else len(outer) - 1 for items, outer, _ in blocks)
    return blocks, draw(st.lists(st.integers(-1, num_rows - 1), max_size=8)), num_rows


def joined(all_offsets):
    if all_offsets[0] is None:
        return None
    whole = np.zeros(1, np.int64)
    for part in all_offsets:
        whole = np.concatenate([whole, part[1:] + whole[-1]])
    return whole


def take(gather, rows, shape, dtype, pool=POOLS[0]):
    rows = np.asarray(rows, np.int64)
    values = np.full((len(rows), *shape), 77, dtype)
    valid = np.full((len(rows), *shape[:-1]), True)
    gather.take(pool, rows, values, valid)
    return values, valid


@pytest.mark.parametrize("depth", [0, 1, 2])
@given(st.data(), pools)
def test_rows_are_gathered(depth, data, pool):
    blocks, rows, num_rows = data.draw(packed(depth))
    outer = data.draw(st.integers(1, 4)) if depth == 2 else 1
    inner = data.draw(st.integers(1, 5)) if depth else 1
    gather = _core.Gather(blocks, outer=outer, inner=inner)
    assert gather.num_rows == num_rows
    items, outer_offsets, inner_offsets = zip(*blocks, strict=True)
    shape = (outer, inner, items[0].shape[1])
    values, valid = take(gather, rows, shape, items[0].dtype, pool)
    expected = reference.gather(
        np.concatenate(items), joined(outer_offsets), joined(inner_offsets), np.array(rows, np.int64), outer, inner
    )
    np.testing.assert_array_equal(values, expected[0])
    np.testing.assert_array_equal(valid, expected[1])


def test_every_half_is_widened_as_numpy_does():
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    for dtype in OUT_DTYPES:
        assert_same_bits(_core.pack_items(POOLS[1], [halves], dtype).ravel(), halves.astype(dtype))


def test_much_on_many_threads():
    rng = np.random.default_rng(1)
    fields = [rng.normal(size=(3000, 40)).astype(np.float32) for _ in range(20)]
    valid = np.arange(40) < rng.integers(0, 41, (3000, 1))
    rows = rng.integers(-1, 3000, 5000)
    items, bounds = reference.pack_slots(fields, valid, "float32")
    expected = reference.gather(items, bounds, None, rows, 1, 40)
    for pool in POOLS:
        ours = _core.pack_slots(pool, fields, valid, "float32")
        np.testing.assert_array_equal(ours[0], items)
        np.testing.assert_array_equal(_core.pack_items(pool, [field[valid] for field in fields], "float32"), items)
        values, mask = take(_core.Gather([(*ours, None)], outer=1, inner=40), rows, (1, 40, 20), "float32", pool)
        np.testing.assert_array_equal(values, expected[0])
        np.testing.assert_array_equal(mask, expected[1])


def test_the_blocks_are_kept_alive():
    blocks = [(np.full((6, 1), 5.0), np.arange(0, 7, 2), None)]
    gather = _core.Gather(blocks, outer=1, inner=2)
    blocks.clear()
    values, _ = take(gather, [2, 0], (1, 2, 1), "float64")
    assert (values == 5).all()


def test_a_hole_among_the_valid_slots_is_refused():
    valid = np.array([[True, True, False], [True, False, True]])
    with pytest.raises(DatasetError, match="valid: got an entry in slot 2 behind an empty slot"):
        _core.pack_slots(POOLS[0], [np.zeros((2, 3))], valid, "float32")


ITEMS = np.zeros((4, 2), np.float32)


@pytest.mark.parametrize("row", [-2, 4, 1 << 40])
def test_a_row_outside_is_refused(row):
    with pytest.raises(InternalError, match="row outside"):
        take(_core.Gather([(ITEMS, None, None)], outer=1, inner=1), [row], (1, 1, 2), "float32")


@pytest.mark.parametrize(
    ("outer", "inner"),
    [([0, 5], None), ([0, 3, 2], None), ([-1, 2], None), ([], None), ([0, 2], [0, 1]), ([0, 1], [0, 9])],
)
def test_offsets_that_lie_are_refused(outer, inner):
    arrays = [None if entry is None else np.array(entry, np.int64) for entry in (outer, inner)]
    with pytest.raises(SimdprepError, match="offsets"):
        _core.Gather([(ITEMS, *arrays)], outer=1, inner=2)


def test_arrays_that_do_not_fit_are_refused():
    gather = _core.Gather([(ITEMS, None, None)], outer=1, inner=1)
    rows = np.zeros(3, np.int64)
    with pytest.raises(InternalError, match="wrong size"):
        gather.take(POOLS[0], rows, np.zeros((2, 2), np.float32), np.zeros(3, np.bool_))
    with pytest.raises(InternalError, match="wrong size"):
        gather.take(POOLS[0], rows, np.zeros((3, 2), np.float32), np.zeros(2, np.bool_))
    with pytest.raises(InternalError, match="several slots"):
        _core.Gather([(ITEMS, None, None)], outer=1, inner=2)
    with pytest.raises(InternalError, match="not contiguous"):
        _core.Gather([(ITEMS[::2], None, None)], outer=1, inner=1)
    with pytest.raises(InternalError, match="different items"):
        _core.Gather([(ITEMS, None, None), (ITEMS[:, :1].copy(), None, None)], outer=1, inner=1)
    with pytest.raises(InternalError, match="different shapes"):
        _core.pack_items(POOLS[0], [np.zeros(3), np.zeros(2)], "float32")
    with pytest.raises(InternalError, match="another shape"):
        _core.pack_slots(POOLS[0], [np.zeros((3, 2))], np.ones((3, 1), np.bool_), "float32")
