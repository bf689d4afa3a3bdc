"""Batches hold what was written: every row once, the right values, in the promised order."""

import numpy as np
import pytest

import simdprep as sp
from tests.unit.loader.conftest import LAYOUTS, PARTS

INPUTS = {"Jet": ["pt", "n", "tight"], "events": ["MET", "number", "trigger"], "tracks": ["hits", "d0"]}
SLOTS = {"Jet": (4,), "events": (), "tracks": (4, 3)}
NUM_ROWS = sum(PARTS)

#: Small enough that the dataset is cut into several pools.
LITTLE = 200_000


def loader_of(data, **options):
    options = {"inputs": INPUTS, "batch_size": 256, "pad": data.pads or None, **options}
    return sp.Loader(data.open(), **options)


def check(batch, data, inputs=INPUTS, slots=SLOTS):
    """Compare a batch with the rows its index names."""
    real = batch.index >= 0
    assert list(batch) == list(inputs)
    for name, fields in inputs.items():
        values, mask = data.expected(name, fields, slots[name])
        rows = batch[name]
        assert rows.flags.c_contiguous
        assert rows.dtype == np.float32
        assert rows.shape == (batch.num_rows, *slots[name], len(fields))
        np.testing.assert_array_equal(rows[real], values[batch.index[real]])
        np.testing.assert_array_equal(rows[~real], 0)
        valid = batch.valid[name]
        assert valid.dtype == np.bool_
        np.testing.assert_array_equal(valid[real], True if mask is None else mask[batch.index[real]])
        np.testing.assert_array_equal(valid[~real], False)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
@pytest.mark.parametrize("memory", [None, LITTLE])
def test_an_epoch(stored, layout, shuffle, memory):
    data = stored[layout]
    loader = loader_of(data, shuffle=shuffle, memory=memory, tail="uneven", labels="events.label")
    assert (loader.order.num_pools == 1) == (memory is None)
    seen = []
    for batch in loader:
        check(batch, data)
        np.testing.assert_array_equal(batch.labels, data.rows.label.to_numpy()[batch.index])
        seen.append(batch.index)
    assert [len(index) for index in seen] == [256] * 15 + [NUM_ROWS - 15 * 256]
    order = np.concatenate(seen)
    np.testing.assert_array_equal(np.sort(order), np.arange(NUM_ROWS))
    np.testing.assert_array_equal(order, loader.order.epoch(0).rows(0, NUM_ROWS))
    assert np.array_equal(order, np.arange(NUM_ROWS)) == (shuffle == "none")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_that_are_jets(stored_jets, layout):
    data = stored_jets[layout]
    inputs = {"Jet": ["pt", "tight"], "tracks": ["d0", "hits"], "events": ["MET", "number"]}
    slots = {"Jet": (), "tracks": (3,), "events": ()}
    loader = loader_of(
        data, inputs=inputs, labels=["events.label", "Jet.n"], weights="events.weight", memory=LITTLE, tail="uneven"
    )
    seen = []
    for batch in loader:
        check(batch, data, inputs, slots)
        assert list(batch.labels) == ["events.label", "Jet.n"]
        np.testing.assert_array_equal(batch.labels["events.label"], data.rows.label.to_numpy()[batch.index])
        np.testing.assert_array_equal(batch.labels["Jet.n"], data.rows.Jet.n.to_numpy()[batch.index])
        np.testing.assert_array_equal(batch.weights, data.rows.weight.to_numpy()[batch.index].astype(np.float32))
        seen.append(batch.index)
    np.testing.assert_array_equal(np.sort(np.concatenate(seen)), np.arange(len(data.rows)))


def test_values_are_those_read_row_by_row(stored):
    dataset = stored["columns"].open()
    for batch in list(sp.Loader(dataset, inputs={"Jet": ["pt"]}, batch_size=8))[:2]:
        for values, valid, row in zip(batch["Jet"], batch.valid["Jet"], batch.index, strict=True):
            np.testing.assert_array_equal(valid, dataset["Jet"].valid[int(row)])
            np.testing.assert_array_equal(values[valid, 0], dataset["Jet"]["pt"][int(row)][valid])


def test_h5py_and_the_core_read_the_same(stored):
    data = stored["columns"]
    options = {"inputs": INPUTS, "batch_size": 500, "memory": LITTLE}
    ours = sp.Loader(data.open(), **options)
    theirs = sp.Loader(data.open(engine="h5py"), **options)
    assert_same_stream(ours, theirs)


def assert_same_stream(one, other):
    batches, others = list(one), list(other)
    assert len(batches) == len(others)
    for left, right in zip(batches, others, strict=True):
        assert_same_batch(left, right)


def assert_same_batch(left, right):
    np.testing.assert_array_equal(left.index, right.index)
    for name in left:
        assert left[name].tobytes() == right[name].tobytes()
        np.testing.assert_array_equal(left.valid[name], right.valid[name])


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
@pytest.mark.parametrize("layout", ["columns", "ragged"])
def test_the_number_of_threads_changes_nothing(stored, layout, shuffle):
    options = {"shuffle": shuffle, "memory": LITTLE}
    assert_same_stream(loader_of(stored[layout], threads=1, **options), loader_of(stored[layout], threads=4, **options))


