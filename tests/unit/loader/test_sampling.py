"""Subsets, weights, quotas, mixtures, buckets and batches of elements, in loaders of stored datasets."""

import json

import awkward as ak
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError, ExpressionError, SchemaError
from simdprep.loader import Fold, Mix, Quotas, Weighted
from simdprep.loader.draw import Resampled
from simdprep.loader.sampling import slots_of
from simdprep.loader.scalars import read_counts, read_scalar
from simdprep.loader.subset import choose_rows
from tests.unit.loader.conftest import LAYOUTS, PARTS
from tests.unit.loader.test_loader import NUM_ROWS, check

INPUTS = {"Jet": ["pt", "n", "tight"], "events": ["MET", "number", "trigger"], "tracks": ["hits", "d0"]}
LITTLE = 200_000


def loader_of(data, **options):
    return sp.Loader(data.open(), **{"inputs": INPUTS, "batch_size": 128, "pad": data.pads or None, **options})


def rows_of(loader):
    return [batch.index for batch in loader]


CHOICES = {
    "slice": (slice(100, 1700), lambda rows: np.arange(100, 1700)),
    "steps": (slice(None, None, 3), lambda rows: np.arange(0, NUM_ROWS, 3)),
    "backwards": (slice(50, None, -1), lambda rows: np.arange(51)),
    "range": (range(0, 900, 2), lambda rows: np.arange(0, 900, 2)),
    "numbers": (np.array([5, 3, 3, 2000]), lambda rows: np.array([3, 5, 2000])),
    "mask": (np.arange(NUM_ROWS) % 5 == 0, lambda rows: np.arange(0, NUM_ROWS, 5)),
    "value": ({"events.label": 1}, lambda rows: np.flatnonzero(rows.label == 1)),
    "values": (
        {"events.label": [0, 2], "events.trigger": True},
        lambda rows: np.flatnonzero((rows.label != 1) & rows.trigger),
    ),
    "expression": (
        "MET > 20 & num(Jet) >= 2 & Jet[0].n > 0",
        lambda rows: np.flatnonzero(
            (rows.MET > 20) & (ak.num(rows.Jet) >= 2) & (ak.fill_none(ak.firsts(rows.Jet.n), 0) > 0)
        ),
    ),
}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("layout", ["columns", "ragged"])
def test_choices_of_rows(stored, layout, name):
    choice, expected = CHOICES[name]
    rows = choose_rows(stored[layout].open(), choice)
    assert rows.dtype == np.int64
    np.testing.assert_array_equal(rows, ak.to_numpy(expected(stored[layout].rows)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_expression_of_the_row_object(stored_jets, layout):
    data = stored_jets[layout]
    rows = choose_rows(data.open(), "pt > 25 & num(tracks) >= 1 & MET < 30")
    expected = (data.rows.Jet.pt > 25) & (ak.num(data.rows.tracks) >= 1) & (data.rows.MET < 30)
    np.testing.assert_array_equal(rows, np.flatnonzero(ak.to_numpy(expected)))
    np.testing.assert_array_equal(read_scalar(data.open(), "events.label", "x"), data.rows.label)


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
@pytest.mark.parametrize("memory", [None, LITTLE])
def test_a_loader_of_a_subset(stored, shuffle, memory):
    data = stored["columns"]
    chosen = np.flatnonzero(data.rows.label == 2)
    loader = loader_of(data, rows={"events.label": 2}, shuffle=shuffle, memory=memory, tail="uneven")
    seen = []
    for batch in loader:
        check(batch, data)
        seen.append(batch.index)
    assert len(seen) == len(loader) == -(-len(chosen) // 128)
    np.testing.assert_array_equal(np.sort(np.concatenate(seen)), chosen)
    assert len(json.dumps(loader.state_dict())) < 1024


def test_a_subset_decodes_its_blocks_only(stored):
    loader = loader_of(stored["columns"], rows=slice(1501, 1600), batch_size=10)
    list(loader)
    assert loader.stats.epoch.decoded_rows == loader.dataset.chunk_rows
    assert loader.stats.epoch.decoded_bytes > 0


def test_another_subset_is_another_stream(stored):
    state = loader_of(stored["columns"], rows=slice(0, 1000)).state_dict()
    loader_of(stored["columns"], rows=range(1000)).load_state_dict(state)
    for other in ({"rows": slice(0, 1001)}, {}, {"sample": "events.MET", "rows": slice(0, 1000)}):
        with pytest.raises(ConfigError, match="fingerprint in the state"):
            loader_of(stored["columns"], **other).load_state_dict(state)


def test_folds(stored):
    dataset = stored["columns"].open()
    parts = [choose_rows(dataset, Fold(number, 4)) for number in range(4)]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(NUM_ROWS))
    assert min(map(len, parts)) > 0.2 * NUM_ROWS
    rest = choose_rows(dataset, Fold(1, 4, invert=True))
    np.testing.assert_array_equal(np.union1d(rest, parts[1]), np.arange(NUM_ROWS))
    assert len(rest) + len(parts[1]) == NUM_ROWS
    assert not np.array_equal(parts[0], choose_rows(dataset, Fold(0, 4, seed=1)))
    labels = [set(dataset["events"]["label"][:][choose_rows(dataset, Fold(k, 2, by="events.label"))]) for k in (0, 1)]
    assert not labels[0] & labels[1]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rows": "MET >> 3"}, ExpressionError, "rows"),
        ({"rows": "MET + 1"}, ExpressionError, "condition"),
        ({"rows": "METT > 1"}, ExpressionError, "MET"),
        ({"rows": {"events.lable": 1}}, SchemaError, "events.label"),
        ({"rows": {"events.label": 9}}, ConfigError, "none of 4000"),
        ({"rows": np.array([-1])}, ConfigError, "got -1"),
        ({"rows": 3.5}, ConfigError, "a slice, a mask"),
        ({"rows": Fold(3, 3)}, ConfigError, "less than folds"),
        ({"rows": Fold(0, 3, by="events.MET")}, ConfigError, "integers"),
        ({"sample": "events.lable"}, SchemaError, "events.label"),
        ({"sample": 3}, ConfigError, "Weighted, Quotas or Mix"),
        ({"sample": Weighted("events.number", size=0)}, ConfigError, "at least 1"),
        ({"sample": Quotas("events.label", {0: 1, 7: 1})}, ConfigError, "no row of events.label = 7"),
        ({"sample": Quotas("events.label", {0: -1})}, ConfigError, "positive"),
        ({"sample": Quotas("events.label", {0: 1, 1: 1, 2: 1}), "batch_size": 2}, ConfigError, "at least 3"),
        ({"sample": Mix({"nothing*": 1})}, ConfigError, "a part of the dataset"),
        ({"sample": Mix({"*/1.h5": 1, "*.h5": 1})}, ConfigError, "each part in one"),
        ({"sample": Quotas("events.label", {0: 1, 1: 1}), "bucket": "Jet"}, ConfigError, "one or the other"),
        ({"bucket": "events"}, ConfigError, "list object"),
        ({"elements": {"Jets": 100}}, ConfigError, "Jet"),
        ({"elements": {"Jet": 100}, "tail": "pad"}, ConfigError, "drop or uneven"),
        ({"elements": 5}, ConfigError, "of one object"),
    ],
)
def test_what_makes_no_sense_is_told(stored, options, error, text):
    with pytest.raises(error, match=text) as caught:
        loader_of(stored["columns"], **options)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("memory", [None, LITTLE])
