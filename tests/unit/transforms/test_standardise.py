"""Standardise: what it promises of fitting, applying and its state."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from simdprep.errors import SchemaError
from simdprep.transforms import Standardise, Transform

VALUES = np.array([[[1.0, 10.0], [3.0, 30.0], [99.0, 99.0]], [[5.0, 20.0], [99.0, 99.0], [99.0, 99.0]]], np.float32)
VALID = np.array([[True, True, False], [True, False, False]])


@pytest.fixture
def fitted():
    transform = Standardise(["pt", "eta"])
    transform.fit(VALUES, VALID)
    return transform


def test_it_is_a_transform(fitted):
    assert isinstance(fitted, Transform)


def test_only_valid_entries_count(fitted):
    assert fitted.count.tolist() == [3, 3]
    assert fitted.mean.tolist() == [3.0, 20.0]
    np.testing.assert_allclose(fitted.std, [np.sqrt(8 / 3), np.sqrt(200 / 3)])


def test_padded_slots_stay_as_they_are(fitted):
    out = fitted.apply(VALUES, VALID)
    assert out.dtype == np.float32
    assert (out[~VALID] == 99).all()
    np.testing.assert_allclose(out[VALID].mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(out[VALID].std(axis=0), 1, rtol=1e-6)
    assert (VALUES[~VALID] == 99).all()


def test_row_level_values_need_no_mask():
    rows = np.array([[1.0], [3.0]])
    transform = Standardise(["met"])
    transform.fit(rows)
    assert transform.apply(rows).tolist() == [[-1.0], [1.0]]


def test_in_place_and_into_an_array_with_gaps(fitted):
    expected = fitted.apply(VALUES, VALID)
    values = VALUES.copy()
    assert fitted.apply(values, VALID, out=values) is values
    np.testing.assert_array_equal(values, expected)
    wide = np.zeros((2, 3, 4), np.float64)
    fitted.apply(VALUES, VALID, out=wide[..., ::2])
    np.testing.assert_allclose(wide[..., ::2], expected, rtol=1e-6)
    assert (wide[..., 1::2] == 0).all()


def test_what_is_not_finite():
    values = np.array([[1.0], [3.0], [np.nan], [np.inf], [-np.inf]])
    keep, zero = Standardise(["x"]), Standardise(["x"], nonfinite="zero")
    for transform in (keep, zero):
        transform.fit(values)
        assert transform.count.tolist() == [2]
        assert transform.mean.tolist() == [2.0]
    np.testing.assert_array_equal(keep.apply(values)[:, 0], [-1, 1, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(zero.apply(values)[:, 0], [-1, 1, 0, 0, 0])
    masked = keep.apply(values, np.array([False, True, False, False, False]))
    np.testing.assert_array_equal(masked[:, 0], [1, 1, np.nan, np.inf, -np.inf])


def test_the_state_is_json_and_gives_the_same_numbers(fitted):
    again = Standardise.from_state(json.loads(json.dumps(fitted.state())))
    np.testing.assert_array_equal(again.apply(VALUES, VALID), fitted.apply(VALUES, VALID))
    assert again.state() == fitted.state()
    for transform in (again, fitted):
        transform.fit(VALUES + 1, VALID)
    assert again.state() == fitted.state()


def test_an_empty_chunk_changes_nothing(fitted):
    before = fitted.state()
    fitted.fit(VALUES[:0], VALID[:0])
    fitted.fit(VALUES, np.zeros((2, 3), bool))
    assert fitted.state() == before
    assert fitted.apply(VALUES[:0], VALID[:0]).shape == (0, 3, 2)


def wrong(text):
    return pytest.raises(SchemaError, match="^" + text)


def test_a_constant_field_is_named():
    transform = Standardise(["pt", "mass"])
    transform.fit(np.array([[1.0, 0.1], [2.0, 0.1]]))
    with wrong("standard deviation: got 0.0, expected a positive number\n  in field mass\n  try leaving mass out"):
        transform.apply(VALUES, VALID)


def test_nothing_seen_is_named():
    transform = Standardise(["pt", "mass"])
    transform.fit(np.array([[1.0, np.nan], [2.0, np.inf]]))
    with wrong("standardise: got none, expected at least one valid and finite entry\n  in field mass"):
        _ = transform.mean


def test_values_too_large_for_float64_are_named():
    transform = Standardise(["x"])
    transform.fit(np.array([[1e300], [-1e300]]))
    with wrong("standard deviation: got (inf|nan), expected a positive number\n  in field x"):
        _ = transform.std


def test_shapes_and_dtypes(fitted):
    with wrong(r"values: got shape \(2, 3\), expected at least 2 axes, the last of the 2 fields pt, eta"):
        fitted.fit(np.zeros((2, 3)))
    with wrong(r"values: got shape \(2,\), expected at least 2 axes"):
        fitted.fit(np.zeros(2))
    with wrong("values: got complex128, expected numbers"):
        fitted.fit(np.zeros((3, 2), complex))
    with wrong(r"valid: got int8 \(2, 3\), expected bool \(2, 3\)"):
        fitted.apply(VALUES, VALID.astype(np.int8))
    with wrong(r"valid: got bool \(3,\), expected bool \(2, 3\)"):
        fitted.apply(VALUES, np.ones(3, bool))
    with wrong(r"out: got float16 \(2, 3, 2\), expected float32 or float64 \(2, 3, 2\)"):
        fitted.apply(VALUES, VALID, out=np.empty((2, 3, 2), np.float16))
    with wrong(r"out: got float32 \(3, 2\)"):
        fitted.apply(VALUES, VALID, out=np.empty((3, 2), np.float32))


@pytest.mark.parametrize("fields", [[], ["a", "a"], "pt"])
def test_fields(fields):
    with wrong("fields to standardise"):
        Standardise(fields)


def test_other_arguments(fitted):
    with wrong("nonfinite: got 'drop', expected keep or zero"):
        Standardise(["a"], nonfinite="drop")
    with wrong("fields to merge: got eta, pt, expected pt, eta"):
        fitted.merge(Standardise(["eta", "pt"]))


CHANGES = [
    {"transform": "log"}, {"fit": [{}]}, {"fit": "x"}, {"fit": [{"count": 1}, {"count": -1}]}, {"fields": []},
    {"fit": None}, {"rules": {}}, {"object": None, "fit": [{"count": 1, "sums": ["1p0", "zp0", "0p0", False]}] * 2},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_state_that_is_none(fitted, change):
    with pytest.raises(SchemaError):
        Standardise.from_state({**fitted.state(), **change})
    with wrong("state of standardise: got KeyError"):
        Standardise.from_state({})


def test_threads_give_the_same(fitted):
    values = np.random.default_rng(1).normal(0, 1, (1000, 10, 2)).astype(np.float32)
    expected = fitted.apply(values)
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(fitted.apply, [values] * 16):
            np.testing.assert_array_equal(result, expected)


def test_numba_is_loaded_by_the_first_fit_only():
    code = (
        "import sys; import simdprep.transforms as t; s = t.Standardise(['x']); t.Rules; t.apply;"
        "assert 'numba' not in sys.modules; import numpy as np; s.fit(np.zeros((3, 1))); assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_threads_may_be_the_first_to_ask():
    values = np.random.default_rng(1).normal(0, 1, (1000, 40))
    for _ in range(20):
        transform = Standardise([f"f{index}" for index in range(40)])
        transform.fit(values)
        expected = Standardise.from_state(transform.state()).mean
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _, asked=transform: asked.mean, range(8)):
                np.testing.assert_array_equal(found, expected)
