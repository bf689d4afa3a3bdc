"""Parametric: values drawn from the signal's distribution, exact for mass points, the same whatever the order."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import simdprep as sp
from simdprep.errors import SchemaError
from simdprep.transforms import Normalise, Parametric, State, identity_of
from simdprep.transforms.parametric import MOST_VALUES

MASSES = [42.0, 45.0, 48.0, 51.0, 54.0]
ROWS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([*MASSES, -0.0, 0.0, -1e300, 5e-324]), st.floats(-1e6, 1e6)), st.floats(0.1, 10)
    ),
    min_size=1,
    max_size=60,
)


def rows_of(count):
    return identity_of([np.arange(count)])


def fitted(values, weights=None):
    result = Parametric("m_truth", seed=3)
    result.fit(np.asarray(values), weights)
    return result


@pytest.mark.parametrize("most", [MOST_VALUES, 5])
@settings(max_examples=50)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=4), random=st.randoms())
def test_order_and_batches_do_not_matter(most, rows, cuts, random):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simdprep.transforms.parametric.MOST_VALUES", most)
        values, weights = (np.array(column) for column in zip(*rows, strict=True))
        whole = fitted(values, weights)
        shuffled = list(rows)
        random.shuffle(shuffled)
        parts = []
        for begin, stop in pairwise([0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]):
            part = Parametric("m_truth", seed=3)
            for value, weight in shuffled[begin:stop]:
                part.fit(np.array([value]), np.array([weight]))
            parts.append(Parametric.from_state(json.loads(json.dumps(part.state()))))
        random.shuffle(parts)
        merged = parts[0]
        for part in parts[1:]:
            merged.merge(part)
        assert merged.state() == whole.state()
        assert whole.is_discrete == (len(set(values.tolist())) <= most)
        if whole.is_discrete:
            assert whole.values.tolist() == sorted(set((values + 0.0).tolist()))
            sums = [math.fsum(weights[values == value]) for value in whole.values]
            np.testing.assert_allclose(whole.probabilities, np.array(sums) / math.fsum(sums), rtol=1e-14)
        np.testing.assert_array_equal(merged.draw(rows_of(50)), whole.draw(rows_of(50)))
        low, high = values.min(), values.max()
        drawn = whole.draw(rows_of(50))
        assert ((drawn >= low - abs(low) / 512) & (drawn <= high + abs(high) / 512)).all()


def test_mass_points_are_drawn_with_the_weights_of_the_signal():
    rng = np.random.default_rng(1)
    values = rng.choice(MASSES, 5_000, p=[0.1, 0.1, 0.2, 0.25, 0.35]).astype(np.float32)
    weights = rng.uniform(0.5, 2, 5_000)
    parametric = fitted(values, weights)
    drawn = parametric.draw(rows_of(200_000))
    assert set(drawn.tolist()) == set(MASSES)
    for mass in MASSES:
        expected = 200_000 * weights[values == mass].sum() / weights.sum()
        assert abs((drawn == mass).sum() - expected) < 5 * np.sqrt(expected)


def test_a_continuous_distribution_is_drawn_within_the_stated_error():
    rng = np.random.default_rng(2)
    values, weights = rng.lognormal(4, 1, 100_000), rng.uniform(0, 2, 100_000)
    values[::10] *= -1
    parametric = fitted(values, weights)
    assert not parametric.is_discrete
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    probabilities = np.cumsum(parametric.probabilities)
    drawn = np.sort(parametric.draw(rows_of(400_000)))
    for quantile in (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        exact = values[order][np.searchsorted(share, quantile)]
        ours = parametric.values[np.searchsorted(probabilities, quantile)]
        assert abs(ours - exact) <= abs(exact) / 1024
        statistics = 5 * np.sqrt(quantile * (1 - quantile) / 400_000)
        low, high = (values[order][np.searchsorted(share, quantile + side * statistics)] for side in (-1, 1))
        assert low - abs(low) / 512 <= drawn[int(quantile * 400_000)] <= high + abs(high) / 512


def test_a_value_is_a_function_of_seed_and_row():
    parametric = fitted(MASSES)
    rows = rows_of(1_000)
    drawn = parametric.draw(rows)
    order = np.random.default_rng(0).permutation(1_000)
    np.testing.assert_array_equal(parametric.draw(rows[order]), drawn[order])
    other = Parametric("m_truth", seed=4)
    other.merge(parametric)
    assert 0.1 < (other.draw(rows) == drawn).mean() < 0.3


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint16"])
def test_only_rows_to_replace_change(dtype):
    values = np.array([42, 45, 0, 0, 54], dtype)
    background = np.array([False, False, True, True, False])
    parametric = fitted(values[~background])
    result = parametric.apply(values, background, rows_of(5))
    assert result.dtype == dtype
    np.testing.assert_array_equal(result[~background], values[~background])
    np.testing.assert_array_equal(result[background], parametric.draw(rows_of(5)[background]))
    assert values.tolist() == [42, 45, 0, 0, 54]


def test_parameters_of_salt():
    parametric = fitted(np.array([0.1, 0.3, 0.2, 0.2], np.float32), np.array([1.0, 1.0, 1.0, 1.0]))
    entry = parametric.salt_parameters()["m_truth"]
    assert entry["prob"] == [0.25, 0.5, 0.25]
    assert entry["test"] == float(np.float32(0.2))
    assert parametric.salt_parameters(test=5)["m_truth"]["test"] == 5
    # what salt does: rows whose value is not in the list get another one
    drawn = parametric.apply(np.zeros(100, np.float32), np.ones(100, bool), rows_of(100))
    assert np.isin(drawn, entry["train"]).all()
    with pytest.raises(SchemaError, match="field m_truth: got more than 1,000 values, expected mass points"):
        fitted(np.arange(2_000)).salt_parameters()


def test_what_is_fitted_is_checked():
    with pytest.raises(SchemaError, match="distribution of m_truth: got no row, expected one or more"):
        Parametric("m_truth").draw(rows_of(1))
    with pytest.raises(SchemaError, match="field m_truth: got nan in row 1, expected a finite number"):
        fitted([1.0, np.nan])
    with pytest.raises(SchemaError, match="weight: got inf in row 0"):
        fitted([1.0], np.array([np.inf]))
    with pytest.raises(SchemaError, match=r"weights: got shape \(2,\)"):
        fitted([1.0], np.ones(2))
    with pytest.raises(
        SchemaError, match="sum of weights of m_truth = 2: got -1, expected a positive number to draw by"
    ):
        fitted([1.0, 2.0], np.array([2.0, -1.0])).draw(rows_of(1))
    with pytest.raises(SchemaError, match=r"field m_truth: got float64 \(1, 1\)"):
        fitted([[1.0]])
    with pytest.raises(SchemaError, match="rows to replace"):
        fitted([1.0]).apply(np.ones(2), np.ones(3, bool), rows_of(2))
    state = fitted([1.0, 2.0]).state()
    for change in ({"values": [2.0, 1.0]}, {"weights": ["1p0"]}, {"transform": "split"}):
        with pytest.raises(SchemaError):
            Parametric.from_state(state | change)


@pytest.mark.parametrize("count", [3, 2_000])
def test_the_side_files_of_salt_have_the_mass_points(count, tmp_path):
    parametric = fitted(np.arange(count))
    normalise = Normalise(["pt"], object="jets")
    normalise.fit(np.array([[1.0], [2.0]]))
    state = State({"jets": normalise}, sections={"factors": {"parametric": parametric.state()}})
    sp.export(state, tmp_path, to="salt")
    if count > MOST_VALUES:  # a continuous distribution has none
        assert not (tmp_path / "parameters.yaml").exists()
        return
    made = yaml.safe_load((tmp_path / "parameters.yaml").read_text())
    assert made == {"PARAMETERS": {"m_truth": {"train": [0, 1, 2], "prob": [1 / 3] * 3, "test": 1}}}
