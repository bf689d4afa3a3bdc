"""Weights: scales of samples, negative weights, and sums of classes as asked for."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import ConfigError, SchemaError
from simdprep.transforms import ClassSums, NegativeWeights, effective_size, sample_scale, treat_negative
from simdprep.transforms.weights import cross_section, luminosity

CLASSES, SAMPLES = ("signal", "background"), ("qcd", "ggZZ", "Zp042", "Zp045")
WEIGHTS = st.floats(-100, 100)
ROWS = st.lists(st.tuples(WEIGHTS, st.integers(-1, 1), st.integers(0, 3)), max_size=60)


def columns(rows):
    return (np.array([row[index] for row in rows], kind) for index, kind in enumerate((float, int, int)))


@given(ROWS, st.randoms())
def test_sums_are_those_of_a_loop_whatever_the_order(rows, random):
    weights, labels, samples = columns(rows)
    whole = ClassSums(CLASSES, SAMPLES)
    whole.fit(labels, weights, samples)
    parts = [ClassSums(CLASSES, SAMPLES) for _ in range(3)]
    for row in random.sample(rows, len(rows)):
        weight, label, sample = columns([row])
        random.choice(parts).fit(label, weight, sample)
    random.shuffle(parts)
    merged = ClassSums.from_state(json.loads(json.dumps(parts[0].state())))
    for part in parts[1:]:
        merged.merge(part)
    assert merged.state() == whole.state()
    for label in range(2):
        own = weights[labels == label]
        assert whole.class_sum[label] == math.fsum(own)
        squares = math.fsum(own**2)
        assert whole.effective_size[label] == pytest.approx(math.fsum(own) ** 2 / squares if squares else 0, rel=1e-12)
        for sample in range(4):
            cell = weights[(labels == label) & (samples == sample)]
            assert whole.sum[label, sample] == math.fsum(cell)
            assert whole.squares[label, sample] == math.fsum(cell**2)
            assert whole.count[label, sample] == len(cell)
            assert whole.negative[label, sample] == (cell < 0).sum()


@pytest.mark.parametrize("within", ["all", "all_norm"])
@given(rows=st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60))
def test_classes_have_the_sums_asked_for(within, rows):
    rows = [*rows, (1.0, 0, 0), (2.0, 1, 0)]
    weights, labels, samples = columns(rows)
    samples = samples + 2 * labels
    sums = ClassSums(CLASSES, SAMPLES)
    sums.fit(labels, weights, samples)
    factors = sums.factors({"signal": 100_000, "background": 5.0}, within={"signal": within, "background": "all"})
    scaled = weights * factors[labels, samples]
    assert scaled[labels == 0].sum() == pytest.approx(100_000, rel=1e-12)
    assert scaled[labels == 1].sum() == pytest.approx(5, rel=1e-12)
    present = np.unique(samples[labels == 0])
    shares = [scaled[(labels == 0) & (samples == sample)].sum() for sample in present]
    if within == "all_norm":
        np.testing.assert_allclose(shares, 100_000 / len(present), rtol=1e-12)
    else:
        np.testing.assert_allclose(factors[0], factors[0, 0])


def test_all_norm_without_a_sum_keeps_the_class():
    sums = ClassSums(CLASSES, SAMPLES)
    sums.fit(np.array([0, 0, 1]), np.array([1.0, 3.0, 7.0]), np.array([2, 3, 0]))
    assert sums.factors({}, within={"signal": "all_norm"}).tolist() == [[1, 1, 2, 2 / 3], [1, 1, 1, 1]]
    assert sums.factors({}).tolist() == [[1] * 4] * 2


def test_a_class_that_cannot_be_scaled_is_an_error():
    sums = ClassSums(CLASSES, SAMPLES)
    sums.fit(np.array([0, 0, 0]), np.array([1.0, 3.0, -1.0]), np.array([2, 2, 3]))
    with pytest.raises(ConfigError, match="class of a sum of weights: got 'signl', expected one of the classes"):
        sums.factors({"signl": 1})
    with pytest.raises(ConfigError, match="sum of weights of class signal: got 0, expected a positive number"):
        sums.factors({"signal": 0})
    with pytest.raises(SchemaError, match="sum of weights of class background: got no row"):
        sums.factors({"background": 1})
    with pytest.raises(SchemaError, match="sum of weights of sample Zp045 of class signal: got -1"):
        sums.factors({"signal": 1}, within="all_norm")
    with pytest.raises(ConfigError, match=r"within of class signal: got 'norm'.*\n  try all_norm"):
        sums.factors({"signal": 1}, within="norm")


def test_what_is_fitted_is_checked():
    sums = ClassSums(CLASSES)
    sums.fit(np.array([0, 1, -1]))
    assert sums.count.tolist() == [[1], [1]]
    with pytest.raises(SchemaError, match="weight: got nan in row 1"):
        sums.fit(np.array([0, 1]), np.array([1, np.nan]))
    with pytest.raises(SchemaError, match="label: got 0 to 2, expected integers -1 to 1"):
        sums.fit(np.array([0, 2]))
    with pytest.raises(SchemaError, match="sample: got 1 to 1"):
        sums.fit(np.array([0]), None, 1)
    with pytest.raises(SchemaError, match="weights: got shape"):
        sums.fit(np.array([0]), np.ones(2))
    with pytest.raises(SchemaError, match="classes and samples to merge"):
        sums.merge(ClassSums(CLASSES, SAMPLES))
    with pytest.raises(SchemaError, match="state of class sums"):
        ClassSums.from_state(sums.state() | {"sum": ["x"]})


@given(st.lists(st.floats(-1e3, 1e3, width=32), max_size=30), st.sampled_from(["float32", "float64"]))
def test_negative_weights(values, dtype):
    weights = np.array(values, dtype)
    before = weights.copy()
    for policy, expected in (
        ("keep", before),
        ("drop", before[before >= 0]),
        ("zero", before.clip(0)),
        ("absolute", abs(before)),
    ):
        treated, keep = treat_negative(weights, policy)
        assert treated.dtype == dtype
        np.testing.assert_array_equal(treated[keep], expected)
    np.testing.assert_array_equal(weights, before)


def test_negative_weights_are_checked():
    with pytest.raises(ConfigError, match="negative_weights: got 'abs', expected keep, drop, zero, absolute"):
        treat_negative(np.ones(2), "abs")
    with pytest.raises(SchemaError, match="weight: got inf in row 1, expected a finite number"):
        treat_negative(np.array([1, np.inf]), "keep")


def test_effective_size():
    assert effective_size(np.full(10, 3.0)) == 10
    assert effective_size(np.array([3.0, 1.0])) == 1.6
    assert effective_size(np.array([1.0, -1.0])) == 0
    assert effective_size(np.zeros(3)) == effective_size(np.zeros(0)) == 0


def test_scales_of_samples():
    assert sample_scale() == 1
    assert sample_scale(sum_of_weights=4) == 0.25
    assert sample_scale(cross_section=2, luminosity=140, sum_of_weights=1000) == pytest.approx(280)  # 2 pb, 140 000 /pb
    assert sample_scale(cross_section="2 nb", luminosity="140 /fb", efficiency=0.5) == pytest.approx(1.4e8)
    assert cross_section("831.76 pb") == cross_section(831.76) == 831.76
    assert cross_section("8e-1fb") == pytest.approx(8e-4)
    for text in ("36 /pb", "36 1/pb", "36 pb-1", "36 pb^-1", "0.036 /fb", 0.036, "36e3/nb", "0.036"):
        assert luminosity(text) == pytest.approx(36)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"luminosity": 1}, "cross_section: got none, expected one for a luminosity"),
        ({"sum_of_weights": 0}, "sum_of_weights: got 0, expected a positive number\n  in input.files"),
        ({"cross_section": -1}, "cross_section: got -1, expected a number from 0"),
        ({"cross_section": "1 xb"}, "unit of cross_section: got '1 xb', expected b mb"),
        ({"cross_section": "1 /pb"}, "unit of cross_section: got '1 /pb'"),
        ({"cross_section": 1, "luminosity": "1 fb"}, "unit of luminosity: got '1 fb', expected /b"),
        ({"cross_section": "many"}, "cross_section: got 'many', expected a number, with a unit"),
        ({"cross_section": float("nan")}, "cross_section: got nan"),
    ],
)
def test_scales_are_checked(options, what):
    with pytest.raises(ConfigError, match=what):
        sample_scale(**options, where="input.files.qcd")


def test_what_the_policy_of_negative_weights_changes_is_counted():
    weights, labels = np.array([1.0, 2.0, -1.0, 4.0, -8.0]), np.array([0, 0, 0, 1, -1])
    whole = NegativeWeights(CLASSES, "drop")
    treated, keep = whole.apply(weights, labels)
    assert treated[keep].tolist() == [1, 2, 4]
    parts = [NegativeWeights(CLASSES, "drop") for _ in range(2)]
    for part, rows in zip(parts, (slice(0, 3), slice(3, 5)), strict=True):
        part.apply(weights[rows], labels[rows])
    merged = NegativeWeights.from_state(json.loads(json.dumps(parts[1].state())))
    merged.merge(parts[0])
    assert merged.state() == whole.state()
    signal = whole.report()["classes"]["signal"]
    assert signal == {
        "negative": 1,
        "before": {"rows": 3, "sum_of_weights": 2.0, "effective_size": pytest.approx(4 / 6)},
        "after": {"rows": 2, "sum_of_weights": 3.0, "effective_size": pytest.approx(9 / 5)},
    }
    with pytest.raises(SchemaError, match="transform: got None"):
        NegativeWeights.from_state({})
    with pytest.raises(ConfigError, match="negative_weights: got 'abs'"):
        NegativeWeights(CLASSES, "abs")


def test_weights_of_classes_that_make_them_count_alike():
    sums = ClassSums(CLASSES, SAMPLES)
    sums.fit(np.array([0, 0, 1, 1, 1, 1, 1]), np.arange(7.0), np.array([0, 1, 0, 1, 2, 3, 3]))
    assert sums.class_weights.tolist() == [2.5, 1]
    with pytest.raises(SchemaError, match="rows of class signal: got none"):
        ClassSums(CLASSES).class_weights  # noqa: B018 - for its error
