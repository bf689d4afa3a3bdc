"""Decoder: blocks in order, neighbours together, and no more ahead than said."""

import threading

import pytest

from simdprep.loader.block import Block
from simdprep.loader.cache import BlockCache
from simdprep.loader.decoder import Decoder

BOUNDS = [(10 * i, 10 * i + 10) for i in range(9)]


class Reader:
    """Notes what is read; a run that begins at ``fails`` cannot be."""

    def __init__(self, together=1, fails=None):
        self.together = together
        self.fails = fails
        self.runs = []
        self._lock = threading.Lock()

    def read(self, start, stop):
        with self._lock:
            self.runs.append((start, stop))
        if start == self.fails:
            raise ValueError("no such rows")
        return Block(start, stop)


def nothing():
    pass


def bounds_of(decoded):
    return [(block.start, block.stop) for block, _ in decoded]


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("together", [1, 2, 4, 20])
def test_blocks_come_in_order_and_neighbours_are_read_at_once(threads, together):
    reader = Reader(together)
    wanted = BOUNDS[3:8] + BOUNDS[:2]
    with Decoder(threads) as decoder:
        assert bounds_of(decoder.blocks(BlockCache(reader, 0), wanted, nothing)) == wanted
    for start, stop in reader.runs:
        assert stop - start <= 10 * together
    assert sum(stop - start for start, stop in reader.runs) == 70
    assert len(reader.runs) == -(-5 // together) + -(-2 // together)


def test_blocks_behind_are_begun_once_and_bounded():
    reader = Reader()
    cache = BlockCache(reader, 0)
    with Decoder(2) as decoder:
        first = bounds_of(decoder.blocks(cache, BOUNDS[:3], nothing, following=BOUNDS[3:]))
        assert first == BOUNDS[:3]
        second = decoder.blocks(cache, BOUNDS[3:], nothing)
        assert bounds_of(second) == BOUNDS[3:]
    assert sorted(reader.runs) == BOUNDS


def test_no_more_than_one_block_a_thread_is_begun_behind():
    reader = Reader()
    with Decoder(2) as decoder:
        list(decoder.blocks(BlockCache(reader, 0), BOUNDS[:1], nothing, following=BOUNDS[1:]))
    assert set(reader.runs) <= set(BOUNDS[:3])


def test_what_was_begun_and_is_not_wanted_is_forgotten():
    reader = Reader()
    cache = BlockCache(reader, 0)
    with Decoder(2) as decoder:
        list(decoder.blocks(cache, BOUNDS[:1], nothing, following=BOUNDS[1:]))
        assert bounds_of(decoder.blocks(cache, BOUNDS[6:], nothing)) == BOUNDS[6:]
        assert not decoder._begun


def test_an_error_comes_in_its_place_and_the_check_stops_all():
    with Decoder(2) as decoder:
        blocks = decoder.blocks(BlockCache(Reader(fails=20), 0), BOUNDS, nothing)
        assert bounds_of([next(blocks), next(blocks)]) == BOUNDS[:2]
        with pytest.raises(ValueError, match="no such rows"):
            next(blocks)

    def unwanted():
        raise KeyboardInterrupt

    with Decoder(2) as decoder, pytest.raises(KeyboardInterrupt):
        list(decoder.blocks(BlockCache(Reader(), 0), BOUNDS, unwanted))


def test_kept_blocks_are_told_from_new_ones():
    reader = Reader(together=3)
    cache = BlockCache(reader, 10)  # blocks without values take nothing
    with Decoder(1) as decoder:
        assert [kept for _, kept in decoder.blocks(cache, BOUNDS[:3], nothing)] == [False] * 3
        assert [kept for _, kept in decoder.blocks(cache, BOUNDS[:3], nothing)] == [True] * 3
    assert reader.runs == [(0, 30)]
