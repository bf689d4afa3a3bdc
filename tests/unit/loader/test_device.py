"""Torch batches, and the loader without torch."""

import subprocess
import sys

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ResourceError

torch = pytest.importorskip("torch")

INPUTS = {"Jet": ["pt", "n"], "events": ["MET", "number"]}


def loader_of(stored, **options):
    return sp.Loader(stored["columns"].open(), **{"inputs": INPUTS, "batch_size": 1000, **options})


def test_torch_batches_hold_the_same(stored):
    options = {"labels": ["events.label", "events.number", "events.trigger", "events.MET"], "tail": "pad"}
    for batch, plain in zip(loader_of(stored, to="torch", **options), loader_of(stored, **options), strict=True):
        for name in plain:
            assert batch[name].dtype == torch.float32
            assert batch[name].is_contiguous()
            np.testing.assert_array_equal(batch[name].numpy(), plain[name])
            assert batch.valid[name].dtype == torch.bool
            np.testing.assert_array_equal(batch.valid[name].numpy(), plain.valid[name])
        dtypes = [values.dtype for values in batch.labels.values()]
        assert dtypes == [torch.int64, torch.int64, torch.bool, torch.float32]
        for name, values in plain.labels.items():
            np.testing.assert_array_equal(batch.labels[name].numpy(), values)
        assert batch.weights.dtype == torch.float32
        np.testing.assert_array_equal(batch.weights.numpy(), plain.weights)
        np.testing.assert_array_equal(batch.index.numpy(), plain.index)


def test_one_label_is_a_tensor(stored):
    batch = next(iter(loader_of(stored, to="torch", labels="events.label")))
    assert batch.labels.dtype == torch.int64
    assert batch.weights is None


def test_tensors_share_the_memory_of_the_arrays(stored):
    kept = []
    loader = loader_of(stored, to="torch", transforms=lambda batch: kept.append(batch) or batch)
    batch = next(iter(loader))
    assert batch["Jet"].data_ptr() == kept[0]["Jet"].ctypes.data


def test_the_memory_outlives_loader_and_arrays(stored):
    batches = iter(loader_of(stored, to="torch", shuffle="none"))
    jets = next(batches)["Jet"]
    before = jets.clone()
    del batches
    np.testing.assert_array_equal(jets.numpy(), before.numpy())


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_a_device(stored, device):
    assert next(iter(loader_of(stored, to="torch", device=device)))["Jet"].device.type == device


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there(stored):
    with pytest.raises(ResourceError, match="device: got cuda") as caught:
        next(iter(loader_of(stored, to="torch", device="cuda")))
    assert "try device='cpu'" in str(caught.value)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu(stored):
    for batch, plain in zip(loader_of(stored, to="torch", device="cuda"), loader_of(stored), strict=True):
        assert batch["Jet"].device.type == "cuda"
        np.testing.assert_array_equal(batch["Jet"].cpu().numpy(), plain["Jet"])


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # as if it were not installed
import simdprep as sp
dataset = sp.open(sys.argv[1:])
batches = list(sp.Loader(dataset, inputs={"Jet": ["pt"]}, labels="events.label", batch_size=1000))
assert [batch["Jet"].shape for batch in batches] == [(1000, 4, 1)] * 4
try:
    sp.Loader(dataset, inputs={"Jet": ["pt"]}, to="torch")
except sp.errors.ConfigError as error:
    print(error)
"""


def test_without_torch(stored):
    command = [sys.executable, "-c", WITHOUT_TORCH, *stored["columns"].paths]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "to: got 'torch', which is not installed, expected an installed framework",
        "  in Loader",
        "  try pip install torch, the extra [torch]",
    ]


def test_numpy_batches_load_no_torch(stored):
    code = (
        "import sys, simdprep as sp; next(iter(sp.Loader(sp.open(sys.argv[1:]), inputs={'Jet': ['pt']})));"
        "assert not {'torch', 'jax', 'ml_dtypes', 'awkward', 'numba', 'uproot'} & set(sys.modules), list(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, *stored["columns"].paths], check=True)
