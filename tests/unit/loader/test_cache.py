"""What is kept from epoch to epoch: the same batches, and nothing decoded twice."""

import numpy as np
import pytest

import simdprep as sp
from simdprep.errors import ConfigError
from simdprep.loader import loader as loader_module
from simdprep.loader.block import BlockReader
from simdprep.loader.cache import BlockCache, cache_limit
from simdprep.loader.form import FORMS, SLOTTED, values_of
from simdprep.loader.free_memory import free_memory, ranks_here
from tests.unit.loader.conftest import LAYOUTS

INPUTS = {"Jet": ["pt", "n"], "events": ["MET"], "tracks": ["d0", "hits"]}
LITTLE = 100_000


def loader_of(data, **options):
    options = {"inputs": INPUTS, "batch_size": 300, "pad": data.pads or None, **options}
    return sp.Loader(data.open(), **options)


@pytest.fixture
def decoded(monkeypatch):
    """How many rows were decoded."""
    rows = []
    read = BlockReader.read

    def counted(self, start, stop):
        rows.append(stop - start)
        return read(self, start, stop)

    monkeypatch.setattr(BlockReader, "read", counted)
    return rows


def same(one, other):
    for left, right in zip(one, other, strict=True):
        assert left.index.tolist() == right.index.tolist()
        for name in left:
            np.testing.assert_array_equal(left[name], right[name])
            np.testing.assert_array_equal(left.valid[name], right.valid[name])


@pytest.mark.parametrize("shuffle", ["none", "block", "full"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_in_ram(stored, decoded, shuffle, layout):
    data = stored[layout]
    plain = loader_of(data, shuffle=shuffle, memory=LITTLE)
    kept = loader_of(data, shuffle=shuffle, memory=LITTLE, cache="ram")
    assert plain.order.num_pools > 1
    assert plain.state_dict() == kept.state_dict()
    wanted = [list(plain) for _ in range(3)]
    decoded.clear()
    for epoch in wanted:
        same(kept, epoch)
    assert sum(decoded) == 4000
    assert kept.stats.epoch.decoded_rows == 0


def test_nothing_is_kept(stored, decoded):
    loader = loader_of(stored["columns"], cache=None)
    wanted = [list(loader_of(stored["columns"])) for _ in range(1)]
    decoded.clear()
    same(loader, wanted[0])
    list(loader)
    assert sum(decoded) == 8000


def test_auto_keeps_what_fits(stored, decoded, monkeypatch):
    monkeypatch.setattr(loader_module, "cache_limit", lambda *_: 30_000)
    loader = loader_of(stored["columns"], memory=LITTLE)
    list(loader)
    first = sum(decoded)
    decoded.clear()
    list(loader)
    assert 0 < sum(decoded) < first


def test_limits(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert ranks_here(8) == 2
    monkeypatch.delenv("LOCAL_WORLD_SIZE")
    assert ranks_here(8) == 8
    assert 1 << 20 < free_memory() < 1 << 50
    assert cache_limit(None, None, 1) == cache_limit("auto", 1 << 30, 1) == 0
    assert cache_limit("ram", 1, 1) > 1 << 60
    monkeypatch.setattr("simdprep.loader.cache.free_memory", lambda: 1000)
    assert (cache_limit("auto", None, 1), cache_limit("auto", None, 5)) == (250, 50)


def test_a_cache_is_bounded(stored):
    data = stored["columns"]
    reader = BlockReader(data.open(), loader_of(data)._plan)
    size = reader.read(0, 1000).num_bytes
    cache = BlockCache(reader, int(1.5 * size))
    blocks = [cache.read(start, start + 1000) for start in (0, 1000, 0)]
    assert blocks[2] is blocks[0]
    assert (cache.holds(0, 1000), cache.holds(1000, 2000)) == (True, False)
    assert cache.num_bytes == size


def parts_of(value):
    """All arrays of a value of torch, by name."""
    if getattr(value, "is_nested", False):
        return {"values": value.values(), "offsets": value.offsets()}
    return vars(value) if hasattr(value, "map") else {"values": value}


@pytest.mark.parametrize("layout", ["columns", "ragged"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "options", [{}, {"channels_first": True}, {"dtype": "bfloat16"}, {"pad": {"Jet": 2, "tracks": 1}}]
)
def test_batches_made_on_a_device(stored, layout, form, options):
    torch = pytest.importorskip("torch")
    if options.get("channels_first") and form not in SLOTTED:
        return
    options = {
        "labels": {"y": "events.label", "w": "events.weight"}, "weights": "events.weight", "tail": "pad",
        "shuffle": "full", "form": form, "to": "torch", **options,
    }  # fmt: skip
    data = stored[layout]
    on_device = loader_of(data, **options, device="cpu", cache="device")
    for batch, wanted in zip(on_device, loader_of(data, **options), strict=True):
        assert torch.equal(batch.index, wanted.index)
        for name in wanted:
            have, want = parts_of(batch[name]), parts_of(wanted[name])
            assert have.keys() == want.keys()
            for part, value in want.items():
                if not isinstance(value, torch.Tensor):
                    assert have[part] == value
                    continue
                assert have[part].dtype == value.dtype
                assert have[part].is_contiguous()
                np.testing.assert_array_equal(have[part].float().numpy(), value.float().numpy())
            if name in wanted.valid:
                assert torch.equal(batch.valid[name], wanted.valid[name])
        assert torch.equal(batch.weights, wanted.weights)
        for name, label in wanted.labels.items():
            assert (batch.labels[name].dtype, batch.labels[name].tolist()) == (label.dtype, label.tolist())


def test_transforms_on_a_device(stored):
    torch = pytest.importorskip("torch")
    data, inputs = stored["columns"], {"Jet": ["n"]}
    standardise = sp.transforms.Standardise(["n"])
    for batch in loader_of(data, inputs=inputs):
        standardise.fit(batch["Jet"], batch.valid["Jet"])

    def negated(batch):
        assert isinstance(values_of(batch["Jet"]), torch.Tensor)
        return batch.replace(values={"Jet": -batch["Jet"]})

    options = {"inputs": inputs, "to": "torch", "device": "cpu", "cache": "device"}
    made = next(iter(loader_of(data, **options, transforms=[{"Jet": standardise}, negated])))
    wanted = next(iter(loader_of(data, inputs=inputs, transforms={"Jet": standardise})))
    np.testing.assert_array_equal(made["Jet"].numpy(), -wanted["Jet"])

    def fails(batch):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        next(iter(loader_of(data, **options, transforms=fails)))
    assert caught.value.__notes__ == ["in the transform fails, on the device"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cache": "disk"}, "cache: got 'disk', expected auto or ram or device or None"),
        ({"cache": "device"}, "cache: got 'device', expected it with to='torch' and a device"),
        ({"cache": "device", "to": "torch"}, "expected it with to='torch' and a device"),
    ],
)
def test_caches_that_cannot_be(stored, options, said):
    with pytest.raises(ConfigError) as caught:
        loader_of(stored["columns"], **options)
    assert said in str(caught.value)


def test_numpy_transforms_do_not_go_to_a_device(stored):
    pytest.importorskip("torch")
    from tests.unit.loader.test_steps import Scale

    with pytest.raises(ConfigError, match="transforms: got Scale of Jet, expected elementwise transforms"):
        loader_of(stored["columns"], to="torch", device="cpu", cache="device", transforms={"Jet": Scale(2)})
