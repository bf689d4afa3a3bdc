"""The kernels of Standardise give what their plain numpy forms give."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from simdprep.transforms import Standardise
from simdprep.transforms.standardise import Moments, merged, reference_moments, reference_standardise
from simdprep.transforms.standardise_kernel import moments, standardise

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.1, 300.0, -1e4, np.nan, np.inf, -np.inf]


@st.composite
def chunks(draw, dtypes=("float16", "float32", "float64")):
    dtype = draw(st.sampled_from(dtypes))
    shape = (draw(st.integers(0, 30)), draw(st.integers(1, 4)))
    width = 8 * np.dtype(dtype).itemsize
    ordinary = st.floats(-1e4, 1e4, width=width)
    special = st.sampled_from([float(np.array(value, dtype)) for value in SPECIAL])
    values = draw(hnp.arrays(dtype, shape, elements=st.one_of(ordinary, special)))
    return values, draw(hnp.arrays(bool, shape[0]))


def names(values):
    return [f"f{index}" for index in range(values.shape[-1])]


def agree(ours, theirs, values):
    assert ours.count.tolist() == theirs.count.tolist()
    finite = np.where(np.isfinite(values), values, 0).astype(np.float64)
    scale = np.abs(finite).max(initial=0)
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-12, atol=1e-13 * scale)
    np.testing.assert_allclose(ours.squares, theirs.squares, rtol=1e-9, atol=1e-11 * scale**2)


@given(chunks(("float32", "float64")))
def test_moments_are_those_of_numpy(chunk):
    values, valid = chunk
    agree(Moments(*moments(values, valid)), reference_moments(values, valid), values)


@given(chunks(), st.lists(st.integers(0, 30), max_size=4))
@example((np.full((5, 2), np.nan, np.float16), np.ones(5, bool)), [2])
@example((np.zeros((5, 2), np.float32), np.zeros(5, bool)), [2])
def test_chunks_give_what_the_whole_gives(chunk, cuts):
    values, valid = chunk
    whole = reference_moments(values, valid)
    transform = Standardise(names(values))
    for one, two in zip(np.split(values, sorted(cuts)), np.split(valid, sorted(cuts)), strict=True):
        transform.fit(one, two)
    agree(transform._moments, whole, values)
    halves = Standardise(names(values)), Standardise(names(values))
    halves[0].fit(values[::2], valid[::2])
    halves[1].fit(values[1::2], valid[1::2])
    halves[0].merge(halves[1])
    agree(halves[0]._moments, whole, values)


@pytest.mark.parametrize("zero", [False, True])
@given(chunk=chunks(("float32", "float64")), seed=st.integers(0, 100))
def test_standardised_values_are_those_of_numpy_bit_by_bit(zero, chunk, seed):
    values, valid = chunk
    rng = np.random.default_rng(seed)
    mean, std = rng.normal(0, 10, values.shape[1]), rng.uniform(0.1, 10, values.shape[1])
    for dtype in (np.float32, np.float64):
        ours, theirs = np.empty(values.shape, dtype), np.empty(values.shape, dtype)
        standardise(values, valid, mean, std, zero, ours)
        reference_standardise(values, valid, mean, std, zero, theirs)
        np.testing.assert_array_equal(ours.view(np.uint8), theirs.view(np.uint8))


@pytest.mark.parametrize("nonfinite", ["keep", "zero"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint64", "bool", ">f4"])
def test_a_batch_of_any_dtype(dtype, nonfinite):
    rng = np.random.default_rng(11)
    values = (rng.normal(3, 20, (50, 7, 3)) > 0 if dtype == "bool" else rng.normal(30, 20, (50, 7, 3)).clip(0)).astype(
        dtype
    )
    if values.dtype.kind == "f":
        values[rng.random(values.shape) < 0.1] = np.nan
    valid = rng.random((50, 7)) < 0.6
    transform = Standardise(["a", "b", "c"], nonfinite=nonfinite)
    transform.fit(values, valid)
    wide = values.astype(np.float64).reshape(-1, 3)
    theirs = reference_moments(wide, valid.reshape(-1))
    agree(transform._moments, theirs, wide)
    ours = transform.apply(values, valid)
    assert ours.dtype == (np.float64 if dtype == "float64" else np.float32)
    expected = np.empty((350, 3), ours.dtype)
    reference_standardise(wide, valid.reshape(-1), transform.mean, transform.std, nonfinite == "zero", expected)
    np.testing.assert_array_equal(ours.reshape(-1, 3), expected)
    real = ours[valid].astype(np.float64)
    np.testing.assert_allclose(np.nanmean(real, axis=0), 0, atol=0.2 if nonfinite == "zero" else 1e-6)


def test_merging_is_exact_for_large_offsets():
    rng = np.random.default_rng(2)
    values = rng.normal(1e8, 1e-2, (100_000, 1))
    parts = [reference_moments(part, np.ones(len(part), bool)) for part in np.array_split(values, 100)]
    total = parts[0]
    for part in parts[1:]:
        total = merged(total, part)
    kernel = Standardise(["x"])
    for part in np.array_split(values, 7):
        kernel.fit(part)
    expected = values.std()
    assert np.sqrt(total.squares / total.count) == pytest.approx(expected, rel=1e-6)
    assert kernel.std == pytest.approx(expected, rel=1e-6)
