"""Exact sums are those of fractions, whatever the order and the batches; and hashes of rows those of plain numpy."""

import json
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simdprep.transforms import ExactSums, Split, hash_of, identity_of, key_of
from simdprep.transforms.identity import reference_hash
from simdprep.transforms.split import reference_assign

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.tuples(FINITE, st.integers(0, 3)), max_size=40)
WORDS = st.lists(st.integers(0, 2**64 - 1), max_size=40).map(lambda words: np.array(words, np.uint64))


def arrays(rows):
    return np.array([row[0] for row in rows], np.float64), np.array([row[1] for row in rows], np.int64)


def added(rows):
    sums = ExactSums(4)
    sums.add(*arrays(rows))
    return sums


def slow(rows):
    totals = [Fraction(0)] * 4
    for value, index in rows:
        totals[index] += Fraction(value)
    return [int(total * 2**1074) for total in totals]


@given(ROWS)
@example([(5e-324, 0), (-5e-324, 0), (1.7976931348623157e308, 1), (1.7976931348623157e308, 1), (-1e308, 2)])
@example([(2.0**-1022, 0), (-(2.0**-1074), 0), (-1.0, 1), (2.0**52, 1), (-(2.0**53), 3)])
def test_sums_are_those_of_fractions(rows):
    sums = added(rows)
    assert sums.integers() == slow(rows)
    for value, total in zip(sums.values(), slow(rows), strict=True):
        try:
            assert value == float(Fraction(total, 2**1074))
        except OverflowError:
            assert value == (math.inf if total > 0 else -math.inf)


@given(ROWS, st.lists(st.integers(0, 40), max_size=4), st.randoms())
def test_order_and_batches_do_not_matter(rows, cuts, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    borders = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [added(shuffled[begin:stop]) for begin, stop in pairwise(borders)]
    random.shuffle(parts)
    merged = ExactSums(4)
    for part in parts:
        merged.merge(ExactSums.from_state(json.loads(json.dumps(part.state()))))
    streamed = ExactSums(4)
    for row in shuffled:
        streamed.add(*arrays([row]))
    assert merged.state() == streamed.state() == added(rows).state()


def test_many_equal_numbers_carry():
    values = np.full(200_000, -(2.0 - 2.0**-52) * 2.0**20)
    sums = ExactSums(1)
    for _ in range(3):
        sums.add(values)
        sums._carry()
    assert sums.integers() == [int(Fraction(values[0]) * 600_000 * 2**1074)]
    more = ExactSums(1)
    for _ in range(4):
        sums.merge(sums.joined(np.array([0]), 1))
        more.merge(sums)
    assert sums.integers() == [int(Fraction(values[0]) * 600_000 * 16 * 2**1074)]


def test_sums_of_weights_are_those_of_fsum():
    rng = np.random.default_rng(5)
    weights = rng.normal(1, 3, 50_000) * 10.0 ** rng.integers(-12, 12, 50_000)
    index = rng.integers(0, 7, 50_000)
    sums = ExactSums(7)
    sums.add(weights, index)
    assert sums.values().tolist() == [math.fsum(weights[index == place]) for place in range(7)]
    assert sums.joined(np.repeat(1, 7), 3).values().tolist() == [0.0, math.fsum(weights), 0.0]


@given(WORDS, st.integers(0, 2**64 - 1))
def test_hashes_are_those_of_numpy(words, key):
    np.testing.assert_array_equal(hash_of(words, key), reference_hash(words, key))


@given(WORDS, st.integers(0, 100), st.sampled_from([(0.6, 0.2, 0.2), (1,), (0, 1), (1, 0), (0.5, 0, 0.5), (0.1,) * 10]))
def test_splits_are_those_of_numpy(words, seed, fractions):
    split = Split({f"s{index}": value for index, value in enumerate(fractions)}, seed=seed)
    ours = split.assign(words)
    np.testing.assert_array_equal(ours, reference_assign(split, words))
    assert all(fractions[place] > 0 for place in ours)


def test_hashes_stay_what_they_are():
    # from the definition, in integers of Python: what was once decided by them must not change
    def mix(word):
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & 2**64 - 1
        word = (word ^ word >> 27) * 0x94D049BB133111EB & 2**64 - 1
        return word ^ word >> 31

    golden = 0x9E3779B97F4A7C15
    row = mix(mix(1 + golden))  # run 1
    row = mix(row ^ mix(2**64 - 5 + golden - 2**64))  # event -5
    assert identity_of([np.array([1], np.uint32), np.array([-5], np.int16)]).tolist() == [row]
    key = key_of(7, "split")
    assert key == 8385562976407820331
    second = (key * golden + 0x94D049BB133111EB) % 2**64
    assert hash_of(np.array([row], np.uint64), key).tolist() == [mix((mix(row ^ key) + second) % 2**64)]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint16", "uint64", "float32", "float64"])
def test_a_number_is_the_same_row_in_any_width(dtype):
    numbers = np.array([0, 1, 5, 100])
    wide = identity_of([numbers.astype("float64" if dtype[0] == "f" else "int64")])
    np.testing.assert_array_equal(identity_of([numbers.astype(dtype)]), wide)
