"""Loaders in torch's DataLoader: the same batches for any number of workers, however they are started."""

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from simdprep.loader.batch import Batch
from simdprep.loader.passes import SharedPasses

torch = pytest.importorskip("torch")

OPTIONS = {"inputs": {"Jet": ["pt", "n"], "events": ["MET"]}, "labels": "events.label", "batch_size": 300, "pad": 4}


def loader_of(stored, **options):
    return sp.Loader(stored["columns"].open(), **{**OPTIONS, **options})


def data_loader(loader, workers, **options):
    return torch.utils.data.DataLoader(loader.as_iterable_dataset(), batch_size=None, num_workers=workers, **options)


def rows(batches):
    return [batch.index.tolist() for batch in batches]


def epochs(stored, count, **options):
    loader = loader_of(stored, **options)
    return [rows(loader) for _ in range(count)]


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("tail", ["drop", "pad", "uneven"])
def test_any_number_of_workers(stored, workers, tail):
    whole = loader_of(stored, to="torch", tail=tail)
    for batch, expected in zip(data_loader(loader_of(stored, tail=tail), workers), whole, strict=True):
        assert type(batch) is Batch
        assert batch.index.tolist() == expected.index.tolist()
        for name in expected:
            assert torch.equal(batch[name], expected[name]) or torch.isnan(expected[name]).any()
            np.testing.assert_array_equal(batch[name].numpy(), expected[name].numpy())
            assert torch.equal(batch.valid[name], expected.valid[name])
        assert torch.equal(batch.labels, expected.labels)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("persistent", [False, True])
def test_epochs_go_on(stored, workers, persistent):
    loader = loader_of(stored)
    batches = data_loader(loader, workers, persistent_workers=persistent and workers > 0)
    wanted = epochs(stored, 5)
    assert rows(batches) == wanted[0]
    assert rows(batches) == wanted[1]
    assert loader.state_dict(step=2)["epoch"] == (1 if workers else 2)
    loader.set_epoch(4)
    assert loader.epoch == 4
    assert rows(batches) == wanted[4]


def test_a_pass_that_is_left_early(stored):
    batches = data_loader(loader_of(stored), 2)
    next(iter(batches))
    assert rows(batches) == epochs(stored, 2)[1]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_resume(stored, workers):
    loader = loader_of(stored)
    batches = data_loader(loader, workers)
    rows(batches)
    for step, _ in enumerate(batches, 1):
        if step == 5:
            break
    state = loader.state_dict(step=5)
    assert state["epoch"] == 1
    other = loader_of(stored)
    other.load_state_dict(state)
    assert rows(data_loader(other, 2)) == epochs(stored, 2)[1][5:]
    loader.load_state_dict(state)
    assert rows(batches) == epochs(stored, 2)[1][5:]
    assert rows(batches) == epochs(stored, 3)[2]


def test_spawned_workers(stored):
    batches = data_loader(loader_of(stored), 2, multiprocessing_context="spawn")
    assert rows(batches) == epochs(stored, 1)[0]
    assert rows(batches) == epochs(stored, 2)[1]


@pytest.mark.parametrize("form", ["jagged", "varlen", "graph"])
def test_forms_through_workers(stored, form):
    dtype = "bfloat16" if form == "varlen" else "float32"
    whole = loader_of(stored, to="torch", form=form, dtype=dtype)
    for batch, expected in zip(data_loader(loader_of(stored, form=form, dtype=dtype), 2), whole, strict=True):
        values, wanted = (one["Jet"].values for one in (batch, expected))
        if form == "jagged":
            assert batch["Jet"].is_nested
            assert torch.equal(batch["Jet"].offsets(), expected["Jet"].offsets())
            values, wanted = values(), wanted()
        assert values.dtype == wanted.dtype
        np.testing.assert_array_equal(values.float().numpy(), wanted.float().numpy())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_workers_make_no_gpu_batches(stored):
    with pytest.raises(ConfigError, match="device: got a GPU, from a worker process"):
        next(iter(data_loader(loader_of(stored, to="torch", device="cuda"), 1)))


def test_the_length(stored):
    assert len(data_loader(loader_of(stored), 2)) == 13


def test_passes_of_workers():
    passes = SharedPasses(4)
    passes.set_next(7, 3)
    assert passes.epoch is None
    assert [passes.join(100, worker) for worker in (1, 0)] == [(7, 3), (7, 3)]
    assert passes.epoch == 7
    assert [passes.join(100, worker) for worker in (0, 1)] == [(8, 0), (8, 0)]  # the same workers again
    assert passes.join(200, 1) == (9, 0)  # other ones; worker 0 never began
    assert [passes.join(300, worker) for worker in (0, 1)] == [(10, 0), (10, 0)]
    passes.set_next(0, 0)
    assert passes.join(300, 0) == (0, 0)


def test_a_batch_moves_as_a_whole(stored):
    batch = next(iter(loader_of(stored, to="torch", form="varlen")))
    moved = batch.to("meta")
    assert {moved["Jet"].values.device.type, moved["Jet"].cu_seqlens.device.type, moved.labels.device.type} == {"meta"}
    assert moved["Jet"].max_seqlen == batch["Jet"].max_seqlen
