"""Every form holds what was written: equal to plain loops over the rows, number by number."""

import itertools

import awkward as ak
import ml_dtypes
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import simdprep as sp
from simdprep.loader.dtype import bits_of_bfloat16, floats_of_bfloat16
from simdprep.loader.form import FORMS, SLOTTED, UNLIMITED, Form, Graph, Jagged, Varlen
from simdprep.loader.reference_form import form_lists, form_nested
from tests.unit.loader.conftest import LAYOUTS, PADS

INPUTS = {"Jet": ["pt", "n", "tight"], "events": ["MET", "trigger"], "tracks": ["hits", "d0"]}

#: Small enough that the dataset is cut into several pools, and batches lie in two of them.
LITTLE = 200_000

DTYPES = {"float32": np.float32, "float64": np.float64, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


_LISTS = {}


def lists_of(data, name, index):
    """The entries of rows: one array (n, fields) a row, a list of them for tracks; empty for row -1."""
    if (id(data), name) not in _LISTS:
        entries = data.rows[name]
        columns = [ak.to_numpy(ak.flatten(entries[field], axis=None)) for field in INPUTS[name]]
        lists = [np.stack([column.astype(np.float64) for column in columns], axis=-1)]
        for axis in range(entries.ndim - 1, 0, -1):
            ends = np.cumsum(ak.to_numpy(ak.flatten(ak.num(entries, axis=axis), axis=None)))
            lists = (np.split(lists[0], ends) if axis == entries.ndim - 1 else cut(lists, ends))[: len(ends)]
        _LISTS[id(data), name] = (data, [*lists, lists[0][:0]])
    rows = _LISTS[id(data), name][1]
    return [rows[row] for row in index]


def cut(lists, ends):
    return [lists[first:last] for first, last in itertools.pairwise([0, *ends])]


def cast(values, dtype):
    with np.errstate(over="ignore", invalid="ignore"):
        if dtype == "bfloat16":
            values = values.astype(np.float32)
        return values.astype(DTYPES[dtype])


def expected(data, name, index, form, pads, dtype):
    rows, size = lists_of(data, name, index), len(INPUTS[name])
    if name == "tracks":
        value, valid = form_nested(rows, form, (pads["Jet"], pads["tracks"]), size)
    else:
        value, valid = form_lists(rows, form, pads["Jet"], size)
    numbers = value if valid is not None else value.values
    return value, valid, cast(numbers, dtype)


def check(data, batch, form, pads, dtype):
    for name in ("Jet", "tracks"):
        value, valid, numbers = expected(data, name, batch.index, form, pads, dtype)
        actual = batch[name]
        if valid is not None:
            np.testing.assert_array_equal(batch.valid[name], valid)
            np.testing.assert_array_equal(batch.padding_mask[name], ~valid)
        else:
            assert type(actual) is type(value)
            check_parts(actual, value)
            with pytest.raises(KeyError, match="has no mask"):
                batch.valid[name]
            actual = actual.values
        assert actual.flags.c_contiguous
        assert actual.ctypes.data % 64 == 0
        assert actual.dtype == DTYPES[dtype]
        np.testing.assert_array_equal(actual.astype(np.float64), numbers.astype(np.float64))
    assert batch["events"].shape == (batch.num_rows, 2)


def check_parts(actual, expected):
    for part, wanted in vars(expected).items():
        if part == "values":
            continue
        have = getattr(actual, part)
        assert (have is None) == (wanted is None)
        np.testing.assert_array_equal(have, wanted)
        if part == "cu_seqlens":
            assert have.dtype == np.int32
        elif part not in ("max_seqlen",) and wanted is not None:
            assert have.dtype == np.int64


forms = st.one_of(
    st.builds(Form, st.sampled_from(SLOTTED), st.booleans(), st.sampled_from([1, 2, 8])),
    st.builds(Form, st.sampled_from([name for name in FORMS if name not in SLOTTED])),
)


@settings(max_examples=80, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    layout=st.sampled_from(LAYOUTS),
    form=forms,
    dtype=st.sampled_from(list(DTYPES)),
    pads=st.one_of(st.none(), st.fixed_dictionaries({"Jet": st.integers(1, 6), "tracks": st.integers(1, 5)})),
    shuffle=st.sampled_from(["none", "block", "full"]),
    memory=st.sampled_from([None, LITTLE]),
    step=st.integers(0, 3),
)
def test_a_batch(stored, layout, form, dtype, pads, shuffle, memory, step):
    data = stored[layout]
    if pads is None and form.name == "padded":
        pads = data.pads or None
    loader = sp.Loader(
        data.open(), inputs=INPUTS, batch_size=1100, tail="pad", pad=pads, dtype=dtype, shuffle=shuffle, memory=memory,
        form=form.name, channels_first=form.channels_first, round_to=form.round_to,
    )  # fmt: skip
    loader.load_state_dict(loader.state_dict(step=step))
    limits = pads or (dict(PADS) if form.name == "padded" else dict.fromkeys(PADS, UNLIMITED))
    batch = next(iter(loader))
    if layout != "ragged":  # the file holds no more; a form may still have the slots
        held = batch.index
        assert (held[held >= 0] < len(data.rows)).all()
        data = truncated(data)
    check(data, batch, form, limits, dtype)


_TRUNCATED = {}


def truncated(data):
    """The rows as a padded file holds them."""
    if id(data) not in _TRUNCATED:
        rows = data.rows
        rows = ak.with_field(rows, rows.tracks[:, : PADS["Jet"], : PADS["tracks"]], "tracks")
        rows = ak.with_field(rows, rows.Jet[:, : PADS["Jet"]], "Jet")
        _TRUNCATED[id(data)] = (data, type(data)(data.paths, rows, data.pads))
    return _TRUNCATED[id(data)][1]


@pytest.mark.parametrize("form", ["jagged", "varlen", "graph", "batch_max"])
def test_ranks_make_up_the_batch_of_one(stored, form):
    options = {"inputs": {"Jet": ["pt"]}, "batch_size": 840, "form": form}
    whole = next(iter(sp.Loader(stored["ragged"].open(), **options)))
    parts = [next(iter(sp.Loader(stored["ragged"].open(), **options, rank=rank, world_size=4))) for rank in range(4)]
    if form == "batch_max":
        parts = [part["Jet"][part.valid["Jet"]] for part in parts]
        whole = whole["Jet"][whole.valid["Jet"]]
    else:
        parts, whole = [part["Jet"].values for part in parts], whole["Jet"].values
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_padding_to_the_batch(stored):
    loader = sp.Loader(stored["ragged"].open(), inputs={"Jet": ["pt"]}, form="batch_max", batch_size=100, round_to=4)
    slots = {batch["Jet"].shape[1] for batch in loader}
    assert slots == {8} or slots == {8, 12}
    jets = ak.num(stored["ragged"].rows.Jet)
    assert max(slots) >= ak.max(jets) > max(slots) - 4
    loader = sp.Loader(stored["ragged"].open(), inputs={"Jet": ["pt"]}, form="batch_max", batch_size=100, pad=5)
    assert {batch["Jet"].shape[1] for batch in loader} == {5}


def test_channels_first_is_the_other_order(stored):
    options = {"inputs": INPUTS, "batch_size": 500}
    first = next(iter(sp.Loader(stored["columns"].open(), **options, channels_first=True)))
    last = next(iter(sp.Loader(stored["columns"].open(), **options)))
    assert first["Jet"].shape == (500, 3, 4)
    assert first["tracks"].shape == (500, 2, 4, 3)
    for name in INPUTS:
        np.testing.assert_array_equal(np.moveaxis(first[name], 1, -1), last[name])
        np.testing.assert_array_equal(first.valid[name], last.valid[name])


@pytest.mark.parametrize("form", ["jagged", "varlen", "graph"])
def test_forms_without_slots_have_no_axis_for_channels(stored, form):
    with pytest.raises(
        sp.errors.ConfigError, match=f"form with channels_first: got '{form}', expected padded or batch_max"
    ):
        sp.Loader(stored["columns"].open(), inputs={"Jet": ["pt"]}, form=form, channels_first=True)


def test_what_is_printed(stored):
    batch = next(iter(sp.Loader(stored["columns"].open(), inputs={"Jet": ["pt"]}, batch_size=10, form="varlen")))
    assert repr(batch) == f"Batch(10 rows: Jet {batch['Jet'].values.shape})"


def test_bfloat16_is_rounded_as_by_ml_dtypes():
    rng = np.random.default_rng(1)
    floats = np.concatenate([
        rng.integers(0, 1 << 32, 200_000, dtype=np.uint32).view(np.float32),
        (np.arange(1 << 16, dtype=np.uint32) << 16 | 0x8000).view(np.float32),  # ties
        np.array([np.nan, -np.nan, np.inf, -np.inf, 0, -0.0, 3.4e38, 1e-45], np.float32),
    ])  # fmt: skip
    bits = bits_of_bfloat16(floats)
    with np.errstate(invalid="ignore"):
        wanted = floats.astype(ml_dtypes.bfloat16)
    nan = np.isnan(floats)
    np.testing.assert_array_equal(bits[~nan], wanted.view(np.uint16)[~nan])
    assert np.isnan(bits.view(ml_dtypes.bfloat16)[nan].astype(np.float32)).all()
    np.testing.assert_array_equal(floats_of_bfloat16(bits)[~nan], wanted[~nan].astype(np.float32))


def test_ragged_values_change_all_their_arrays():
    arrays = [np.arange(3), np.arange(2), np.arange(4)]
    changed = Jagged(*arrays[:2]).map(lambda array: array + 1)
    assert (changed.values.tolist(), changed.offsets.tolist(), changed.inner_offsets) == ([1, 2, 3], [1, 2], None)
    assert Varlen(*arrays[:2], 7).map(lambda array: array).max_seqlen == 7
    assert Graph(*arrays).map(lambda array: array * 0).batch.tolist() == [0, 0]
