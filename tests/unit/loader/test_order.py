"""The order of rows: fixed numbers, quality of the shuffle."""

import math

import numpy as np
import pytest

from simdprep.loader.order import RowOrder, block_bounds
from simdprep.loader.permutation import hashes, key_of, permute


def order(shuffle, *, rows=200_000, chunk_rows=2048, seed=1, fingerprint="f", pools=4):
    return RowOrder(block_bounds([rows], chunk_rows), shuffle, seed, fingerprint, pools)


def test_numbers_that_must_never_change():
    # A saved state means the same rows in every version of simdprep and on every machine.
    assert key_of("f", 1, "block", 0) == 1217727381539554124
    assert hashes(1, 2).tolist() == [10451216379200822465, 13757245211066428519]
    assert permute(np.arange(6), 6, 7).tolist() == [1, 5, 0, 4, 3, 2]
    assert permute(np.arange(5), 100_000, 7).tolist() == [97244, 77170, 91405, 68591, 31086]
    small = RowOrder(block_bounds([20, 7], 4), "block", 3, "f", 2)
    block = [14, 23, 2, 20, 3, 21, 1, 22, 12, 13, 0, 15, 16, 25, 8, 17, 10, 4, 18, 6, 11, 24, 5, 7, 26, 9, 19]
    assert small.epoch(5).rows(0, 27).tolist() == block
    full = [22, 12, 8, 19, 25, 14, 15, 21, 2, 5, 3, 0, 6, 1, 16, 10, 7, 20, 18, 13, 24, 4, 9, 26, 17, 11, 23]
    assert RowOrder(block_bounds([20, 7], 4), "full", 3, "f").epoch(5).rows(0, 27).tolist() == full


@pytest.mark.parametrize("shuffle", ["block", "full"])
@pytest.mark.parametrize(("change", "epoch"), [({"seed": 2}, 0), ({"fingerprint": "g"}, 0), ({}, 1)])
def test_the_order_depends_on(shuffle, change, epoch):
    one = order(shuffle).epoch(0).rows(0, 200_000)
    other = order(shuffle, **change).epoch(epoch).rows(0, 200_000)
    assert np.mean(one == other) < 1e-3


@pytest.mark.parametrize("size", [3, 4, 5])
def test_all_small_permutations_are_equally_likely(size):
    draws = [tuple(permute(np.arange(size), size, key_of(key)).tolist()) for key in range(6000)]
    _, counts = np.unique(draws, axis=0, return_counts=True)
    expected = len(draws) / math.factorial(size)
    assert len(counts) == math.factorial(size)
    chi_square = np.sum((counts - expected) ** 2 / expected)
    assert chi_square < len(counts) + 4 * math.sqrt(2 * len(counts))


@pytest.mark.parametrize("size", [257, 1000])
def test_a_permutation_has_no_pattern(size):
    counts = np.zeros((size, size))
    for key in range(2000):
        counts[np.arange(size), permute(np.arange(size), size, key_of(key))] += 1
    expected = 2000 / size
    per_cell = np.sum((counts - expected) ** 2 / expected) / (size - 1) ** 2
    assert abs(per_cell - 1) < 0.02
    image = permute(np.arange(1 << 18), 1 << 18, key_of("x")).astype(float)
    assert abs(np.corrcoef(image[:-1], image[1:])[0, 1]) < 0.01


def test_the_figure_of_the_shuffle():
    assert order("full").inflation(1024) == 1
    assert order("block", pools=1).inflation(1024) == 1
    assert order("none").inflation(1024) == 32
    four = order("block", rows=2048 * 100, pools=4)
    assert four.inflation(1024) == pytest.approx(math.sqrt(1 + 0.75 * 2048 / 50))


def noise(values, rows, batch_size=1024):
    """Standard deviation of the batches' means, in units of that of a full shuffle."""
    means = values[rows][: len(rows) // batch_size * batch_size].reshape(-1, batch_size).mean(axis=1)
    return means.std() / (values.std() / math.sqrt(batch_size))


def test_a_sorted_dataset_is_shuffled_well():
    rows = 2048 * 400
    values = np.arange(rows, dtype=float)
    blocks = order("block", rows=rows, pools=12)
    assert noise(values, np.arange(rows)) > 30
    assert noise(values, blocks.epoch(0).rows(0, rows)) < 1.5


def test_a_dataset_of_blocks_without_pattern_is_shuffled_as_promised():
    rows = 2048 * 400
    values = np.repeat(np.random.default_rng(1).normal(size=400), 2048)
    blocks = order("block", rows=rows, pools=12)
    measured = np.mean([noise(values, blocks.epoch(epoch).rows(0, rows)) for epoch in range(6)])
    assert measured == pytest.approx(blocks.inflation(1024), rel=0.25)


def test_a_huge_dataset_needs_no_memory_per_row():
    huge = RowOrder(np.array([0, 1 << 40]), "full", 1, "f", 1000)
    rows = huge.epoch(0).rows(123_456_789, 123_456_799)
    assert len(np.unique(rows)) == 10
    assert rows.max() > 1 << 30
