"""Split: every row in one split and one fold, stable, and of the fractions asked for."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import ConfigError, SchemaError
from simdprep.transforms import Split, identity_of

THIRDS = {"train": 0.6, "val": 0.2, "test": 0.2}


def events(count, run=1):
    return identity_of([np.full(count, run), np.arange(count)])


FRACTIONS = st.lists(st.integers(0, 10), min_size=1, max_size=5).filter(any)


@given(FRACTIONS, st.integers(0, 2**32), st.integers(1, 300))
def test_every_row_is_in_one_split_whatever_its_place(parts, seed, count):
    split = Split({f"s{index}": part / sum(parts) for index, part in enumerate(parts)}, seed=seed, folds=3)
    rows = events(count)
    whole = split.assign(rows)
    assert whole.dtype == np.int8
    assert whole.min() >= 0
    assert whole.max() < len(split.names)
    order = np.random.default_rng(seed).permutation(count)
    np.testing.assert_array_equal(split.assign(rows[order]), whole[order])
    half = count // 2
    np.testing.assert_array_equal(split.assign(np.concatenate([events(50, run=2), rows[:half]]))[50:], whole[:half])
    again = Split.from_state(json.loads(json.dumps(split.state())))
    np.testing.assert_array_equal(again.assign(rows), whole)
    np.testing.assert_array_equal(again.folds(rows), split.folds(rows))


def test_sizes_are_the_fractions_within_statistics():
    count = 200_000
    for seed in range(5):
        split = Split(THIRDS, seed=seed, folds=5)
        place, fold = split.assign(events(count)), split.folds(events(count))
        for index, fraction in enumerate(THIRDS.values()):
            own = place == index
            assert abs(own.sum() - fraction * count) < 5 * np.sqrt(count * fraction * (1 - fraction))
            shares = np.bincount(fold[own], minlength=5)  # independent of the split
            assert (abs(shares - own.sum() / 5) < 5 * np.sqrt(own.sum() * 0.16)).all()


def test_another_seed_gives_another_split():
    one, two = (Split(THIRDS, seed=seed).assign(events(10_000)) for seed in (1, 2))
    assert 0.36 < (one == two).mean() < 0.52  # 0.44 where they are independent


def test_splits_of_neighbouring_seeds_and_columns_are_independent():
    # 2x2 tables of many pairs of decisions: chi squared of one degree of freedom on average
    rows, total = events(20_000), 0.0
    masks = [Split({"a": 0.5, "b": 0.5}, seed=seed, folds=2).assign(rows) == 0 for seed in range(20)]
    masks += [Split({"a": 1}, seed=seed, folds=2).folds(rows) == 0 for seed in range(20)]
    pairs = [(one, two) for one in range(40) for two in range(one)]
    for one, two in pairs:
        both = (masks[one] == masks[two]).sum()
        total += (both - 10_000) ** 2 / 5_000
    assert abs(total / len(pairs) - 1) < 0.35


def test_columns_may_be_given_as_they_are():
    columns = np.stack([np.full(100, 7), np.arange(100)], axis=1).astype(np.uint64)
    split = Split(THIRDS)
    np.testing.assert_array_equal(split.assign(columns), split.assign(identity_of([columns[:, 0], columns[:, 1]])))


def test_positions_are_exact_in_every_thousand_and_do_not_depend_on_batches():
    split = Split({"train": 0.7, "val": 0.1, "test": 0.2}, seed=3)
    rows = np.arange(3_000)
    place = split.assign_positions(rows)
    for run in range(3):
        assert np.bincount(place[1000 * run : 1000 * (run + 1)]).tolist() == [700, 100, 200]
    assert (place[:1000] != place[1000:2000]).any()
    np.testing.assert_array_equal(split.assign_positions(rows[990:1010]), place[990:1010])
    np.testing.assert_array_equal(split.assign_positions(rows[::-7]), place[::-7])


@pytest.mark.parametrize(
    ("fractions", "folds", "what"),
    [
        ({}, 0, "got none, expected a sum of 1"),
        ({"train": 0.6, "val": 0.2}, 0, "got 0.6 [+] 0.2, expected a sum of 1"),
        ({"train": 1.5, "val": -0.5}, 0, "got -0.5, expected a number from 0 to 1\n  in split.val"),
        ({"train": float("nan")}, 0, "got nan, expected a number"),
        ({"train": 1}, 1, "folds: got 1, expected 0, or 2 to 100"),
        ({"train": 1}, -2, "folds: got -2"),
    ],
)
def test_errors(fractions, folds, what):
    with pytest.raises(ConfigError, match=what):
        Split(fractions, folds=folds)


def test_folds_and_identities_are_checked():
    with pytest.raises(SchemaError, match="folds: got 0"):
        Split(THIRDS).folds(events(3))
    with pytest.raises(SchemaError, match="identity: got int64"):
        Split(THIRDS).assign(np.arange(3))
    with pytest.raises(SchemaError, match="columns of an identity: got none"):
        identity_of([])
    with pytest.raises(SchemaError, match=r"column of an identity: got int64 \(2,\)"):
        identity_of([np.arange(3), np.arange(2)])
    for state in ({}, {"transform": "labels"}, {"transform": "split", "fractions": {"a": 1}, "seed": "x", "folds": 0}):
        with pytest.raises(SchemaError):
            Split.from_state(state)


@pytest.mark.long
def test_sizes_are_binomial_over_many_seeds():
    # each size is as far from its fraction as the binomial distribution says, and no farther
    count, seeds, pulls = 2_000, 4_000, []
    rows = events(count)
    for seed in range(seeds):
        split = Split(THIRDS, seed=seed, folds=5)
        sizes = np.bincount(split.assign(rows), minlength=3)
        shares = np.array(list(THIRDS.values()))
        pulls.append((sizes - shares * count) / np.sqrt(count * shares * (1 - shares)))
        folds = np.bincount(split.folds(rows), minlength=5)
        pulls.append((folds[:3] - count / 5) / np.sqrt(count * 0.16))
    pulls = np.array(pulls)
    print(
        f"{pulls.size:,} sizes: mean pull {pulls.mean():.4f}, width {pulls.std():.4f}, farthest {abs(pulls).max():.2f}"
    )
    assert abs(pulls.mean()) < 5 / np.sqrt(pulls.size)
    assert abs(pulls.std() - 1) < 0.03
    assert abs(pulls).max() < 6
