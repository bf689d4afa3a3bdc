"""Taking the valid entries out of slots equals what numpy and awkward take."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdprep import _core
from simdprep.errors import DatasetError
from simdprep.padding import pad

POOLS = [_core.ThreadPool(1), _core.ThreadPool(3)]
DTYPES = ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]
RECORD = np.dtype([("a", "u1"), ("b", "f4"), ("valid", "?"), ("c", "i8"), ("d", "f2")])  # 16 bytes without gaps
WIDE = np.dtype([("a", "f4", (11,)), ("valid", "?")])

pools = st.sampled_from(POOLS)
pads = st.sampled_from([1, 2, 3, 5, 8, 31, 40, 70])


def unpad_with_numpy(values, valid):
    """The oracle: the entries where the mask holds, and where those of each list begin."""
    return values[valid], np.concatenate([[0], np.cumsum(valid.sum(axis=-1).reshape(-1))]).astype(np.int64)


def mask_of(data, shape):
    """Masks with the valid entries first; many lists empty, many full."""
    lists = int(np.prod(shape[:-1]))
    lengths = st.one_of(st.just(0), st.just(shape[-1]), st.integers(0, shape[-1]))
    counts = np.array(data.draw(st.lists(lengths, min_size=lists, max_size=lists)), np.int64)
    return np.arange(shape[-1]) < counts.reshape(shape[:-1])[..., None]


def bytes_of(data, shape, dtype):
    """Values of any bits, other ones in the empty slots too."""
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    bits = random.integers(0, 2 if dtype == np.dtype("bool") else 256, (*shape, dtype.itemsize), np.uint8)
    return bits.view(dtype)[..., 0]


def compare(pool, values, valid):
    content, wanted = unpad_with_numpy(values, valid)
    offsets = _core.unpad_offsets(pool, valid)
    assert offsets.dtype == np.int64
    np.testing.assert_array_equal(offsets, wanted)
    found = _core.unpad(pool, values, offsets)
    assert found.dtype == values.dtype
    assert found.shape == content.shape
    assert found.tobytes() == content.tobytes()


@given(
    data=st.data(),
    pool=pools,
    slots=pads,
    dtype=st.sampled_from([*map(np.dtype, DTYPES), RECORD, WIDE]),
    outer=st.sampled_from([(0,), (1,), (9,), (3, 1), (4, 3), (0, 2)]),
)
def test_equals_numpy(data, pool, slots, dtype, outer):
    valid = mask_of(data, (*outer, slots))
    compare(pool, bytes_of(data, valid.shape, dtype), valid)


@pytest.mark.parametrize("member", RECORD.names)
@given(data=st.data(), pool=pools, slots=pads, outer=st.sampled_from([(6,), (3, 2)]))
def test_members_of_records(member, data, pool, slots, outer):
    valid = mask_of(data, (*outer, slots))
    records = bytes_of(data, valid.shape, RECORD)
    records["valid"] = valid
    compare(pool, records[member], records["valid"])


@given(
    data=st.data(),
    pool=pools,
    dtype=st.sampled_from(["u1", "f4", "f8"]),
    steps=st.tuples(st.sampled_from([1, 2, -1]), st.sampled_from([1, 2, -1]), st.sampled_from([1, 3, -1])),
)
def test_any_strides(data, pool, dtype, steps):
    given_values = bytes_of(data, (6, 5, 12), np.dtype(dtype))
    values = given_values[tuple(slice(None, None, step) for step in steps)]
    compare(pool, values, mask_of(data, values.shape))


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_many_lists_of_several_tasks(pool, dtype):
    random = np.random.default_rng(1)
    valid = np.arange(37) < random.integers(0, 38, 40_000)[:, None]
    compare(pool, random.integers(0, 256, valid.shape).astype(dtype), valid)


@given(
    lists=st.lists(st.lists(st.integers(-99, 99), max_size=6), min_size=1, max_size=20),
    slots=st.integers(1, 7),
    pool=pools,
)
def test_the_way_back_equals_awkward(lists, slots, pool):
    given_lists = ak.values_astype(ak.Array([*lists, [1]]), "float32")
    padded = pad(given_lists, slots)
    offsets = _core.unpad_offsets(pool, padded.valid)
    content = _core.unpad(pool, padded.values, offsets)
    back = ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), ak.contents.NumpyArray(content)))
    assert back.to_list() == given_lists[:, :slots].to_list()


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("pool", POOLS)
def test_an_entry_behind_an_empty_slot_is_refused(pool, step):
    valid = np.zeros((30_000, 8 * step), np.bool_)[:, ::step]
    valid[:, :3] = True
    valid[20_000, 5] = True
    with pytest.raises(DatasetError, match="in slot 5 behind an empty slot"):
        _core.unpad_offsets(pool, valid)


@pytest.mark.parametrize("offsets", [[0, 1], [1, 2, 3], [0, 4, 5], [0, 2, 1]])
def test_offsets_of_other_lists_are_refused(offsets):
    with pytest.raises(Exception, match="offsets of"):
        _core.unpad(POOLS[0], np.zeros((2, 3)), np.array(offsets, np.int64))
