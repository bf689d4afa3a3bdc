"""Sampler: the order alone; buckets, lanes and statistics."""

import json

import numpy as np
import pytest

from simdprep.errors import ConfigError
from simdprep.loader import Sampler
from simdprep.loader.buckets import Buckets
from simdprep.loader.lanes import Lanes
from simdprep.loader.stats import EpochStats, Stats


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
def test_epochs_and_ranks(shuffle):
    options = {"batch_size": 60, "shuffle": shuffle, "block_rows": 32, "pool_batches": 4, "tail": "uneven"}
    one = Sampler(1000, rank=0, world_size=1, **options)
    ranks = [Sampler(1000, rank=rank, world_size=3, **options) for rank in range(3)]
    for epoch in range(3):
        whole = list(one)
        np.testing.assert_array_equal(np.sort(np.concatenate(whole)), np.arange(1000))
        for step, parts in enumerate(zip(*ranks, strict=True)):
            np.testing.assert_array_equal(np.concatenate(parts), whole[step])
            np.testing.assert_array_equal(one.rows(epoch, step), whole[step])
    assert len(one) == len(ranks[0]) == 17


def test_it_goes_on():
    sampler = Sampler(500, batch_size=20, rank=0, world_size=1)
    batches = [rows.tolist() for _ in range(2) for rows in sampler]
    sampler.set_epoch(0)
    passing = iter(sampler)
    for _ in range(30 - 25):
        next(passing)
    state = json.loads(json.dumps(sampler.state_dict()))
    again = Sampler(500, batch_size=20, rank=1, world_size=2)
    again.load_state_dict(state)
    assert [rows.tolist() for _ in range(2) for rows in again][: 50 - 5] == [rows[10:] for rows in batches[5:]]
    for other in ({"seed": 2}, {"batch_size": 10}, {"fingerprint": "x"}, {"shuffle": "block"}):
        with pytest.raises(ConfigError, match="in the state"):
            Sampler(500, **{"batch_size": 20, "rank": 0, "world_size": 1, **other}).load_state_dict(state)


@pytest.mark.parametrize("options", [{"tail": "pad"}, {"shuffle": "x"}, {"batch_size": 0}, {"block_rows": 0}])
def test_arguments_that_cannot_be(options):
    with pytest.raises(ConfigError):
        Sampler(1000, **options)


@pytest.mark.parametrize("batch_size", [1, 5, 16, 40, 1000])
@pytest.mark.parametrize("number", [1, 2, 16])
def test_lanes_against_counting(batch_size, number):
    lanes = Lanes(batch_size, number)
    positions = np.arange(3 * batch_size + batch_size // 2)
    of = lanes.of(positions)
    slots = positions % batch_size
    np.testing.assert_array_equal(
        (lanes.edges[of] <= slots) & (slots < lanes.edges[of + 1]), number > 1 or batch_size > 0
    )
    for lane in range(number):
        before = np.cumsum(of == lane) - (of == lane)
        np.testing.assert_array_equal(lanes.ranks(positions, np.full(len(positions), lane)), before)
    for start in range(0, batch_size, max(1, batch_size // 7)):
        stop = min(batch_size, start + max(1, batch_size // 3))
        touched = lanes.touched(np.array([start + batch_size]), np.array([stop + batch_size]))
        np.testing.assert_array_equal(np.flatnonzero(touched), np.unique(lanes.of(np.arange(start, stop))))


def test_buckets_sort_within_windows_and_lanes():
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 100, 1000)
    buckets = Buckets(counts, batch_size=50, window=4)
    positions = np.arange(130, 1000)  # a pool that begins and ends within batches
    moved = buckets.arrange(positions, counts[positions], Lanes(50, 5), 3)
    np.testing.assert_array_equal(np.sort(moved), positions)
    np.testing.assert_array_equal(moved[:20], positions[:20])
    lanes = Lanes(50, 5)
    np.testing.assert_array_equal(lanes.of(moved), lanes.of(positions))
    for step in range(3, 20):
        own = moved[step * 50 - 130 : (step + 1) * 50 - 130]
        window = (step - 3) // 4
        assert set(own // 50) <= set(range(3 + 4 * window, min(7 + 4 * window, 20)))
    spread = [np.ptp(counts[moved[step * 50 - 130 : (step + 1) * 50 - 130]]) for step in range(3, 20)]
    assert np.median(spread) < 60 < np.ptp(counts)


def test_statistics_of_waits(monkeypatch):
    clock = iter([0.0, 2.0, 2.0, 2.001, 3.0, 3.001, 4.0, 4.1])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    stats = Stats(epoch=EpochStats(5))
    for ready in (0, 3, 4, 1):
        stats.given(stats.epoch.asked(), 100, ready)
    epoch = stats.epoch
    assert (stats.batches, stats.rows, epoch.batches, epoch.queue_level) == (4, 400, 4, 2)
    assert stats.wait == epoch.wait == pytest.approx(2.102)
    assert epoch.elapsed == pytest.approx(4.1)
    assert epoch.stall_share == pytest.approx(0.102 / 2.1)
    assert epoch.p50 == pytest.approx(0.001, rel=0.15)
    assert epoch.p95 == pytest.approx(2, rel=0.15)
    epoch.decode_seconds, epoch.make_seconds = 0.5, 1.0
    epoch.decoded(1000, 4000)
    assert epoch.headroom == pytest.approx(4.1)
    assert epoch.decoded_per_second == 8000


def test_statistics_of_nothing():
    epoch = EpochStats()
    assert (epoch.p50, epoch.stall_share, epoch.decoded_per_second, epoch.headroom) == (0, 0, 0, float("inf"))
