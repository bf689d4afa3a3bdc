"""One stream of batches for ever: any number of ranks, workers and resumptions gives the same rows, each once.

The order and split functions alone, in one process, exhaustively on small cases; loaders in real
processes are in tests/faults/test_loader_processes.py.
"""

from itertools import product

import numpy as np
import pytest

from simdprep.loader.buckets import Buckets
from simdprep.loader.draw import Resampled, Subset
from simdprep.loader.order import RowOrder, block_bounds
from simdprep.loader.orders import Orders
from simdprep.loader.share import ElementShare, Share

BATCH = 840  # what 1 to 8 ranks all divide
RANKS = range(1, 9)
WORKERS = range(9)
PARTS = (3000, 1, 5200, 799)
ROWS = sum(PARTS)
COUNTS = np.random.default_rng(1).integers(0, 40, ROWS)

DRAWS = {
    "all": None,
    "subset": Subset(np.flatnonzero(np.random.default_rng(2).random(ROWS) < 0.7).astype(np.int64)),
    "weights": Resampled(np.random.default_rng(3).exponential(1, ROWS), ROWS),
}

#: Name, shuffle, pools, draw, buckets.
CASES = [
    ("none", "none", 4, "all", False),
    ("block", "block", 4, "all", False),
    ("block, many pools", "block", 9, "all", False),
    ("block, one pool", "block", 1, "all", False),
    ("full", "full", 1, "all", False),
    ("full, in pieces", "full", 3, "all", False),
    ("block of a subset", "block", 4, "subset", False),
    ("full of a subset", "full", 2, "subset", False),
    ("block by weight", "block", 4, "weights", False),
    ("block in buckets", "block", 4, "all", True),
    ("none in buckets", "none", 4, "all", True),
]

