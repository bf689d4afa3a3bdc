"""The core's padding equals the reference in plain Python, and awkward's pad_none and fill_none."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import simdprep as sp
from simdprep import _core
from simdprep.errors import AlignmentError, SchemaError
from simdprep.padding import pad
from simdprep.padding.flat import Flattener
from simdprep.padding.reference import pad_nested_reference, pad_reference
from simdprep.schema import DTYPES, default_fill
from simdprep.testing import strategies
from tests.reference.format_oracle import differences

any_dtype = st.sampled_from(DTYPES)


@st.composite
def ragged(draw, dtype, *, most=5, lists=8):
    """Lists of numbers in one of the layouts awkward has for them."""
    size = draw(st.integers(0, lists))
    counts = draw(strategies.counts(size, most=most))
    source = dtype if dtype != "float16" else "uint16"
    content = draw(strategies.values(source, int(counts.sum()))).view(dtype)
    array = ak.unflatten(ak.Array(content), counts)
    if size and draw(st.booleans()):  # not packed: starts in the middle, out of order, with holes
        array = array[draw(st.lists(st.integers(0, size - 1), max_size=lists))]
    return array[1:] if len(array) and draw(st.booleans()) else array


def fills(dtype):
    return st.none() | strategies.values(dtype if dtype != "float16" else "int8", 1).map(lambda fill: fill[0].item())


def with_awkward(lists, slots, fill):
    """What awkward makes of it, in the dtype of the lists."""
    dtype = ak.to_numpy(ak.flatten(lists)).dtype
    clipped = ak.pad_none(lists, slots, axis=1, clip=True)
    valid = ~ak.to_numpy(ak.is_none(clipped, axis=1))
    values = np.full(valid.shape, fill, dtype)
    # fill_none would promote small dtypes to that of the fill value: one array of the same dtype does not.
    filled = ak.to_numpy(ak.fill_none(clipped, values[0, 0] if values.size else 0)).astype(dtype)
    values[valid] = filled[valid]
    return values.reshape(len(lists), slots), valid.reshape(len(lists), slots)


class TestPad:
    @given(data=st.data(), dtype=any_dtype, slots=st.integers(1, 8))
    def test_equals_the_reference(self, data, dtype, slots):
        lists, fill = data.draw(ragged(dtype)), data.draw(fills(dtype))
        padded = pad(lists, slots, fill=fill)
        wanted = pad_reference(
            ak.to_list(lists), slots, dtype=dtype, fill=default_fill(dtype) if fill is None else fill
        )
        for name in ("values", "valid", "count"):
            assert differences(getattr(padded, name), getattr(wanted, name), name) == []

    @given(
        data=st.data(),
        dtype=st.sampled_from([dtype for dtype in DTYPES if dtype != "float16"]),
        slots=st.integers(1, 8),
    )
    def test_equals_awkward(self, data, dtype, slots):
        lists = data.draw(ragged(dtype).filter(len))
        values, valid = with_awkward(lists, slots, default_fill(dtype))
        padded = pad(lists, slots)
        assert differences(padded.values, values, "values") == []
        np.testing.assert_array_equal(padded.valid, valid)
        np.testing.assert_array_equal(padded.count, ak.to_numpy(ak.num(lists)))

    @given(data=st.data(), dtype=any_dtype)
    def test_bits_of_values_stay(self, data, dtype):
        lists = data.draw(ragged(dtype))
        flat = ak.to_numpy(ak.flatten(lists)) if len(lists) else np.empty(0, dtype)
        padded = pad(lists, 5)
        assert padded.values[padded.valid].tobytes() == flat.astype(dtype).tobytes()

    def test_fixed_lists_and_no_lists(self):
        values = np.arange(6, dtype=np.int16).reshape(2, 3)
        padded = pad(ak.from_numpy(values), 2)
        np.testing.assert_array_equal(padded.values, values[:, :2])
        np.testing.assert_array_equal(padded.count, [3, 3])
        empty = pad(ak.Array([[1.0]])[:0], 3)
        assert empty.values.shape == empty.valid.shape == (0, 3)

    def test_results_are_copies(self):
        content = np.arange(4.0)
        padded = pad(ak.unflatten(content, [2, 2]), 2)
        padded.values[:] = -1
        np.testing.assert_array_equal(content, np.arange(4.0))

    @pytest.mark.parametrize(
        "lists",
        [ak.Array([1.0]), ak.Array([[[1.0]]]), ak.Array(["text"]), ak.Array([[1.0, None]]), ak.Array([[{"x": 1}]]),
         ak.Array([[np.datetime64("2020-01-01")]]), ak.Array([[1j]])],
        ids=["numbers", "nested", "text", "missing", "records", "dates", "complex"],
    )  # fmt: skip
    def test_what_is_no_list_of_numbers_is_refused(self, lists):
        with pytest.raises(SchemaError, match=r"^lists: got type .*, expected n \* var \* number$"):
            pad(lists, 2)

    @pytest.mark.parametrize("slots", [0, -1])
    def test_no_slots(self, slots):
        with pytest.raises(SchemaError, match="expected at least 1"):
            pad(ak.Array([[1.0]]), slots)

    @pytest.mark.parametrize(
        ("dtype", "fill"), [("uint8", -1), ("int8", 128), ("bool", 2), ("float16", 1e6), ("int32", 0.5)]
    )
    def test_fills_that_do_not_fit(self, dtype, fill):
        with pytest.raises(SchemaError, match="fill value"):
            pad(ak.from_numpy(np.zeros((1, 1), dtype)), 2, fill=fill)


class TestOffsets:
    @pytest.mark.parametrize("offsets", [[0, 2, 1], [-1, 1], [0, 5], [3, 4]])
    def test_offsets_outside_the_content_are_refused(self, offsets):
        with pytest.raises(SchemaError, match="offsets"):
            _core.pad_lists(_core.ThreadPool(1), np.zeros(3), np.array(offsets, np.int64), 2, np.array(0.0))


class TestNested:
    @given(data=st.data(), dtype=any_dtype, outer=st.integers(1, 3), inner=st.integers(1, 3))
    def test_rank_three_equals_the_reference(self, data, dtype, outer, inner):
        """Through the encoder, since only it pads twice."""
        counts = data.draw(strategies.counts(4, most=3))
        lists = data.draw(
            ragged(dtype, most=3, lists=int(counts.sum())).filter(lambda lists: len(lists) == counts.sum())
        )
        nested = ak.unflatten(lists, counts)
        events = ak.Array({"Jet": ak.unflatten(ak.Array({"x": np.zeros(counts.sum())}), counts), "tracks": nested})
        schema = sp.Schema.from_awkward(
            events, pad={"Jet": outer, "tracks": inner}, parents={"tracks": "Jet"}, codec="none"
        )
        padded = encoded(schema, events)
        wanted = pad_nested_reference(ak.to_list(nested), outer, inner, dtype=dtype, fill=default_fill(dtype))
        assert differences(padded["/tracks/value"], wanted.values, "values") == []
        assert differences(padded["/tracks/valid"], wanted.valid, "valid") == []
        assert differences(padded["/tracks/count"], wanted.count, "count") == []


def encoded(schema: sp.Schema, events: ak.Array) -> dict[str, np.ndarray]:
    """The datasets of an uncompressed part, straight from its chunks."""
    core = schema.core()
    encoder = _core.Encoder(core, threads=1, part_rows=0)
    flat = Flattener(schema).flatten(events)
    parts = []
    encoder.fill(flat.num_rows, flat.num_events, flat.objects, parts.append)
    encoder.finish(parts.append)
    assert len(parts) == 1
    found = {}
    for index, dataset in enumerate(core.describe().datasets):
        stored = parts[0].dataset(index)
        data = b"".join(bytes(stored.chunk(number))[:-4] for number in range(stored.num_chunks))
        whole = np.frombuffer(data, dataset.members[0].dtype).reshape(-1, *dataset.slots)
        found[dataset.path] = whole[: stored.length]
    return found


@given(st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0, -3.0, np.nan]), max_size=40), max_size=8), st.integers(1, 30))
def test_slots_take_the_least_of_a_key(keys, slots):
    flat = np.array([key for row in keys for key in row], np.float32)
    order = ak.unflatten(flat, np.array([len(row) for row in keys], np.int64))
    lists = ak.local_index(order, axis=1)
    ours = pad(lists, slots, order=order, fill=-1)
    for row, (found, key) in enumerate(zip(lists.to_list(), order, strict=True)):
        best = np.argsort(ak.to_numpy(key), kind="stable")[:slots]  # numpy puts NaN last too
        np.testing.assert_array_equal(ours.values[row, : len(best)], best)
        assert ours.valid[row].sum() == len(best)
        assert ours.count[row] == len(found)


def test_a_key_of_other_lists_is_refused():
    with pytest.raises(AlignmentError, match="order: got 2 lists with 3 entries, expected lists as long"):
        pad(ak.Array([[1, 2], [3, 4]]), 2, order=ak.Array([[1, 2], [3]]))