@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
def test_weights(stored, shuffle, memory):
    data = stored["columns"]
    loader = loader_of(data, sample="events.MET", shuffle=shuffle, memory=memory, tail="uneven")
    share = ak.to_numpy(data.rows.MET).astype(float)
    share *= NUM_ROWS / share.sum()
    epochs = []
    for _ in range(2):
        seen = []
        for batch in loader:
            check(batch, data)
            seen.append(batch.index)
        epochs.append(np.bincount(np.concatenate(seen), minlength=NUM_ROWS))
        assert epochs[-1].sum() == NUM_ROWS
        assert (np.abs(epochs[-1] - share) < 1).all()
    assert (epochs[0] != epochs[1]).any()


@pytest.mark.parametrize("bad", [np.nan, -1, np.inf])
def test_weights_that_are_none(bad):
    weights = np.ones(9)
    weights[4] = bad
    with pytest.raises(ConfigError, match="in row 4"):
        Resampled(weights, 9)
    with pytest.raises(ConfigError, match="in row 14"):
        Resampled(weights, 9, np.arange(10, 19))
    with pytest.raises(ConfigError, match="no positive one"):
        Resampled(np.zeros(3), 3)


def test_weights_of_huge_span_lose_no_row():
    weights = np.r_[1e30, np.zeros(5), 1e-30, 0]
    for key in range(100):
        assert set(Resampled(weights, 7).rows(key).tolist()) <= {0, 6}
        assert len(Resampled(weights, 7).rows(key)) == 7


