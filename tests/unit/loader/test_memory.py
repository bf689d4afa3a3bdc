"""How many pools an epoch is cut into."""

from types import SimpleNamespace

import pytest

from simdprep.loader.memory import DEFAULT_MEMORY, MIN_POOL_BATCHES, count_pools, row_bytes
from simdprep.loader.plan import Input, Plan
from simdprep.schema import Field, ObjectSpec

FLOATS = tuple(Field(f"f{number}", "float32") for number in range(20))
TRACKS = ObjectSpec("tracks", FLOATS, "padded", "events", 40)
EVENTS = ObjectSpec("events", FLOATS[:2])


class Stored(dict):
    """A dataset of so many rows; only its shape matters here."""

    def __init__(self, num_rows):
        super().__init__(
            tracks=SimpleNamespace(spec=TRACKS, num_slots=(40,), fields=TRACKS.field_names),
            events=SimpleNamespace(spec=EVENTS, num_slots=(), fields=EVENTS.field_names),
        )
        self.num_rows = num_rows


ROW_BYTES = 40 * 20 * 4 + 8 + 2 * 4

FEW = Plan({"events": Input(EVENTS, ("f0",), ())})
ALL = Plan({"tracks": Input(TRACKS, TRACKS.field_names, (40,)), "events": Input(EVENTS, ("f0", "f1"), ())})


def pools(num_rows, *, plan=ALL, shuffle="block", batch_size=1024, memory=None):
    blocks = -(-num_rows // 2048)
    return count_pools(Stored(num_rows), plan, blocks, shuffle=shuffle, batch_size=batch_size, memory=memory)


def test_bytes_of_a_row(stored):
    dataset = Stored(1000)
    assert row_bytes(dataset, {name: dataset[name].fields for name in dataset}) == ROW_BYTES
    assert row_bytes(dataset, {"tracks": ["f1"]}, value_bytes=8) == 40 * 8 + 8
    data = stored["ragged"]
    jets = sum(len(jets) for jets in data.rows.Jet)
    assert row_bytes(data.open(), {"Jet": ["pt", "n"]}) == pytest.approx((8 * jets + 8 * 4004) / 4000, rel=1e-3)


def test_what_fits_is_one_pool():
    fits = DEFAULT_MEMORY // ROW_BYTES
    assert pools(fits) == 1
    assert pools(fits + 1) == 3  # two at a time
    assert pools(0) == 1


@pytest.mark.parametrize("num_rows", [10**6, 10**7, 10**9])
@pytest.mark.parametrize("batch_size", [64, 1024, 8192])
def test_two_pools_fit_and_hold_enough_batches(num_rows, batch_size):
    rows = num_rows / pools(num_rows, batch_size=batch_size)
    assert rows >= MIN_POOL_BATCHES * batch_size
    assert 2 * rows * ROW_BYTES <= DEFAULT_MEMORY or rows < 2 * MIN_POOL_BATCHES * batch_size


def test_a_limit_is_kept():
    for memory in (1 << 24, 1 << 28, 1 << 32):
        rows = 10**7 / pools(10**7, memory=memory)
        assert 2 * rows * ROW_BYTES <= memory or rows <= 2048
    assert pools(10**6, memory=1) == -(-(10**6) // 2048)  # a block at least


def test_the_order_does_not_depend_on_what_is_read():
    assert pools(10**7, plan=FEW) == pools(10**7, plan=ALL)


def test_a_full_shuffle_counts_what_is_read():
    assert pools(10**7, plan=FEW, shuffle="full") == 1
    few, many = (pools(10**7, shuffle="full", memory=memory) for memory in (1 << 33, 1 << 28))
    assert 1 < few < many


def test_rows_in_stored_order_need_little():
    assert 10**7 / pools(10**7, shuffle="none") <= 16 * 2048
    assert 10**7 / pools(10**7, shuffle="none", batch_size=10**5) == pytest.approx(10**5, rel=0.05)
