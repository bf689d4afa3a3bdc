"""Epochs, and going on where a pass was left."""

import json
from itertools import chain

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from tests.unit.loader.conftest import PARTS

LITTLE = 50_000


def loader_of(data, **options):
    return sp.Loader(data.open(), **{"inputs": {"Jet": ["pt"]}, "batch_size": 500, "memory": LITTLE, **options})


def rows_of(batches):
    return [batch.index.tolist() for batch in batches]


@pytest.fixture
def loader(stored):
    return loader_of(stored["columns"])


@pytest.fixture
def epochs(stored):
    """The row numbers of each batch of the first epochs."""
    order = loader_of(stored["columns"]).order
    return [rows_of_order(order, epoch) for epoch in range(4)]


def rows_of_order(order, epoch):
    rows = order.epoch(epoch).rows(0, order.num_rows)
    return [rows[start : start + 500].tolist() for start in range(0, order.num_rows - 499, 500)]


def test_each_pass_is_the_next_epoch(loader, epochs):
    for epoch in range(3):
        assert loader.epoch == epoch
        assert rows_of(loader) == epochs[epoch]
    assert epochs[0] != epochs[1]


def test_a_pass_left_early_is_over(loader, epochs):
    assert next(iter(loader)).index.tolist() == epochs[0][0]
    for batch in loader:
        assert batch.index.tolist() == epochs[1][0]
        break
    assert rows_of(loader) == epochs[2]


def test_set_epoch(loader, epochs):
    loader.set_epoch(3)
    assert rows_of(loader) == epochs[3]
    loader.set_epoch(1)
    next(iter(loader))
    loader.set_epoch(1)
    assert loader.epoch == 1
    assert rows_of(loader) == epochs[1]
    assert loader.epoch == 2


@pytest.mark.parametrize("epoch", [-1, 1.5, "1", True])
def test_an_epoch_is_a_number(loader, epoch):
    with pytest.raises(ConfigError, match="epoch: got"):
        loader.set_epoch(epoch)


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
def test_resume_at_every_batch(stored, shuffle):
    options = {"shuffle": shuffle, "tail": "pad", "batch_size": 500}
    whole = loader_of(stored["columns"], **options)
    batches = [*whole, *whole]
    states = []
    loader = loader_of(stored["columns"], **options)
    for _ in range(2):
        states += [loader.state_dict()] if not states else []
        for _ in loader:
            states.append(json.loads(json.dumps(loader.state_dict())))
    assert len(states) == len(batches) + 1
    for done, state in enumerate(states):
        resumed = loader_of(stored["columns"], **options)
        resumed.load_state_dict(state)
        rest = [*resumed, *resumed][: len(batches) - done]
        for batch, expected in zip(rest, batches[done:], strict=False):
            np.testing.assert_array_equal(batch.index, expected.index)
            assert batch["Jet"].tobytes() == expected["Jet"].tobytes()


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 2), (2, 1)])
def test_resume_with_other_ranks(stored, epochs, before, after):
    first = loader_of(stored["columns"], rank=0, world_size=before)
    passed = iter(first)
    for _ in range(3):
        next(passed)
    resumed = []
    for rank in range(after):
        loader = loader_of(stored["columns"], rank=rank, world_size=after)
        loader.load_state_dict(first.state_dict())
        resumed.append(rows_of(loader))
    joined = [list(chain.from_iterable(parts)) for parts in zip(*resumed, strict=True)]
    assert joined == epochs[0][3:]


def test_batches_made_ahead_do_not_count(loader):
    batches = iter(loader)
    assert loader.state_dict()["step"] == 0
    next(batches)
    assert loader.state_dict()["step"] == 1
    assert loader.state_dict(step=5)["step"] == 5
    assert len(json.dumps(loader.state_dict())) < 1000


def test_after_the_last_batch_the_state_is_the_next_epoch(loader, epochs):
    batches = iter(loader)
    for _ in range(len(loader)):
        next(batches)
    at_end = loader.state_dict()
    assert (at_end["epoch"], at_end["step"]) == (0, len(loader))
    assert list(batches) == []
    after = loader.state_dict()
    assert (after["epoch"], after["step"]) == (1, 0)
    loader.load_state_dict(at_end)
    assert list(loader) == []
    assert rows_of(loader) == epochs[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fingerprint": "f"}, "fingerprint in the state: got 'f'"),
        ({"seed": 2}, "seed in the state: got 2, expected 1"),
        ({"batch_size": 250}, "batch_size in the state: got 250, expected 500"),
        ({"shuffle": "full"}, "shuffle in the state: got 'full', expected 'block'"),
        ({"num_pools": 1}, "num_pools in the state: got 1"),
        ({"step": 9}, f"step in the state: got 9, expected at most {sum(PARTS) // 500}"),
        ({"step": -1}, "step in the state: got -1"),
        ({"epoch": None}, "epoch in the state: got None"),
        ({"simdprep_loader": 99}, "state of a loader: got"),
    ],
)
def test_another_state_is_refused(loader, change, said):
    state = {**loader.state_dict(), **change}
    with pytest.raises(ConfigError) as caught:
        loader.load_state_dict(state)
    assert said in str(caught.value).partition("\n")[0]


def test_a_state_of_other_data_is_refused(stored, stored_jets):
    state = loader_of(stored["columns"]).state_dict()
    with pytest.raises(ConfigError, match="fingerprint"):
        loader_of(stored_jets["columns"]).load_state_dict(state)


def test_two_passes_at_once(loader, epochs):
    pairs = [(one.index.tolist(), two.index.tolist()) for one, two in zip(loader, loader, strict=True)]
    assert pairs == list(zip(epochs[0], epochs[1], strict=True))
