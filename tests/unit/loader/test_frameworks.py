"""Batches of torch and jax in every form and dtype: the same numbers, in the same memory."""

import ml_dtypes
import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError, ResourceError
from simdprep.loader.form import Jagged

torch = pytest.importorskip("torch")

INPUTS = {"Jet": ["pt", "n"], "events": ["MET"], "tracks": ["d0"]}
OPTIONS = {"inputs": INPUTS, "labels": "events.label", "batch_size": 500, "pad": {"Jet": 4, "tracks": 3}}


def first(stored, **options):
    loader = sp.Loader(stored["ragged"].open(), **{**OPTIONS, **options})
    return next(iter(loader))


def same(tensor, array):
    if array.dtype == ml_dtypes.bfloat16:
        assert tensor.dtype == torch.bfloat16
        tensor, array = tensor.float(), array.astype(np.float32)
    assert str(tensor.dtype).removeprefix("torch.") == array.dtype.name
    np.testing.assert_array_equal(tensor.numpy(), array)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("form", ["padded", "batch_max"])
def test_torch_with_slots(stored, form, dtype):
    batch, plain = (first(stored, form=form, dtype=dtype, to=to) for to in ("torch", None))
    for name in INPUTS:
        same(batch[name], plain[name])
        same(batch.valid[name], plain.valid[name])
        same(batch.padding_mask[name], ~plain.valid[name])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_torch_jagged(stored, dtype):
    batch, plain = (first(stored, form="jagged", dtype=dtype, to=to) for to in ("torch", None))
    nested = batch["Jet"]
    assert nested.is_nested
    assert nested.layout == torch.jagged
    same(nested.values(), plain["Jet"].values)
    same(nested.offsets(), plain["Jet"].offsets)
    sizes = np.diff(plain["Jet"].offsets)
    assert (nested._get_min_seqlen(), nested._get_max_seqlen()) == (sizes.min(), sizes.max())
    assert isinstance(batch["tracks"], Jagged)  # torch knows one ragged axis
    for part in ("values", "offsets", "inner_offsets"):
        same(getattr(batch["tracks"], part), getattr(plain["tracks"], part))


@pytest.mark.parametrize("form", ["varlen", "graph"])
def test_torch_without_slots(stored, form):
    batch, plain = (first(stored, form=form, to=to) for to in ("torch", None))
    for name in ("Jet", "tracks"):
        for part, value in vars(plain[name]).items():
            if isinstance(value, np.ndarray):
                same(getattr(batch[name], part), value)
            else:
                assert getattr(batch[name], part) == value


@pytest.mark.parametrize("form", ["padded", "varlen"])
def test_torch_shares_the_memory(stored, form):
    kept = []
    batch = first(stored, form=form, to="torch", transforms=lambda batch: kept.append(batch) or batch)
    tensor, array = batch["Jet"], kept[0]["Jet"]
    if form == "varlen":
        tensor, array = tensor.values, array.values
    assert tensor.data_ptr() == array.ctypes.data


def test_torch_needs_no_ml_dtypes(stored, monkeypatch):
    plain = first(stored, dtype="bfloat16")
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    same(first(stored, dtype="bfloat16", to="torch")["Jet"], plain["Jet"])
    for options in ({}, {"to": "torch", "transforms": lambda batch: batch}):
        with pytest.raises(ConfigError, match="numpy needs ml_dtypes, which is not installed"):
            first(stored, dtype="bfloat16", **options)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("form", ["padded", "batch_max", "jagged", "varlen", "graph"])
def test_jax(stored, form, dtype):
    jax = pytest.importorskip("jax")  # not above: its threads would be there in every test that forks
    batch, plain = (first(stored, form=form, dtype=dtype, to=to) for to in ("jax", None))
    for name in INPUTS:
        parts = vars(plain[name]) if hasattr(plain[name], "map") else {"": plain[name]}
        for part, value in parts.items():
            actual = getattr(batch[name], part) if part else batch[name]
            if isinstance(value, np.ndarray):
                assert isinstance(actual, jax.Array)
                assert actual.dtype == (np.int32 if value.dtype == np.int64 else value.dtype)
                actual = np.asarray(actual)
                if dtype == "bfloat16" and actual.dtype == value.dtype:  # numpy's test knows no NaN of these
                    actual, value = actual.astype(np.float32), value.astype(np.float32)
                np.testing.assert_array_equal(actual, value)
            else:
                assert actual == value
    np.testing.assert_array_equal(np.asarray(batch.labels), plain.labels)
    np.testing.assert_array_equal(np.asarray(batch.index), plain.index)


def test_jax_batches_stay_as_they_are(stored):
    loader = sp.Loader(stored["ragged"].open(), **{**OPTIONS, "to": "jax"})
    kept = [(batch["Jet"], np.array(batch["Jet"])) for batch in loader]
    for array, copy in kept:
        np.testing.assert_array_equal(np.asarray(array), copy)


def test_jax_refuses_what_32_bits_do_not_hold(stored):
    with pytest.raises(ConfigError, match="value for jax: got 1099511") as caught:
        first(stored, to="jax", labels="events.number")
    assert "jax_enable_x64" in str(caught.value)


def test_devices_of_jax(stored):
    assert next(iter(first(stored, to="jax", device="cpu:0")["Jet"].devices())).platform == "cpu"
    with pytest.raises(ConfigError, match="device: got 'cpu:x', expected a platform"):
        first(stored, to="jax", device="cpu:x")
    with pytest.raises(ResourceError, match="device: got tpu:0"):
        first(stored, to="jax", device="tpu")


def test_others_take_numpy_arrays(stored):
    batch = first(stored)
    tensor = torch.from_dlpack(batch["Jet"])
    assert tensor.data_ptr() == batch["Jet"].ctypes.data