def test_a_full_shuffle_is_the_same_in_any_memory(stored):
    one = loader_of(stored["columns"], shuffle="full")
    other = loader_of(stored["columns"], shuffle="full", memory=LITTLE)
    assert (one.order.num_pools, other.order.num_pools > 1) == (1, True)
    assert_same_stream(one, other)


@pytest.mark.parametrize("world_size", [2, 4, 8])
@pytest.mark.parametrize("tail", ["drop", "pad", "uneven"])
def test_ranks_make_up_the_batch_of_one(stored, world_size, tail):
    options = {"batch_size": 840, "tail": tail, "memory": LITTLE}
    whole = list(loader_of(stored["columns"], **options))
    ranks = [list(loader_of(stored["columns"], rank=r, world_size=world_size, **options)) for r in range(world_size)]
    for step, batch in enumerate(whole):
        slices = [batches[step] for batches in ranks]
        np.testing.assert_array_equal(np.concatenate([part.index for part in slices]), batch.index)
        for name in batch:
            np.testing.assert_array_equal(np.concatenate([part[name] for part in slices]), batch[name])
    assert {len(batches) for batches in ranks} == {len(whole)}


@pytest.mark.parametrize("weights", [None, "events.weight"])
def test_an_empty_row_weighs_nothing(stored, weights):
    data = stored["columns"]
    loader = loader_of(data, tail="pad", weights=weights, labels="events.label")
    *_, last = loader
    real = NUM_ROWS % 256
    assert (last.num_rows, len(loader)) == (256, 16)
    assert (last.index[:real] >= 0).all()
    assert (last.index[real:] == -1).all()
    assert (last.weights[real:] == 0).all()
    assert (last.labels[real:] == 0).all()
    expected = 1 if weights is None else data.rows.weight.to_numpy()[last.index[:real]].astype(np.float32)
    np.testing.assert_array_equal(last.weights[:real], expected)
    check(last, data)


def test_without_weights_or_labels_there_are_none(stored):
    batch = next(iter(loader_of(stored["columns"])))
    assert batch.weights is None
    assert batch.labels is None


def test_labels_by_names_of_ones_own(stored):
    data = stored["columns"]
    batch = next(iter(loader_of(data, labels={"target": "events.label", "energy": "events.MET"})))
    assert list(batch.labels) == ["target", "energy"]
    assert batch.labels["target"].dtype == np.int8
    np.testing.assert_array_equal(batch.labels["energy"], data.rows.MET.to_numpy()[batch.index])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("jets", "tracks"), [(2, 5), (7, 2), (1, 1)])
def test_other_slots_than_those_of_the_file(stored, layout, jets, tracks):
    data = stored[layout]
    batch = next(iter(loader_of(data, pad={"Jet": jets, "tracks": tracks})))
    stored_slots = (100, 100) if layout == "ragged" else (4, 3)  # what the file cut off does not come back
    for name, slots in (("Jet", (jets,)), ("tracks", (jets, tracks))):
        kept = tuple(map(min, slots, stored_slots))
        values, mask = data.expected(name, INPUTS[name], kept)
        inside = (slice(None), *(slice(size) for size in kept))
        np.testing.assert_array_equal(batch[name][inside], values[batch.index])
        np.testing.assert_array_equal(batch.valid[name][inside], mask[batch.index])
        assert batch.valid[name].sum() == mask[batch.index].sum()


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_another_dtype(stored, dtype):
    data = stored["columns"]
    batch = next(iter(loader_of(data, inputs={"events": ["MET", "number"]}, dtype=dtype)))
    with np.errstate(over="ignore"):
        expected, _ = data.expected("events", ["MET", "number"], (), dtype)
    assert batch["events"].dtype == dtype
    np.testing.assert_array_equal(batch["events"], expected[batch.index])


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
def test_a_dataset_without_rows(tmp_path, stored, shuffle):
    events = stored["columns"].rows
    schema = sp.Schema.from_awkward(events, pad=4)
    with sp.Writer(tmp_path / "none.h5", schema) as writer:
        writer.fill(events[:0])
    loader = sp.Loader(sp.open(tmp_path / "none.h5"), inputs={"Jet": ["pt"]}, shuffle=shuffle, tail="pad")
    assert len(loader) == 0
    assert list(loader) == []


def test_batches_are_never_overwritten(stored):
    loader = loader_of(stored["columns"], memory=LITTLE)
    kept = list(loader)
    copies = [{name: values.copy() for name, values in batch.items()} for batch in kept]
    list(loader)
    for batch, copy in zip(kept, copies, strict=True):
        for name, values in copy.items():
            np.testing.assert_array_equal(batch[name], values)
    pointers = [values.ctypes.data for batch in kept for values in (*batch.values(), *batch.valid.values())]
    assert len(set(pointers)) == len(pointers)


def test_what_it_says_of_itself(stored):
    loader = loader_of(stored["columns"], memory=LITTLE)
    assert "15 batches of 256" in repr(loader)
    assert 1 < loader.shuffle_inflation < 32
    assert repr(next(iter(loader))) == "Batch(256 rows: Jet (256, 4, 3), events (256, 3), tracks (256, 4, 3, 2))"
    list(loader)
    assert (loader.stats.batches, loader.stats.rows) == (16, 16 * 256)
    assert loader.stats.wait > 0
