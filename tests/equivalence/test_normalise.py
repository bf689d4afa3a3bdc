"""What Normalise learns and does is what plain numpy learns and does, however the data is cut."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import SchemaError
from simdprep.transforms import FieldRule, Normalise, Standardise
from simdprep.transforms.normalise_reference import reference_constants, reference_normalise, reference_values
from tests.equivalence.normalised import chunks, names, rules


def exact_constants(values):
    """Mean and standard deviation of finite numbers in rational arithmetic."""
    numbers = [Fraction(float(value)) for value in values]
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    return float(mean), math.sqrt(float(variance))


@given(chunks())
def test_mean_and_deviation_are_exact(chunk):
    values, valid = chunk
    transform = Normalise(names(values), nonfinite="keep")
    transform.fit(values, valid)
    for index, name in enumerate(names(values)):
        column = values[valid, index]
        finite = column[np.isfinite(column)]
        assert transform.count[index] == len(finite)
        one = Normalise([name], nonfinite="keep")
        one.fit(values[:, [index]], valid)
        if len(set(finite.tolist())) < 2:
            with pytest.raises(SchemaError, match=f"in field {name}"):
                _ = one.centre
        else:
            assert (float(one.centre[0]), float(one.scale[0])) == exact_constants(finite)


@given(chunks(), rules(nonfinite=("zero", "keep")), st.lists(st.integers(0, 30), max_size=4), st.randoms())
def test_no_order_and_no_cut_changes_a_bit(chunk, rule, cuts, random):
    values, valid = chunk
    whole = Normalise(dict.fromkeys(names(values), rule))
    whole.fit(values, valid)
    pieces = list(zip(np.split(values, sorted(cuts)), np.split(valid, sorted(cuts)), strict=True))
    random.shuffle(pieces)
    parts = []
    for one, two in pieces:
        part = Normalise(dict.fromkeys(names(values), rule))
        part.fit(one, two)
        parts.append(Normalise.from_state(part.state()))
    for part in parts[1:]:
        parts[0].merge(part)
    assert parts[0].state() == whole.state()


@given(chunks(("float32", "float64")), rules(nonfinite=("zero", "keep")))
def test_constants_are_those_of_numpy(chunk, rule):
    values, valid = chunk
    for index, name in enumerate(names(values)):
        column = reference_values(values[valid, index], rule)
        if not np.isfinite(column).any():
            continue
        size = np.abs(column[np.isfinite(column)]).max()
        expected = reference_constants(values[valid, index], rule)
        transform = Normalise({name: rule})
        transform.fit(values[:, [index]], valid)
        try:
            found = [transform.centre[0], transform.scale[0]]
        except SchemaError:
            assert not expected[1] > 1e-9 * size
            continue
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * size)


def test_weighted_moments_are_those_of_repeated_entries():
    rng = np.random.default_rng(3)
    values, copies = rng.normal(5, 2, (1000, 2)).astype(np.float32), rng.integers(0, 4, 1000)
    weighted, repeated = Normalise(["a", "b"], weighted=True), Normalise(["a", "b"])
    weighted.fit(values[:300], weights=copies[:300])
    weighted.fit(values[300:], weights=copies[300:])
    repeated.fit(np.repeat(values, copies, axis=0))
    assert (weighted.centre == repeated.centre).all()
    assert (weighted.scale == repeated.scale).all()
    weights = rng.normal(1, 0.5, 1000)
    weighted = Normalise({"a": None, "b": {"log": 20}}, weighted=True)
    weighted.fit(values, weights=weights)
    for index, rule in enumerate(weighted.rules.values()):
        expected = reference_constants(values[:, index], rule, weights)
        np.testing.assert_allclose([weighted.centre[index], weighted.scale[index]], expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(chunk=chunks(("float32", "float64")), rule=rules(nonfinite=("zero", "keep")), seed=st.integers(0, 100))
def test_normalised_values_are_those_of_numpy(dtype, chunk, rule, seed):
    values, valid = chunk
    rng = np.random.default_rng(seed)
    constants = {name: (rng.normal(0, 3), rng.uniform(0.1, 10)) for name in names(values)}
    transform = Normalise.from_constants(dict.fromkeys(constants, rule), constants)
    out = np.empty(values.shape, dtype)
    transform.apply(values, valid, out=out)
    np.testing.assert_array_equal(out[~valid], values[~valid].astype(dtype))
    for index, (centre, scale) in enumerate(constants.values()):
        expected = reference_normalise(values[valid, index], rule, centre, scale)
        tolerance = 1e-9 if rule.log is not None else 0
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(
                out[valid, index], expected.astype(dtype), rtol=2e-7 if tolerance else 0, atol=tolerance
            )


@given(chunk=chunks(("float32",)), rule=rules(nonfinite=("error",)))
def test_what_is_not_finite_is_an_error_that_names_the_field(chunk, rule):
    values, valid = chunk
    transform = Normalise.from_constants(
        dict.fromkeys(names(values), rule), dict.fromkeys(names(values), (1.0, 2.0)), object="Jet"
    )
    odd = [
        int(np.isnan(reference_normalise(values[valid, index], rule, 1.0, 2.0)).sum())
        for index in range(values.shape[1])
    ]
    if any(odd):
        first = next(index for index, count in enumerate(odd) if count)
        with pytest.raises(SchemaError, match=rf"got {odd[first]} entries that are NaN .*\n  in field Jet\.f{first}\n"):
            transform.apply(values, valid)
    else:
        transform.apply(values, valid)


@given(chunk=chunks(("float32", "float64")), rule=rules(nonfinite=("keep",)))
def test_the_way_back(chunk, rule):
    values, valid = chunk
    rule = FieldRule(log=rule.log)
    transform = Normalise.from_constants(
        {name: {"log": rule.log, "nonfinite": "keep"} for name in names(values)},
        dict.fromkeys(names(values), (2.0, 3.0)),
    )
    back = transform.inverse(transform.apply(values.astype(np.float64), valid), valid)
    inside = np.ones(values.shape, bool) if rule.log is None else values + rule.log > 0
    inside |= ~valid[:, np.newaxis]
    np.testing.assert_allclose(back[inside], values[inside], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint64", "bool", ">f4"])
def test_a_batch_of_any_dtype(dtype):
    rng = np.random.default_rng(11)
    values = rng.normal(30, 20, (50, 7, 3)).clip(0)
    values = (values > 30 if dtype == "bool" else values).astype(dtype)
    valid = rng.random((50, 7)) < 0.6
    transform = Standardise(["a", "b", "c"])
    transform.fit(values, valid)
    ours = transform.apply(values, valid)
    assert ours.dtype == (np.float64 if dtype == "float64" else np.float32)
    wide = values.astype(np.float64)
    expected = np.where(valid[..., np.newaxis], (wide - transform.mean) / transform.std, wide).astype(ours.dtype)
    np.testing.assert_array_equal(ours, expected)
    np.testing.assert_allclose(ours[valid].astype(np.float64).mean(axis=0), 0, atol=1e-6)


def test_a_large_offset_costs_no_digit():
    values = np.random.default_rng(2).normal(1e8, 1e-2, (100_000, 1))
    transform = Standardise(["x"])
    for part in np.array_split(values, 7):
        transform.fit(part)
    shifted = values - 1e8
    assert transform.std == pytest.approx(shifted.std(), rel=1e-12)


def test_many_numbers_have_quantiles_within_the_stated_error():
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.normal(0, 1, 150_000), rng.exponential(50, 150_000)])[:, np.newaxis]
    transform = Normalise({"x": "robust"})
    for part in np.array_split(values, 5):
        transform.fit(part)
    low, centre, high = np.quantile(values, [0.16, 0.5, 0.84])
    assert transform.centre == pytest.approx(centre, rel=1.3e-4)
    assert transform.scale == pytest.approx(max(high - centre, centre - low), rel=3e-4)


def test_what_remains_behind_the_core_is_made_by_its_transform_only():
    transform = Normalise.from_constants({"pt": FieldRule(nonfinite="error")}, {"pt": (30.0, 12.0)})
    (check,) = transform.behind_core()
    with pytest.raises(SchemaError, match="that of the transform it belongs to"):
        type(check).from_state(check.state())
    assert Normalise.from_constants({"pt": FieldRule(nonfinite="zero")}, {"pt": (30.0, 12.0)}).behind_core() == []
