"""Every row exactly once per epoch, whatever the mode, the blocks, the tail and the number of ranks."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep.errors import ConfigError
from simdprep.loader.order import SHUFFLES, RowOrder, block_bounds
from simdprep.loader.permutation import permute
from simdprep.loader.share import TAILS, Share


@st.composite
def orders(draw, *, least_rows=0, shuffles=SHUFFLES):
    parts = draw(st.lists(st.integers(0, 70), min_size=1, max_size=5).filter(lambda rows: sum(rows) >= least_rows))
    bounds = block_bounds(parts, draw(st.sampled_from([1, 4, 16])))
    pools = draw(st.integers(1, max(1, len(bounds) - 1)))
    seed = draw(st.integers(-(1 << 40), 1 << 40))
    return RowOrder(bounds, draw(st.sampled_from(shuffles)), seed, draw(st.text(max_size=4)), pools)


@given(orders(), st.integers(0, 5))
def test_an_epoch_has_every_row_once(order, epoch):
    rows = order.epoch(epoch).rows(0, order.num_rows)
    np.testing.assert_array_equal(np.sort(rows), np.arange(order.num_rows))


@given(orders(), st.integers(0, 3), st.data())
def test_any_run_of_positions_is_what_the_whole_says(order, epoch, data):
    start, stop = sorted(data.draw(st.tuples(*[st.integers(0, order.num_rows)] * 2)))
    whole = order.epoch(epoch).rows(0, order.num_rows)
    np.testing.assert_array_equal(order.epoch(epoch).rows(start, stop), whole[start:stop])


@given(orders(), st.integers(0, 3))
def test_pools_follow_each_other(order, epoch):
    pools = [order.epoch(epoch).pool(index) for index in range(order.num_pools)]
    ends = [0, *(pool.stop for pool in pools)]
    assert [pool.start for pool in pools] == ends[:-1]
    assert ends[-1] == order.num_rows


@given(orders(shuffles=("none", "block")), st.integers(0, 3))
def test_a_block_is_in_one_pool(order, epoch):
    pools = [order.epoch(epoch).pool(index) for index in range(order.num_pools)]
    blocks = np.concatenate([pool.blocks for pool in pools])
    np.testing.assert_array_equal(np.sort(blocks), np.arange(order.num_blocks))
    for pool in pools:
        assert pool.is_whole
        places = pool.places(np.arange(pool.start, pool.stop))
        np.testing.assert_array_equal(np.sort(places), np.arange(pool.place_bounds[-1]))


@given(orders(shuffles=("none",)), st.integers(0, 3))
def test_without_shuffle_the_order_is_that_of_the_file(order, epoch):
    np.testing.assert_array_equal(order.epoch(epoch).rows(0, order.num_rows), np.arange(order.num_rows))


@given(orders(shuffles=("none", "full")))
def test_the_number_of_pools_changes_the_order_of_blocks_alone(order):
    alone = RowOrder(order.bounds, order.shuffle, order.seed, order.fingerprint, 1)
    rows = order.epoch(2).rows(0, order.num_rows)
    np.testing.assert_array_equal(rows, alone.epoch(2).rows(0, order.num_rows))


@given(st.lists(st.integers(0, 50), max_size=6), st.integers(1, 9))
def test_blocks_are_runs_of_whole_chunks(parts, chunk_rows):
    bounds = block_bounds(parts, chunk_rows)
    starts = np.concatenate([[0], np.cumsum(parts)]).astype(int)
    chunks = [range(start, stop, chunk_rows) for start, stop in itertools.pairwise(starts)]
    assert bounds.tolist() == [*itertools.chain.from_iterable(chunks), sum(parts)]


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("world_size", range(1, 9))
@pytest.mark.parametrize("num_rows", [0, 1, 839, 840, 841, 3000, 4200])
def test_the_ranks_share_every_batch(tail, world_size, num_rows):
    batch_size = 840
    if tail == "drop" and 0 < num_rows < batch_size:  # no batch at all
        with pytest.raises(ConfigError, match="batch_size"):
            Share(num_rows, batch_size, 0, world_size, tail)
        return
    shares = [Share(num_rows, batch_size, rank, world_size, tail) for rank in range(world_size)]
    steps = -(-num_rows // batch_size) if tail != "drop" else num_rows // batch_size
    assert [len(share) for share in shares] == [steps] * world_size
    for step in range(steps):
        ranges = [share.positions(step) for share in shares]
        stop = min((step + 1) * batch_size, num_rows)
        joined = [position for start, end in ranges for position in range(start, end)]
        assert joined == list(range(step * batch_size, stop))
        sizes = [share.size(step) for share in shares]
        if tail == "uneven":
            assert max(sizes) - min(sizes) <= 1
            assert sum(sizes) == stop - step * batch_size
        else:
            assert sizes == [batch_size // world_size] * world_size


@given(orders(least_rows=1), st.integers(1, 8), st.integers(1, 12), st.sampled_from(["pad", "uneven"]))
def test_all_rows_of_an_epoch_go_to_one_rank_each(order, world_size, rows, tail):
    epoch = order.epoch(1)
    seen = []
    for rank in range(world_size):
        share = Share(order.num_rows, rows * world_size, rank, world_size, tail)
        seen += [epoch.rows(*share.positions(step)) for step in range(len(share))]
    np.testing.assert_array_equal(np.sort(np.concatenate(seen)), np.arange(order.num_rows))


@given(st.integers(1, 3000), st.integers(0, (1 << 64) - 1), st.data())
def test_a_permutation_is_one(size, key, data):
    whole = permute(np.arange(size), size, key)
    np.testing.assert_array_equal(np.sort(whole), np.arange(size))
    some = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=5)), np.int64)
    np.testing.assert_array_equal(permute(some, size, key), whole[some])


@given(st.integers(1, (1 << 62) - 1), st.integers(0, (1 << 64) - 1))
def test_a_permutation_of_any_size_stays_inside(size, key):
    entries = np.unique(np.linspace(0, size - 1, 9).astype(np.int64).clip(0, size - 1))
    image = permute(entries, size, key)
    assert len(np.unique(image)) == len(entries)
    assert image.min() >= 0
    assert image.max() < size
