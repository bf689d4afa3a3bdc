"""The data module of Lightning: with a stand-in of its base class, so that it is tested where Lightning is not."""

import sys
from types import SimpleNamespace

import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from simdprep.loader import lightning_data


@pytest.fixture
def stand_in(monkeypatch):
    class LightningDataModule:
        def __init__(self):
            self.is_set_up = True

    monkeypatch.setitem(sys.modules, "lightning", SimpleNamespace(LightningDataModule=LightningDataModule))
    return LightningDataModule


@pytest.fixture
def make(stored):
    return lambda **options: sp.Loader(stored["columns"].open(), inputs={"Jet": ["pt"]}, batch_size=500, **options)


def test_loaders_of_the_stages(stand_in, make):
    data = lightning_data(make, lambda: make(shuffle="none"), test=make(seed=2))
    assert isinstance(data, stand_in)
    assert data.is_set_up
    assert data.train_dataloader() is data.train_dataloader()
    assert next(iter(data.val_dataloader())).index.tolist() == list(range(500))
    assert data.test_dataloader().order.seed == 2
    assert lightning_data(make).val_dataloader() == []


def test_a_run_goes_on(stand_in, make):
    data = lightning_data(make)
    batches = iter(data.train_dataloader())
    for _ in range(3):
        next(batches)
    state = data.state_dict()
    rest = [batch.index.tolist() for batch in batches]
    other = lightning_data(make)
    assert other.state_dict() == {}
    other.load_state_dict(state)
    assert [batch.index.tolist() for batch in other.train_dataloader()] == rest


def test_without_lightning(monkeypatch, make):
    monkeypatch.setitem(sys.modules, "lightning", None)
    with pytest.raises(ConfigError, match="lightning_data: got no lightning") as caught:
        lightning_data(make)
    assert "pip install lightning" in str(caught.value)