every_case = pytest.mark.parametrize(
    ("shuffle", "pools", "draw", "buckets"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)


def order_of(shuffle, pools, draw, buckets, seed=7):
    return RowOrder(
        block_bounds(PARTS, 128),
        shuffle,
        seed,
        "f",
        pools,
        BATCH,
        DRAWS[draw],
        Buckets(COUNTS, BATCH) if buckets else None,
    )


def stream(orders, share, epoch, first=0, workers=0):
    """The row numbers of every batch of a rank, as workers that take turns hand them out.

    Goes through the pools as the loader does, and checks that the blocks a rank decodes hold its rows.
    """
    turns = max(1, workers)
    handed = {}
    for turn in range(turns):
        steps = range(first + turn, len(share), turns)
        sources = orders.sources(share, epoch) if isinstance(orders, Orders) else orders
        feeds = [(source, source.pools(steps), []) for source in sources]
        for step in steps:
            batch = np.full(share.size(step), -1, np.int64)
            for source, tasks, held in feeds:
                rows = taken(source, tasks, held, step)
                targets = slice(0, len(rows)) if source.targets is None else source.targets
                batch[targets] = rows
            handed[step] = batch
    # A DataLoader takes one batch from each worker in turn: the steps in their order.
    return [handed[step] for step in range(first, len(share))]


def taken(source, tasks, held, step):
    start, stop = source.slices.positions(step)
    rows = [np.zeros(0, np.int64)]
    while start < stop:
        while not held or held[-1][0].order.stop <= start:
            task = next(tasks)
            held[:] = [(task, set(task.order.blocks_at(task.starts, task.stops).tolist()))]
        task, decoded = held[-1]
        end = min(stop, task.order.stop)
        assert (task.starts <= start).any()
        numbers, blocks = task.order.locate(np.arange(start, end))
        assert set(np.unique(blocks).tolist()) <= decoded or not task.order.is_whole
        rows.append(numbers)
        start = end
    return np.concatenate(rows)


def orders_of(order):
    return Orders((order,), (), "f")


def rows_of_batches(order, tail, epoch=0):
    """The rows of every step, straight from the order: what all else is held to."""
    whole = Share(order.num_rows, BATCH, tail=tail)
    return [order.epoch(epoch).rows(*whole.positions(step)) for step in range(len(whole))]


@every_case
def test_ranks_and_workers(shuffle, pools, draw, buckets, promise):
    check_ranks_and_workers(order_of(shuffle, pools, draw, buckets), "pad", 3, promise)


@pytest.mark.parametrize("tail", ["drop", "uneven"])
@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
def test_ranks_and_workers_with_other_tails(shuffle, tail, promise):
    check_ranks_and_workers(order_of(shuffle, 4, "all", False), tail, 0, promise)


def check_ranks_and_workers(order, tail, epoch, promise):
    """Compare all combinations with the order."""
    expected = rows_of_batches(order, tail, epoch)
    combinations = list(product(RANKS, WORKERS))
    for world_size, workers in combinations:
        shares = [Share(order.num_rows, BATCH, rank, world_size, tail) for rank in range(world_size)]
        assert {len(share) for share in shares} == {len(expected)}
        assert_same([stream(orders_of(order), share, epoch, workers=workers) for share in shares], expected)
    assert len(combinations) == 72
    rows = 72 * sum(len(batch) for batch in expected)
    promise("R16", faults=72, rows=rows, equal=72 * len(expected))


def assert_same(streams, expected):
    for step, rows in enumerate(expected):
        batch = np.concatenate([own[step] for own in streams])
        np.testing.assert_array_equal(batch[: len(rows)], rows)
        assert (batch[len(rows) :] == -1).all()


@every_case
def test_resumption_at_every_batch_with_another_world_size(shuffle, pools, draw, buckets, promise):
    order = order_of(shuffle, pools, draw, buckets)
    expected = rows_of_batches(order, "uneven")
    resumed = rows = batches = 0
    for first, world_size in product(range(len(expected) + 1), RANKS):
        shares = [Share(order.num_rows, BATCH, rank, world_size, "uneven") for rank in range(world_size)]
        workers = (first + world_size) % 4
        assert_same([stream(orders_of(order), share, 0, first, workers) for share in shares], expected[first:])
        resumed += 1
        rows += sum(len(batch) for batch in expected[first:])
        batches += len(expected) - first
    assert resumed == (len(expected) + 1) * 8
    promise("R16", faults=resumed, rows=rows, equal=batches)


@every_case
def test_every_row_as_often_as_it_should(shuffle, pools, draw, buckets):
    order = order_of(shuffle, pools, draw, buckets)
    for epoch in range(3):
        rows = np.concatenate(rows_of_batches(order, "uneven", epoch))
        if draw == "all":
            np.testing.assert_array_equal(np.sort(rows), np.arange(ROWS))
        elif draw == "subset":
            np.testing.assert_array_equal(np.sort(rows), DRAWS["subset"].chosen)
        else:
            share = DRAWS["weights"].weights * (ROWS / DRAWS["weights"].weights.sum())
            assert (np.abs(np.bincount(rows, minlength=ROWS) - share) < 1).all()


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
@pytest.mark.parametrize("pools", [1, 5])
def test_quotas(shuffle, pools):
    """Several streams fill each batch: their rows in every batch, their order through the epochs, any ranks."""
    rng = np.random.default_rng(5)
    label = rng.choice(3, ROWS, p=[0.8, 0.15, 0.05])
    quotas = (420, 300, 120)
    streams = tuple(
        RowOrder(block_bounds(PARTS, 128), shuffle, 1, f"class {c}", pools, quota, Subset(np.flatnonzero(label == c)))
        for c, quota in enumerate(quotas)
    )
    orders = Orders(streams, quotas, "f")
    seen = [[] for _ in quotas]
    for epoch in range(3):
        whole = stream(orders, Share(ROWS // BATCH * BATCH, BATCH), epoch)
        for rows in whole:
            np.testing.assert_array_equal(np.bincount(label[rows], minlength=3), quotas)
            for c in range(3):
                seen[c].append(rows[label[rows] == c])
        for world_size, workers in product(RANKS, (0, 3)):
            shares = [Share(ROWS // BATCH * BATCH, BATCH, rank, world_size) for rank in range(world_size)]
            for first in (0, 4):
                assert_same([stream(orders, share, epoch, first, workers) for share in shares], whole[first:])
    for c, batches in enumerate(seen):
        rows, size = np.concatenate(batches), int((label == c).sum())
        for start in range(0, len(rows) - size + 1, size):  # each turn through a class has each of its rows once
            np.testing.assert_array_equal(np.sort(rows[start : start + size]), np.flatnonzero(label == c))


@pytest.mark.parametrize("world_size", RANKS)
@pytest.mark.parametrize("tail", ["drop", "uneven"])
def test_batches_of_elements(world_size, tail):
    order = order_of("block", 4, "all", True)
    rows = order.epoch(0).rows(0, ROWS)
    ends = np.cumsum(COUNTS[rows])
    budget = 5000
    shares = [ElementShare(ends, budget, rank, world_size, tail) for rank in range(world_size)]
    assert {len(share) for share in shares} == {len(shares[0])}
    at = 0
    for step in range(len(shares[0])):
        sizes = []
        for share in shares:
            start, stop = share.positions(step)
            assert start == at
            at = stop
            sizes.append(int(COUNTS[rows[start:stop]].sum()))
        assert sum(sizes) <= budget
        assert max(sizes) - min(sizes) <= 2 * COUNTS.max()
    assert at == ROWS if tail == "uneven" else ROWS - 400 < at < ROWS


def test_a_rank_decodes_its_own_share():
    """Blocks that a rank decodes in an epoch, of all: its share, and one more per pool and border."""
    bounds = block_bounds([2048 * 400], 2048)
    order = RowOrder(bounds, "block", 1, "f", 5, 1024)
    for world_size in (1, 2, 4, 8):
        for rank in range(world_size):
            source = orders_of(order).sources(Share(order.num_rows, 1024, rank, world_size), 0)[0]
            decoded = sum(len(task.order.blocks_at(task.starts, task.stops)) for task in source.pools(range(800)))
            assert decoded <= 400 / world_size + 5 * 2
            if world_size == 1:
                assert decoded == 400


def test_positions_go_through_lanes_without_loss():
    # a batch smaller than the number of lanes, and pools whose borders lie within batches
    for batch_size in (1, 3, 15, 16, 17):
        order = RowOrder(block_bounds([500, 33], 16), "block", 1, "f", 3, batch_size)
        np.testing.assert_array_equal(np.sort(order.epoch(2).rows(0, 533)), np.arange(533))