@pytest.mark.parametrize("world_size", [1, 2, 8])
@pytest.mark.parametrize("memory", [None, LITTLE])
@pytest.mark.parametrize("shuffle", ["block", "full"])
def test_quotas(stored, shuffle, memory, world_size):
    data = stored["columns"]
    options = {"sample": Quotas("events.label", {2: 1, 0: 2, 1: 1}), "shuffle": shuffle, "memory": memory}
    ranks = [loader_of(data, rank=rank, world_size=world_size, **options) for rank in range(world_size)]
    assert {len(loader) for loader in ranks} == {NUM_ROWS // 128}
    label = ak.to_numpy(data.rows.label)
    whole = rows_of(loader_of(data, **options))
    for step, batches in enumerate(zip(*ranks, strict=True)):
        check(batches[step % world_size], data)
        index = np.concatenate([batch.index for batch in batches])
        np.testing.assert_array_equal(index, whole[step])
        np.testing.assert_array_equal(np.bincount(label[index]), [64, 32, 32])
        share = np.bincount(label[batches[0].index], minlength=3)[0] / len(batches[0].index)
        assert abs(share - 0.5) < 0.1  # ranks have about the same mixture


def test_a_mixture_of_datasets_resumes(stored):
    data = stored["columns"]
    first, second = data.paths[0], data.paths[2]
    options = {"sample": Mix({first: 1, second: 3}), "memory": LITTLE}
    edges = np.cumsum([0, *PARTS])
    loader = loader_of(data, **options)
    batches = rows_of(loader) + rows_of(loader)
    for index in batches:
        part = np.searchsorted(edges, index, side="right") - 1
        np.testing.assert_array_equal(np.bincount(part), [32, 0, 96])
    again = loader_of(data, rank=1, world_size=2, **options)
    again.load_state_dict({**loader.state_dict(), "epoch": 1, "step": 5})
    np.testing.assert_array_equal(np.stack(rows_of(again)), np.stack(batches[len(loader) + 5 :])[:, 64:])


def test_slots_are_spread_evenly():
    slots = slots_of([4, 2, 2])
    np.testing.assert_array_equal(np.sort(np.concatenate(slots)), np.arange(8))
    for part in np.split(np.arange(8), 2):
        assert [np.isin(own, part).sum() for own in slots] == [2, 1, 1]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("memory", [None, LITTLE])
def test_buckets(stored, layout, memory):
    data = stored[layout]
    loader = loader_of(data, bucket="Jet", memory=memory, batch_size=100)
    counts = read_counts(loader.dataset, "Jet")
    stored_counts = ak.to_numpy(ak.num(data.rows.Jet))
    np.testing.assert_array_equal(counts, stored_counts if layout == "ragged" else np.minimum(stored_counts, 4))
    spreads = []
    for batch in loader:
        check(batch, data)
        spreads.append(np.ptp(counts[batch.index]))
    plain = [np.ptp(counts[index]) for index in rows_of(loader_of(data, memory=memory, batch_size=100))]
    assert np.median(plain) >= 4
    assert np.mean(spreads) < np.mean(plain) / 2  # how much less depends on the order, and so on the fingerprint
    assert len(spreads) == NUM_ROWS // 100


def test_batches_of_elements(stored):
    data = stored["ragged"]
    loader = loader_of(data, elements={"Jet": 300}, tail="uneven", memory=LITTLE)
    counts = ak.to_numpy(ak.num(data.rows.Jet))
    for _ in range(2):
        number = len(loader)
        batches = list(loader)
        assert len(batches) in (number, len(loader))
        sizes = [int(counts[batch.index].sum()) for batch in batches]
        assert max(sizes) <= 300
        assert np.mean(sizes) > 280
        np.testing.assert_array_equal(np.sort(np.concatenate([b.index for b in batches])), np.arange(NUM_ROWS))
    assert "300 Jet" in repr(loader)
    state = {**loader.state_dict(step=3), "epoch": 1}
    again = loader_of(data, elements={"Jet": 300}, tail="uneven", memory=LITTLE)
    again.load_state_dict(state)
    np.testing.assert_array_equal(next(iter(again)).index, batches[3].index)
