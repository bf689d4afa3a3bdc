"""Transforms and functions on the way of a batch."""

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from simdprep.loader.batch import Batch
from simdprep.loader.form import values_of
from simdprep.transforms import Standardise

INPUTS = {"Jet": ["n", "tight"], "events": ["MET"]}


def loader_of(stored, transforms, **options):
    options = {"inputs": INPUTS, "batch_size": 1000, "shuffle": "none", **options}
    return sp.Loader(stored["columns"].open(), transforms=transforms, **options)


@pytest.fixture
def plain(stored):
    return next(iter(loader_of(stored, None)))


class Scale:
    """A transform that multiplies valid entries."""

    def __init__(self, factor):
        self.factor = factor

    def fit(self, values, valid=None):
        raise NotImplementedError

    def apply(self, values, valid=None, *, out=None):
        out = np.empty_like(values) if out is None else out
        np.multiply(values, self.factor, out=out, where=True if valid is None else valid[..., None])
        return out

    def state(self):
        return {"factor": self.factor}

    @classmethod
    def from_state(cls, state):
        return cls(**state)


@pytest.fixture
def standardise(plain):
    transform = Standardise(["n", "tight"])
    transform.fit(plain["Jet"], plain.valid["Jet"])
    return transform


def test_a_transform_of_an_object(stored, plain, standardise):
    batch = next(iter(loader_of(stored, {"Jet": standardise})))
    np.testing.assert_array_equal(batch["Jet"], standardise.apply(plain["Jet"], plain.valid["Jet"]))
    np.testing.assert_array_equal(batch["Jet"][~batch.valid["Jet"]], 0)
    np.testing.assert_array_equal(batch["events"], plain["events"])


def test_transforms_follow_each_other(stored, plain):
    batch = next(iter(loader_of(stored, [{"Jet": [Scale(2), Scale(3)]}, double, {"events": Scale(5)}])))
    np.testing.assert_array_equal(batch["Jet"], plain["Jet"] * 6)
    np.testing.assert_array_equal(batch["events"], plain["events"] * 10)


def double(batch):
    batch["events"][...] *= 2
    return batch


def test_one_transform_for_one_object(stored):
    options = {"inputs": {"events": ["MET"]}}
    expected = next(iter(loader_of(stored, None, **options)))["events"] * 2
    np.testing.assert_array_equal(next(iter(loader_of(stored, Scale(2), **options)))["events"], expected)
    np.testing.assert_array_equal(next(iter(loader_of(stored, [Scale(2)], **options)))["events"], expected)


def test_one_transform_for_two_objects_is_ambiguous(stored):
    with pytest.raises(ConfigError, match="got Scale alone, expected transforms by object, of Jet, events"):
        loader_of(stored, Scale(2))


def test_halves_are_transformed_too(stored, plain):
    batch = next(iter(loader_of(stored, {"events": Scale(2)}, dtype="float16")))
    assert batch["events"].dtype == np.float16
    np.testing.assert_array_equal(batch["events"], (plain["events"].astype(np.float16) * 2))


def test_a_function_may_make_another_batch(stored, plain):
    def total(batch):
        sums = batch["Jet"].sum(axis=1)
        return batch.replace(values={"sum": sums}, labels=batch.index % 2)

    batch = next(iter(loader_of(stored, total)))
    assert list(batch) == ["Jet", "events", "sum"]
    np.testing.assert_array_equal(batch["sum"], plain["Jet"].sum(axis=1))
    np.testing.assert_array_equal(batch.labels, np.arange(1000) % 2)


@pytest.mark.parametrize("threads", [1, 4])
def test_an_error_reaches_the_caller_with_its_place(stored, threads):
    def picky(batch):
        if 2500 in batch.index:
            raise ZeroDivisionError("no jets")
        return batch

    batches = iter(loader_of(stored, picky, threads=threads))
    assert [batch.index[0] for batch in (next(batches), next(batches))] == [0, 1000]
    with pytest.raises(ZeroDivisionError, match="no jets") as caught:
        next(batches)
    assert caught.value.__notes__ == ["in the transform picky, batch 2 of epoch 0, row 2500"]
    assert list(batches) == []


@pytest.mark.parametrize("form", ["padded", "varlen"])
def test_the_row_is_found_behind_steps_that_change_it(stored, form):
    def negate(batch):
        values = values_of(batch["Jet"])
        values[...] = -values
        batch.index[...] = 0
        return batch

    def strict(batch):
        if (batch["events"] > 100).any():
            raise ValueError("much energy is missing")
        return batch

    rows = np.flatnonzero(stored["columns"].rows.MET.to_numpy() > 100)
    with pytest.raises(ValueError, match="missing") as caught:
        list(loader_of(stored, [negate, strict], form=form))
    batch = int(rows[0]) // 1000
    assert caught.value.__notes__ == [f"in the transform strict, batch {batch} of epoch 0, row {rows[0]}"]


def test_no_row_is_blamed_for_what_fails_always(stored):
    def broken(batch):
        return batch["no such object"]

    with pytest.raises(KeyError) as caught:
        next(iter(loader_of(stored, broken)))
    assert caught.value.__notes__ == ["in the transform broken, batch 0 of epoch 0, rows 0, 1, 2, ..."]


def test_a_function_must_return_a_batch(stored):
    def forgets(batch):
        batch["Jet"][...] = 0

    with pytest.raises(ConfigError, match="result of forgets: got NoneType, expected a batch"):
        next(iter(loader_of(stored, forgets)))


def test_a_batch_can_be_made_anew():
    batch = Batch({"x": np.ones((3, 2))}, {"x": np.ones(3, bool)}, index=np.arange(3))
    other = batch.replace(weights=np.ones(3))
    assert other["x"] is batch["x"]
    assert (other.num_rows, len(other), list(other), batch.weights) == (3, 1, ["x"], None)
    with pytest.raises(TypeError, match="a batch has no label"):
        batch.replace(label=1)
    with pytest.raises(KeyError):
        batch["y"]


def test_a_function_that_raises_stop_iteration_ends_no_epoch(stored):
    def empty(batch):
        return next(iter(()))

    with pytest.raises(RuntimeError, match="StopIteration in the transform empty, batch 0 of epoch 0"):
        list(loader_of(stored, empty))
