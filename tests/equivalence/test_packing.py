"""Padding and transforming in one pass equals doing it step by step with numpy."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep import _core
from simdprep.errors import SchemaError, SimdprepError
from simdprep.loader import packing, reference
from simdprep.loader.dtype import bits_of_bfloat16
from simdprep.transforms import Standardise

POOLS = [_core.ThreadPool(1), _core.ThreadPool(3)]

floats = st.floats(width=32, allow_nan=True, allow_infinity=True)
bounds = st.floats(-1e3, 1e3)


@st.composite
def options(draw):
    """What is done to a field."""
    low, high = sorted([draw(bounds), draw(bounds)])
    nan = draw(st.none() | bounds)
    return {
        "log_offset": draw(st.none() | st.floats(0, 10)),
        "mean": draw(bounds),
        "std": draw(st.floats(1e-3, 1e3)),
        "low": draw(st.sampled_from([-np.inf, low])),
        "high": draw(st.sampled_from([np.inf, high])),
        "nan": nan,
        "infinite": nan is not None and draw(st.booleans()),
    }


def with_numpy(values, *, log_offset, mean, std, low, high, nan, infinite):
    """The steps one after the other, in double."""
    with np.errstate(all="ignore"):
        wide = values.astype(np.float64)
        if log_offset is not None:
            wide = np.log(wide + log_offset)
        wide = (wide - mean) / std
        replaced = ~np.isfinite(wide) if infinite else np.isnan(wide)
        clipped = np.clip(wide, low, high)
        return clipped if nan is None else np.where(replaced, nan, clipped)


@given(data=st.data(), pool=st.sampled_from(POOLS), fields=st.integers(1, 18), pad=st.integers(1, 6))
def test_padded_and_transformed(data, pool, fields, pad):
    counts = np.array(data.draw(st.lists(st.integers(0, 8), max_size=12)), np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    total = int(offsets[-1])
    pool_of_values = data.draw(st.lists(floats, min_size=1, max_size=40))
    columns = [np.resize(np.roll(np.array(pool_of_values, np.float32), index), total) for index in range(fields)]
    given_options = [data.draw(st.none() | options()) for _ in range(fields)]
    transforms = [None if entry is None else _core.ItemTransform(**entry) for entry in given_options]
    items, valid, lengths = _core.pad_items(pool, columns, offsets, pad, transforms)
    wanted = [
        column.astype(np.float64) if entry is None else with_numpy(column, **entry)
        for column, entry in zip(columns, given_options, strict=True)
    ]
    rows = np.arange(len(counts))
    padded, mask = reference.gather(np.stack(wanted, axis=-1), offsets, None, rows, 1, pad)
    np.testing.assert_array_equal(lengths, counts)
    np.testing.assert_array_equal(valid, mask[:, 0])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(items, padded[:, 0].astype(np.float32), rtol=1.2e-7, atol=1e-12)
    packed = _core.pack_items(pool, columns, "float32", transforms)
    assert packed.shape == (total, fields)
    np.testing.assert_array_equal(items[valid], packed[reference_items(offsets, pad)])


def reference_items(offsets, pad):
    """Numbers of the items that find a slot."""
    kept = [np.arange(first, min(last, first + pad)) for first, last in pairwise(offsets)]
    return np.concatenate([*kept, np.zeros(0)]).astype(np.int64)


@pytest.mark.parametrize("nonfinite", ["keep", "zero"])
@given(values=st.lists(floats, min_size=2, max_size=50))
def test_standardise_is_the_same_bit_by_bit(nonfinite, values):
    column = np.array([*values, 0.0, 1.0], np.float32)
    transform = Standardise(["x"], nonfinite=nonfinite)
    transform.fit(column[:, None])
    try:
        wanted = transform.apply(column[:, None])
    except SimdprepError:
        return
    packed = _core.pack_items(POOLS[0], [column], "float32", transform.item_transforms())
    np.testing.assert_array_equal(packed, wanted)


def test_bounds_that_cross_are_refused():
    with pytest.raises(SimdprepError, match="a lower bound above the upper one"):
        _core.ItemTransform(low=1, high=0)
    with pytest.raises(SimdprepError, match="nothing to put"):
        _core.ItemTransform(infinite=True)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("nonfinite", ["keep", "zero"])
def test_the_loader_packs_as_transforms_apply(dtype, nonfinite):
    values = np.array([[1.5, np.nan], [2.5, 7.0], [-np.inf, 1e-3], [8.25, 2.0]], np.float32)
    transform = Standardise(["x", "y"], nonfinite=nonfinite)
    transform.fit(values)
    columns = [np.ascontiguousarray(values[:, index]) for index in range(2)]
    for transforms in ([transform], [transform, transform]):
        packed = packing.pack_items(columns, dtype, transforms)
        wanted = values.astype("float64" if dtype == "float64" else "float32")
        for entry in transforms:
            wanted = entry.apply(wanted)
        if dtype == "bfloat16":
            np.testing.assert_array_equal(packed, bits_of_bfloat16(wanted))
        else:
            np.testing.assert_array_equal(packed, wanted.astype(dtype))
        valid = np.array([[True, True], [True, True]])
        slots, offsets = packing.pack_slots([column.reshape(2, 2) for column in columns], valid, dtype, transforms)
        np.testing.assert_array_equal(slots, packed)
        np.testing.assert_array_equal(offsets, [0, 2, 4])


def test_another_number_of_fields_is_refused():
    transform = Standardise(["x", "y"])
    transform.fit(np.array([[1.0, 2.0], [2.0, 4.0]], np.float32))
    with pytest.raises(SchemaError, match="values: got shape"):
        packing.pack_items([np.zeros(3, np.float32)], "float32", [transform])
